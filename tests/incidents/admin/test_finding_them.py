"""Incidents found from elsewhere: by the search box, from findings, among the messages."""

from __future__ import annotations

import pytest
from django.utils import timezone

from incidents.findings import KINDS
from incidents.models import Incident, IncidentMessage
from safes.models import Finding
from tests.factories import FindingFactory
from tests.incidents.making import atm_wanted, incident
from tests.staff import page

pytestmark = pytest.mark.django_db


def orphan(one: Incident) -> IncidentMessage:
    return IncidentMessage.objects.create(
        account=one.account,
        direction="in",
        via="update",
        type="close",
        body=b"{}",
        at=timezone.now(),
        reading={"type": "close", "reference": "404"},
        error="There is no incident 404.",
        applied_at=timezone.now(),
    )


@pytest.mark.parametrize("asked", ["reference", "device", "number"])
def test_the_search_box_finds_an_incident_by_what_it_goes_by(staff, asked):
    one = incident(atm_wanted())
    Incident.objects.update(loomis_number="INC400300", loomis_numbers=["INC400300"])
    typed = {"reference": one.reference, "device": "atm00001", "number": "inc400300"}[asked]
    assert page(Incident, "change", one.pk) in staff.get("/admin/find/", {"q": typed}).content.decode()
    assert staff.get(page(Incident, "changelist"), {"q": typed}).context["cl"].result_count == 1


def test_every_finding_of_an_incident_leads_to_it(staff):
    one = incident()
    for kind in KINDS:
        finding = FindingFactory.create(kind=kind, detail={"reference": one.reference})
        shown = staff.get(page(Finding, "change", finding.pk)).content.decode()
        assert f'href="{page(Incident, "change", one.pk)}"' in shown, kind


def test_the_finding_of_a_message_leads_to_the_message(staff):
    message = orphan(incident())
    finding = FindingFactory.create(kind="incident_orphan", detail={"reference": "", "message": message.pk})
    shown = staff.get(page(Finding, "change", finding.pk)).content.decode()
    assert f'href="{page(IncidentMessage, "change", message.pk)}"' in shown


def test_messages_of_no_incident_are_found_with_the_reference_they_name(staff):
    one = incident()
    message = orphan(one)
    listed = staff.get(page(IncidentMessage, "changelist"), {"of": "none"})
    assert [found.pk for found in listed.context["cl"].queryset] == [message.pk]
    assert "none; it names 404" in listed.content.decode()
    assert "There is no incident 404." in staff.get(page(IncidentMessage, "change", message.pk)).content.decode()


def test_the_exact_bytes_of_a_message_are_a_file_that_no_browser_runs(staff):
    message = orphan(incident())
    response = staff.get(page(IncidentMessage, "download", message.pk))
    assert response.content == b"{}"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")


def test_a_message_is_found_by_the_reference_that_it_is_of_or_names_and_by_its_file(staff):
    one = incident()
    message = orphan(one)
    mine = IncidentMessage.objects.create(
        account=one.account,
        incident=one,
        direction="in",
        via="file",
        file_name="x_ack.xml",
        body=b"<x/>",
        at=timezone.now(),
    )
    for typed, found in (("404", message), (one.reference, mine), ("x_ack.xml", mine)):
        listed = staff.get(page(IncidentMessage, "changelist"), {"q": typed}).context["cl"].queryset
        assert [row.pk for row in listed] == [found.pk], typed


@pytest.mark.parametrize("model", [Incident, IncidentMessage])
def test_a_list_goes_into_a_file_with_moments_instead_of_ages(staff, model):
    one = incident()
    orphan(one)
    response = staff.post(f"{page(model, 'changelist')}as-file/?", {"format": "csv"}, follow=True)
    text = b"".join(response.streaming_content).decode()
    assert "UTC" in text
    assert "ago" not in text
    if model is Incident:
        assert one.reference in text
