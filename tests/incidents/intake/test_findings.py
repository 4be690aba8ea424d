"""What is wrong with an incident, or with a message that belongs to none, comes up, and goes away with its cause."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from incidents.intake import Taken, take_in
from incidents.models import Dispatch, Incident, IncidentMessage
from incidents.raising import request_cancel
from safes.findings import settle_by_person
from safes.models import Finding
from tests.incidents.intake.speaking import body
from tests.incidents.intake.trying import Out, tried
from tests.incidents.making import atm_wanted, incident, safepoint_account

pytestmark = pytest.mark.django_db

Via = IncidentMessage.Via


def say(one: Incident | str, type_: str, **changes: Any) -> Taken:
    account = one.account if isinstance(one, Incident) else safepoint_account()
    return take_in(account, body(one, type_, dialect=account.dialect, **changes), Via.UPDATE)


def open_kinds(subject: object) -> set[str]:
    return set(Finding.objects.filter(subject=str(subject), state="open").values_list("kind", flat=True))


def the(kind: str) -> Finding:
    return Finding.objects.get(kind=kind)


def sent(one: Incident | None = None) -> Incident:
    one = one or incident()
    tried(one, Out.DELIVERED)
    return one


def promise() -> str:
    return f"{timezone.now() + dt.timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"


def test_an_incident_that_goes_its_way_has_none():
    safe = sent()
    for type_, changes in (("ACK", {}), ("Accept", {"SLADateTime": promise()}), ("Close", {})):
        say(safe, type_, **changes)
        assert open_kinds(safe) == set()
    assert not Finding.objects.exists()


def test_a_safe_whose_dispatch_may_have_arrived_asks_a_person_at_once():
    safe = incident()
    tried(safe, Out.UNKNOWN, leaves=Dispatch.State.UNKNOWN)
    found = the("incident_unconfirmed")
    assert (found.subject, found.safe, found.site, found.state) == (safe.reference, safe.safe, safe.site, "open")
    assert found.detail["reference"] == safe.reference
    assert "send it again" in found.summary
    say(safe, "ACK")
    assert open_kinds(safe) == set()


def test_an_atm_is_tried_again_by_itself_and_asks_nobody_yet():
    atm = incident(atm_wanted())
    tried(atm, Out.UNKNOWN, leaves=Dispatch.State.DUE)
    assert open_kinds(atm) == set()


def test_a_cancel_that_may_have_arrived_asks_a_person():
    safe = sent()
    say(safe, "ACK")
    request_cancel(safe.pk, "Not needed", "carla")
    tried(safe, Out.UNKNOWN, leaves=Dispatch.State.UNKNOWN, kind="cancel")
    assert the("incident_unconfirmed").detail["what"] == "cancel"
    say(safe, "Cancel")
    assert open_kinds(safe) == set()


@pytest.mark.parametrize(("code", "advice"), [("MissingAmounts", "needs amounts"), ("OutOfPaper", "what they mean")])
def test_a_refusal_says_its_code_and_what_to_do(code, advice):
    safe = sent()
    say(safe, "NAK", ResponseCode=code, ResponseText="Because")
    found = the("incident_refused")
    assert (found.subject, found.severity) == (safe.reference, "critical")
    assert all(words in found.summary for words in (code, "Because", advice))
    say(safe, "ACK")
    assert open_kinds(safe) == set()


def test_a_dead_letter_says_what_was_in_the_way():
    safe = incident()
    tried(safe, Out.REFUSED, leaves=Dispatch.State.DEAD, error="It answered 403.")
    found = the("incident_not_sent")
    assert (found.subject, found.severity) == (safe.reference, "critical")
    assert "It answered 403." in found.summary
    say(safe, "ACK")
    assert open_kinds(safe) == set()


def test_two_ends_and_two_numbers_come_up():
    safe = sent()
    say(safe, "Close", IncidentId="INC1")
    say(safe, "Cancel", IncidentId="INC2")
    assert open_kinds(safe) == {"incident_contradiction", "incident_second_number"}
    assert the("incident_contradiction").detail["types"] == ["cancel", "close"]
    assert the("incident_second_number").detail["numbers"] == ["INC1", "INC2"]


def test_loomis_going_on_with_what_was_cancelled_here_comes_up():
    safe = incident()
    request_cancel(safe.pk, "Not needed", "carla")
    say(safe, "ACK")
    found = the("incident_contradiction")
    assert "cancelled here before it went out" in found.summary
    assert found.detail["types"] == ["ack"]


def test_what_is_missing_comes_up_once_and_stays_settled():
    safe = sent()
    say(safe, "Close", ResponseText=None)
    found = the("incident_incomplete_update")
    assert (found.subject, found.detail["warnings"]) == (safe.reference, ["ResponseText is missing."])
    settle_by_person(found.pk, "carla", "They said it on the phone.")
    say(safe, "Close", ResponseText=None)
    assert open_kinds(safe) == set()
    say(safe, "Close", DateTime=None)
    assert open_kinds(safe) == {"incident_incomplete_update"}


def test_an_orphan_comes_up_once_with_the_reference_that_it_names():
    first, again = say("314", "Close"), say("314", "Close")
    found = the("incident_orphan")
    assert (found.subject, found.detail["reference"]) == (f"message {first.message}", "314")
    assert IncidentMessage.objects.get(pk=again.message).is_repeat
    other = say("315", "Close")
    assert open_kinds(f"message {other.message}") == {"incident_orphan"}


@pytest.mark.parametrize(
    ("sent_body", "reference"),
    [
        (b"{}", ""),
        (b"not JSON", ""),
        (body("314", "Close", MessageType=None), "314"),
        (body("314", "Survey"), "314"),
        (body("314", "Close", IncidentReference=None), ""),
    ],
)
def test_what_could_not_be_applied_comes_up_once(sent_body, reference):
    account = safepoint_account()
    first = take_in(account, sent_body, Via.UPDATE)
    take_in(account, sent_body, Via.UPDATE)
    found = the("incident_incomplete_update")
    assert (found.subject, found.detail["reference"]) == (f"message {first.message}", reference)
    assert first.error in found.summary


def test_an_unknown_type_for_a_known_incident_comes_up_where_it_stands():
    safe = sent()
    taken = say(safe, "Survey")
    found = the("incident_incomplete_update")
    assert (found.subject, found.safe, found.site) == (f"message {taken.message}", safe.safe, safe.site)
    assert found.detail["reference"] == safe.reference
