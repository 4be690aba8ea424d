"""The form that reports something: what it asks, what it refuses, what it warns of, and that once is once."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from incidents.models import Incident
from safes.estate import place_safe
from safes.models import Finding
from tests.factories import FindingFactory, SafeFactory, SiteFactory, UserFactory
from tests.incidents.making import atm_account, atm_wanted, incident, safe_wanted, safepoint_account, site
from tests.staff import page

pytestmark = pytest.mark.django_db

RAISE = "/admin/incidents/incident/add/"


def of_safe(**said: str) -> dict[str, str]:
    return {
        "once": str(uuid.uuid4()),
        "act": "send",
        "device": "SR70001",
        "fault_time": f"{timezone.now() - dt.timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "clock": "utc",
        "subject": "Door",
        "description": "It does not open.",
        "contact_name": "Anna Berg",
        "contact_number": "555-0100",
        **said,
    }


def of_atm(**said: str) -> dict[str, str]:
    time = f"{timezone.now() - dt.timedelta(hours=1):%Y-%m-%dT%H:%M}"
    known = {"act": "send", "device": "ATM00001", "fault_code": "F1", "fault_time": time, "clock": "utc"}
    return {"once": str(uuid.uuid4()), **known, **said}


@pytest.fixture
def accounts() -> None:
    """One of each dialect, with a device each."""
    safe_wanted(safepoint_account())
    atm_wanted(atm_account())


def errors(response) -> dict[str, list[str]]:
    form = response.context["form"]
    return {**form.errors, **({"amounts": form.amount_errors} if form.amount_errors else {})}


def test_each_dialect_is_asked_what_it_has_a_word_for_and_nothing_else(staff, accounts):
    shown = staff.get(RAISE, {"account": "safes-1"}).content.decode()
    assert 'name="subject"' in shown
    assert 'name="amount-20"' not in shown
    assert 'name="fault_code"' not in shown  # this account agreed on none
    shown = staff.get(RAISE, {"account": "atms-1"}).content.decode()
    assert 'name="subject"' not in shown
    assert 'name="amount-20"' in shown
    assert '<option value="CASH" data-amounts>CASH Cash add (needs amounts)</option>' in shown
    assert "<script" not in shown.split("<datalist")[1].split("</form>")[0]


def test_the_only_account_is_chosen_by_itself_and_that_of_an_atm_too(staff, accounts):
    assert "choices" in staff.get(RAISE).context
    assert staff.get(RAISE, {"device": "atm00001"}).context["account"].name == "atms-1"
    assert staff.get(RAISE, {"device": "SR70001"}).context["account"].name == "safes-1"
    atm_account().__class__.objects.filter(name="atms-1").update(active=False)
    assert staff.get(RAISE).context["account"].name == "safes-1"
    assert staff.get(RAISE, {"device": "NO-SUCH"}).context["is_unknown"]


def test_a_safe_is_reported_queued_and_told_of_on_its_page(staff, accounts):
    response = staff.post(f"{RAISE}?account=safes-1", of_safe())
    made = Incident.objects.get()
    assert response["Location"] == page(Incident, "change", made.pk)
    assert (made.state, made.device, made.subject) == ("queued", "SR70001", "Door")
    assert made.raised_by is not None
    assert "It waits to be sent." in staff.get(response["Location"]).content.decode()


def test_a_draft_is_kept_edited_and_sent_later(staff, accounts):
    staff.post(f"{RAISE}?account=safes-1", of_safe(act="draft"))
    made = Incident.objects.get()
    assert made.state == "draft"
    assert not made.dispatches.exists()
    edit = page(Incident, "edit", made.pk)
    assert 'value="Door"' in staff.get(edit).content.decode()
    staff.post(edit, of_safe(act="draft", subject="Hinge"))
    made.refresh_from_db()
    assert (made.state, made.subject) == ("draft", "Hinge")
    staff.post(page(Incident, "send", made.pk))
    made.refresh_from_db()
    assert made.state == "queued"
    assert "only a draft can be edited" in staff.get(edit, follow=True).content.decode()


def test_what_is_wrong_stands_at_its_field_and_nothing_is_made(staff, accounts):
    future = f"{timezone.now() + dt.timedelta(hours=2):%Y-%m-%dT%H:%M}"
    wrong = of_safe(device="NO-SUCH", fault_time=future, subject="", contact_email="nobody")
    response = staff.post(f"{RAISE}?account=safes-1", wrong)
    assert set(errors(response)) == {"device", "fault_time", "subject", "contact_email"}
    assert "It lies in the future" in response.content.decode()
    assert "Nothing was sent yet." in response.content.decode()
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "The fault code CASH needs amounts"),
        ({"amount-20": "1010"}, "not divisible by 20"),
        ({"amount-20": "-20"}, "below zero"),
        ({"amount-20": "much"}, "no whole amount"),
        ({"amount-7": "70"}, "Loomis has no 7 USD"),
    ],
)
def test_amounts_that_no_machine_pays_out_are_refused_where_they_stand(staff, accounts, typed, sentence):
    response = staff.post(f"{RAISE}?account=atms-1", of_atm(fault_code="CASH", **typed))
    assert sentence in " ".join(errors(response)["amounts"])
    assert sentence in response.content.decode()
    assert not Incident.objects.exists()


def test_amounts_are_kept_as_they_were_typed(staff, accounts):
    staff.post(f"{RAISE}?account=atms-1", of_atm(fault_code="CASH", **{"amount-20": "1,020", "amount-50": ""}))
    assert Incident.objects.get().amounts == {"20": "1020"}


def test_the_time_is_that_of_the_clock_at_the_site_which_is_named(staff, accounts):
    there = ZoneInfo(site().time_zone)
    wall = (timezone.now() - dt.timedelta(hours=3)).astimezone(there).replace(second=0, microsecond=0)
    assert f"({site().time_zone})" in staff.get(RAISE, {"device": "SR70001"}).content.decode()
    staff.post(f"{RAISE}?account=safes-1", of_safe(fault_time=f"{wall:%Y-%m-%dT%H:%M}", clock="site"))
    assert Incident.objects.get().fault_at == wall.astimezone(dt.UTC)


def test_a_time_that_never_was_is_refused_and_one_that_was_twice_is_said(staff, accounts):
    skipped = staff.post(f"{RAISE}?account=safes-1", of_safe(fault_time="2026-03-08T02:30", clock="site"))
    assert "There was no such time" in " ".join(errors(skipped)["fault_time"])
    twice = of_safe(fault_time="2025-11-02T01:30", clock="site")
    response = staff.post(f"{RAISE}?account=safes-1", twice)
    assert "came twice" in response.context["warnings"][0]
    assert not Incident.objects.exists()
    staff.post(f"{RAISE}?account=safes-1", {**twice, "seen": response.context["seen"]})
    assert Incident.objects.get().fault_at == dt.datetime(2025, 11, 2, 6, 30, tzinfo=dt.UTC)


def test_a_safe_that_stands_nowhere_has_no_clock_to_go_by(staff, accounts):
    SafeFactory.create(serial_number="LOOSE")
    response = staff.post(f"{RAISE}?account=safes-1", of_safe(device="LOOSE", clock="site"))
    assert "give the time in UTC" in " ".join(errors(response)["fault_time"])
    assert staff.post(f"{RAISE}?account=safes-1", of_safe(device="LOOSE")).status_code == 302


@pytest.mark.parametrize("time", ["", "yesterday", "2026-13-99T10:00", "0001-01-01T00:00", "9999-12-31T23:59", "\x00"])
def test_no_time_breaks_the_form(staff, accounts, time):
    for clock in ("site", "utc", "", "moon"):
        response = staff.post(f"{RAISE}?account=safes-1", of_safe(fault_time=time, clock=clock))
        assert response.status_code == 200
        assert errors(response)


def test_the_same_atm_and_fault_within_a_day_is_warned_of_before_it_is_sent(staff, accounts):
    first = incident(atm_wanted())
    asked = of_atm()
    response = staff.post(f"{RAISE}?account=atms-1", asked)
    assert Incident.objects.count() == 1
    shown = response.content.decode()
    assert f"Incident {first} for the same ATM and fault waits to be sent" in shown
    assert "Send it all the same" in shown
    assert staff.post(f"{RAISE}?account=atms-1", {**asked, "seen": response.context["seen"]}).status_code == 302
    assert Incident.objects.count() == 2


def test_a_press_that_saw_other_warnings_is_shown_those_that_are_new(staff, accounts):
    incident(atm_wanted())
    asked = of_atm(seen="0123456789abcdef")
    assert staff.post(f"{RAISE}?account=atms-1", asked).context["warnings"]
    assert Incident.objects.count() == 1


def test_two_presses_of_the_button_raise_one(staff, accounts):
    asked = of_safe()
    first = staff.post(f"{RAISE}?account=safes-1", asked)
    again = staff.post(f"{RAISE}?account=safes-1", asked, follow=True)
    assert Incident.objects.count() == 1
    assert again.redirect_chain[0][0] == first["Location"]
    assert "It was raised already" in again.content.decode()
    assert staff.post(f"{RAISE}?account=safes-1", of_safe()).status_code == 302
    assert Incident.objects.count() == 2


def test_raised_again_it_is_a_new_one_filled_in_as_the_last(staff, accounts):
    last = incident(atm_wanted(fault_code="CASH", amounts={"20": "40"}))
    response = staff.get(page(Incident, "raise_again", last.pk))
    shown = staff.get(response["Location"]).content.decode()
    assert 'value="ATM00001"' in shown
    assert '<option value="CASH" selected data-amounts>' in shown
    assert 'name="amount-20" value="40"' in shown


def test_a_finding_fills_in_what_it_knows_and_is_kept_with_the_incident(staff, accounts):
    safe = place_safe("SR70001", site())
    finding = FindingFactory.create(kind="silent_safe", safe=safe, summary="It has said nothing since noon.")
    shown = staff.get(page(Finding, "change", finding.pk)).content.decode()
    address = f"{RAISE}?finding={finding.pk}"
    assert address in shown
    form = staff.get(address).content.decode()
    assert 'value="SR70001"' in form
    assert "It has said nothing since noon." in form
    staff.post(f"{address}&account=safes-1", of_safe())
    made = Incident.objects.get()
    assert made.finding == finding
    assert made.reference in staff.get(page(Finding, "change", finding.pk)).content.decode()
    assert finding.summary in staff.get(page(Incident, "change", made.pk)).content.decode()


def test_a_finding_that_one_may_not_see_is_not_read_out_in_the_form(client, accounts):
    clerk = UserFactory.create()
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["add_incident", "view_incident"]))
    client.force_login(clerk)
    finding = FindingFactory.create(summary="Nobody's business.")
    shown = client.get(RAISE, {"account": "safes-1", "finding": finding.pk}).content.decode()
    assert "Nobody" not in shown


def test_the_page_of_a_safe_leads_to_the_form_with_it_filled_in(staff, accounts):
    safe = place_safe("SR70001", SiteFactory.create())
    assert f"{RAISE}?device=SR70001" in staff.get(page(type(safe), "change", safe.pk)).content.decode()


def test_an_account_that_is_not_active_is_not_offered_nor_taken(staff, accounts):
    safepoint_account().__class__.objects.update(active=False)
    assert staff.get(RAISE, {"account": "safes-1"}).context["choices"] == []
    assert staff.post(f"{RAISE}?account=safes-1", of_safe()).status_code == 200
    assert not Incident.objects.exists()
