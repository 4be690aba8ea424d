"""What we do with incidents: each with its outbox row or not at all, under one reference for ever."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.utils import timezone

from incidents.arranging import add_atm, add_fault_code
from incidents.models import Attempt, Dispatch, Incident, LoomisAccount
from incidents.raising import Conflict, edit_draft, queue_draft, raise_incident, request_cancel, send_again, wanted_of
from safes.estate import place_safe
from safes.models import Site
from tests.factories import SiteFactory
from tests.incidents.raising.wanting import account, of_atm, of_safe
from tests.transactions.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def house() -> None:
    """An ATM and a safe at S1, an account for each; nobody works on the outbox."""
    site = SiteFactory.create(code="S1")
    cash = account("cash", "atm")
    add_atm("CU100", cash, "S1")
    add_atm("CU101", cash, "S1")
    add_fault_code("CardJam", cash)
    add_fault_code("NoCash", cash)
    account("safes", "safepoint")
    place_safe("UG1", site)


def went_out(incident: Incident, **more: Any) -> Attempt:
    """A try of its dispatch, as the outbox writes one down."""
    dispatch = incident.dispatches.get(kind=Dispatch.Kind.DISPATCH)
    Incident.objects.filter(pk=incident.pk).update(tried_at=timezone.now())
    now = timezone.now()
    return Attempt.objects.create(dispatch=dispatch, number=dispatch.attempts.count() + 1, started_at=now, **more)


def only_dispatch(incident: Incident) -> Dispatch:
    return incident.dispatches.get()


def test_an_incident_is_queued_with_its_dispatch():
    incident, warnings = raise_incident(of_atm())
    assert (incident.state, warnings) == ("queued", [])
    assert (only_dispatch(incident).kind, only_dispatch(incident).state) == ("dispatch", "due")
    assert incident.site == Site.objects.get(code="S1")


def test_an_incident_whose_dispatch_cannot_be_written_is_not_there_either(monkeypatch):
    def fails(*_: Any, **__: Any) -> None:
        raise IntegrityError("no room")

    monkeypatch.setattr(Dispatch.objects, "create", fails)
    with pytest.raises(IntegrityError):
        raise_incident(of_atm())
    assert not Incident.objects.exists()


def test_a_reference_is_the_date_and_chance_in_plain_digits():
    with time_machine.travel(dt.datetime(2026, 3, 14, 23, 59, tzinfo=dt.UTC), tick=False):
        incident, _ = raise_incident(of_atm())
    assert re.fullmatch(r"260314\d{6}", incident.reference)


def test_a_reference_that_somebody_has_is_drawn_again(monkeypatch):
    drawn = iter([7, 7, 8])
    monkeypatch.setattr(secrets, "randbelow", lambda most: next(drawn))
    first, second = raise_incident(of_atm())[0], raise_incident(of_atm(fault_code="NoCash"))[0]
    assert [one.reference[-6:] for one in (first, second)] == ["000007", "000008"]


def test_incidents_raised_at_once_have_seconds_of_their_own_within_the_account():
    raised = at_once(*[lambda: raise_incident(of_atm())[0] for _ in range(6)])
    seconds = sorted(one.file_second for one in raised)
    assert len(set(seconds)) == 6
    assert {one.microsecond for one in seconds} == {0}
    assert seconds[-1] - seconds[0] <= dt.timedelta(seconds=10)
    other, _ = raise_incident(of_safe())
    assert other.file_second <= timezone.now()


def test_the_same_atm_and_fault_within_24_hours_is_warned_of_and_sent_all_the_same():
    first, _ = raise_incident(of_atm())
    again, warnings = raise_incident(of_atm())
    assert again.state == "queued"
    assert len(warnings) == 1
    assert first.reference in warnings[0]
    assert "duplicate" in warnings[0]


def test_nothing_else_is_warned_of():
    raise_incident(of_atm(device="CU101"))
    raise_incident(of_atm(fault_code="NoCash"))
    raise_incident(of_atm(), draft=True)
    raise_incident(of_safe())
    assert raise_incident(of_safe())[1] == []
    assert raise_incident(of_atm())[1] == []


@pytest.mark.parametrize(("hours", "warned"), [(23.9, 1), (24.1, 0)])
def test_the_24_hours_run_from_when_it_first_went_out(hours, warned):
    first, _ = raise_incident(of_atm())
    went_out(first)
    with time_machine.travel(timezone.now() + dt.timedelta(hours=hours)):
        assert len(raise_incident(of_atm())[1]) == warned


def test_a_draft_waits_and_is_sent_as_it_was_last_written():
    draft, _ = raise_incident(of_atm(notes="one"), draft=True)
    assert (draft.state, draft.dispatches.count()) == ("draft", 0)
    edit_draft(draft.pk, of_atm(notes="two"))
    sent = queue_draft(draft.pk)
    assert (sent.state, sent.notes, sent.reference) == ("queued", "two", draft.reference)
    with pytest.raises(Conflict, match="only a draft"):
        edit_draft(draft.pk, of_atm(notes="three"))
    with pytest.raises(Conflict, match="only a draft"):
        queue_draft(draft.pk)
    assert Dispatch.objects.count() == 1


def test_a_draft_is_looked_at_once_more_before_it_is_sent():
    draft, _ = raise_incident(of_atm(), draft=True)
    LoomisAccount.objects.filter(name="cash").update(active=False)
    with pytest.raises(ValidationError):
        queue_draft(draft.pk)
    assert not Dispatch.objects.exists()


def test_a_draft_stays_with_its_account():
    add_atm("CU900", account("other", "atm"), "S1")
    add_fault_code("CardJam", LoomisAccount.objects.get(name="other"))
    draft, _ = raise_incident(of_atm(), draft=True)
    with pytest.raises(ValidationError, match="stays"):
        edit_draft(draft.pk, of_atm(account="other", device="CU900"))


def test_an_incident_can_be_raised_again_as_it_was():
    wanted = of_safe(contact_email="ann@shop.example")
    incident, _ = raise_incident(wanted)
    assert wanted_of(Incident.objects.get(pk=incident.pk)) == wanted


def test_what_is_still_queued_is_cancelled_here_and_never_sent():
    incident, _ = raise_incident(of_safe())
    cancelled = request_cancel(incident.pk, "It opened", "carla")
    assert cancelled.state == "cancelled"
    assert (only_dispatch(incident).state, only_dispatch(incident).next_attempt_at) == ("dropped", None)
    with pytest.raises(Conflict, match="cancelled already"):
        request_cancel(incident.pk, "Again", "carla")


@pytest.mark.parametrize("state", ["claimed", "done", "unknown"])
def test_what_may_have_gone_out_is_cancelled_by_loomis_alone(state):
    incident, _ = raise_incident(of_safe())
    went_out(incident, may_have_arrived=True)
    incident.dispatches.update(state=state, claimed_at=timezone.now(), next_attempt_at=None)
    asked = request_cancel(incident.pk, "It opened", "carla")
    assert asked.state != "cancelled"
    assert asked.dispatches.get(kind="cancel").state == "held"
    assert (asked.cancel_text, asked.cancel_requested_by) == ("It opened", "carla")
    with pytest.raises(Conflict, match="asked for already"):
        request_cancel(incident.pk, "Again", "carla")


def test_what_is_tried_again_after_a_try_that_may_have_arrived_is_not_cancelled_here():
    incident, _ = raise_incident(of_safe())
    went_out(incident, may_have_arrived=True)
    assert request_cancel(incident.pk, "It opened", "carla").state == "queued"
    assert incident.dispatches.get(kind="cancel").state == "held"


def test_a_dead_letter_that_surely_never_arrived_is_cancelled_here():
    incident, _ = raise_incident(of_safe())
    went_out(incident, outcome=Attempt.Outcome.NOT_ARRIVED)
    incident.dispatches.update(state="dead", next_attempt_at=None)
    assert request_cancel(incident.pk, "It opened", "carla").state == "cancelled"


def test_an_atm_is_cancelled_as_a_draft_alone():
    queued, _ = raise_incident(of_atm())
    with pytest.raises(Conflict, match="no cancel for ATMs"):
        request_cancel(queued.pk, "It works", "carla")
    draft, _ = raise_incident(of_atm(), draft=True)
    assert request_cancel(draft.pk, "It works", "carla").state == "cancelled"


@pytest.mark.parametrize("text", ["", "  ", "x" * 4001, "a\x00b"])
def test_a_cancel_says_why(text):
    incident, _ = raise_incident(of_safe())
    with pytest.raises(ValidationError):
        request_cancel(incident.pk, text, "carla")
    assert Incident.objects.get().state == "queued"


@pytest.mark.parametrize("state", ["dead", "unknown"])
def test_what_is_tried_no_more_can_be_sent_again_under_its_reference(state):
    incident, _ = raise_incident(of_safe())
    went_out(incident, outcome="unknown", may_have_arrived=True)
    incident.dispatches.update(state=state, next_attempt_at=None, failures=9)
    again = send_again(incident.pk)
    dispatch = only_dispatch(incident)
    assert (dispatch.state, dispatch.failures, again.reference) == ("due", 0, incident.reference)
    with pytest.raises(Conflict, match="not a dead letter"):
        send_again(incident.pk)


def test_what_is_at_its_end_or_of_an_inactive_account_is_not_sent_again():
    incident, _ = raise_incident(of_safe())
    incident.dispatches.update(state="dead", next_attempt_at=None)
    LoomisAccount.objects.filter(name="safes").update(active=False)
    with pytest.raises(Conflict, match="not active"):
        send_again(incident.pk)
    request_cancel(incident.pk, "No", "carla")
    with pytest.raises(Conflict, match="cancelled already"):
        send_again(incident.pk)


def test_a_cancel_and_a_send_at_once_end_in_one_of_the_two():
    """Whichever comes first: never a cancelled incident whose dispatch is due."""
    incident, _ = raise_incident(of_safe())
    incident.dispatches.update(state="dead", next_attempt_at=None)

    def quietly(work: Any, *args: Any) -> Any:
        try:
            return work(*args)
        except Conflict:
            return None

    at_once(
        lambda: quietly(request_cancel, incident.pk, "It opened", "carla"),
        lambda: quietly(send_again, incident.pk),
    )
    incident.refresh_from_db()
    assert incident.state == "cancelled"
    assert only_dispatch(incident).state == "dropped"


def test_the_database_keeps_an_incident_to_one_device():
    incident, _ = raise_incident(of_safe())
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("UPDATE incidents_incident SET safe_id = NULL WHERE id = %s", [incident.pk])
