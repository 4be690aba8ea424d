"""A message is kept first and applied once: twice, out of order, half broken, at once by many, and after a fault."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents import intake, proving
from incidents.intake import apply_message, take_in
from incidents.models import Attempt, Dispatch, Incident, IncidentMessage
from incidents.tasks import apply_pending
from safes.models import Finding
from tests.incidents.intake.speaking import body, send, update, with_key
from tests.incidents.making import atm_account, atm_wanted, incident, safepoint_account
from tests.transactions.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

Via = IncidentMessage.Via


def say(one: Incident, type_: str, **changes: Any) -> intake.Taken:
    return take_in(one.account, body(one, type_, dialect=one.dialect, **changes), Via.UPDATE)


def fresh(one: Incident) -> Incident:
    return Incident.objects.get(pk=one.pk)


def tried(one: Incident, **result: Any) -> Attempt:
    """A try of its dispatch, as the outbox writes it down."""
    dispatch = one.dispatches.get(kind="dispatch")
    Incident.objects.filter(pk=one.pk).update(tried_at=timezone.now())
    number = dispatch.attempts.count() + 1
    return Attempt.objects.create(dispatch=dispatch, number=number, started_at=timezone.now(), **result)


STANDS = (
    *("state", "loomis_number", "loomis_numbers", "eta", "sla", "closed_at", "response_code", "response_text"),
    *("loomis_status", "contradiction"),
)


def stands(one: Incident) -> dict[str, Any]:
    found = fresh(one)
    return {name: getattr(found, name) for name in STANDS}


def test_the_same_twice_is_kept_twice_and_counts_once():
    safe = incident()
    say(safe, "ACK")
    before = stands(safe)
    again = say(safe, "ACK")
    assert (again.incident, again.state) == (safe.reference, "acknowledged")
    assert stands(safe) == before
    assert list(safe.messages.order_by("pk").values_list("is_repeat", flat=True)) == [False, True]


@pytest.mark.parametrize("order", list(itertools.permutations(["ACK", "Accept", "Close"])))
def test_out_of_order_it_ends_alike(order):
    safe = incident()
    for type_ in order:
        say(safe, type_)
    assert stands(safe) == {
        "state": "closed",
        "loomis_number": "INC500100",
        "loomis_numbers": ["INC500100"],
        "eta": None,
        "sla": dt.datetime(2026, 3, 16, 18, tzinfo=dt.UTC),
        "closed_at": dt.datetime(2026, 3, 16, 12, 30, tzinfo=dt.UTC),
        "response_code": "",
        "response_text": "Hinge replaced",
        "loomis_status": "Open",
        "contradiction": False,
    }


def test_the_same_at_once_by_many_counts_once():
    safe = incident()
    key = with_key(safe.account)
    answers = at_once(*[lambda: send(safe.account, key, body(safe, "ACK")) for _ in range(6)])
    assert {answer.status_code for answer in answers} == {200}
    assert safe.messages.filter(is_repeat=False).count() == 1
    assert safe.messages.count() == 6


def test_all_at_once_end_as_one_after_the_other():
    safe, other = incident(), incident()
    said = ["ACK", "Accept", "Close", "ACK", "Cancel"]
    at_once(*[lambda type_=type_: say(safe, type_) for type_ in said])
    for type_ in said:
        say(other, type_)
    assert stands(safe) == stands(other)
    assert stands(safe)["contradiction"]


def test_one_message_is_applied_once_whoever_does_it():
    safe = incident()
    message = stored(safe, "ACK")
    taken = at_once(*[lambda: apply_message(message) for _ in range(4)])
    assert {(one.incident, one.state) for one in taken} == {(safe.reference, "acknowledged")}
    assert not IncidentMessage.objects.get(pk=message).is_repeat


def stored(one: Incident, type_: str) -> int:
    """A message that was kept by a process that died right after."""
    return IncidentMessage.objects.create(
        account=one.account,
        direction="in",
        via=Via.UPDATE,
        body=body(one, type_),
        at=timezone.now(),
        next_try_at=timezone.now(),
    ).pk


def test_what_a_process_kept_that_died_right_after_is_applied_by_the_clock():
    safe = incident()
    message = stored(safe, "Close")
    assert apply_pending() == 1
    assert (fresh(safe).state, apply_pending()) == ("closed", 0)
    assert IncidentMessage.objects.get(pk=message).applied_at is not None


def test_while_a_request_is_at_it_the_clock_keeps_its_hands_off(monkeypatch):
    safe = incident()
    monkeypatch.setattr(intake, "apply_message", lambda message_id, begun: intake.Taken(message_id))
    say(safe, "Close")
    monkeypatch.undo()
    assert (apply_pending(), fresh(safe).state) == (0, "queued")


@pytest.mark.parametrize("fault", [KeyError("a bug"), DatabaseError("deadlock")])
def test_a_fault_in_applying_costs_neither_the_message_nor_loomis_its_200(monkeypatch, fault):
    safe = incident()
    key = with_key(safe.account)

    def broken(incident: Incident) -> None:
        Incident.objects.filter(pk=incident.pk).update(state="closed")
        raise fault

    monkeypatch.setattr(intake, "prove", broken)
    answer = send(safe.account, key, body(safe, "Close"))
    assert (answer.status_code, answer.json()["warnings"]) == (200, [intake.LATER])
    message = IncidentMessage.objects.get(pk=answer.json()["message"])
    assert (message.applied_at, message.status, message.tries) == (None, 200, 1)
    assert type(fault).__name__ in message.error
    assert (fresh(safe).state, apply_pending()) == ("queued", 0)
    (finding,) = Finding.objects.filter(kind="incident_incomplete_update")
    assert finding.state == "open"

    monkeypatch.undo()
    IncidentMessage.objects.filter(pk=message.pk).update(next_try_at=timezone.now())
    assert apply_pending() == 1
    message.refresh_from_db()
    assert (fresh(safe).state, message.error, message.status) == ("closed", "", 200)
    finding.refresh_from_db()
    assert finding.state == "closed"


def test_a_message_that_fails_holds_up_no_other(monkeypatch):
    bad, good = incident(), incident()
    stored(bad, "Close")
    stored(good, "Close")
    prove = proving.prove

    def broken(incident: Incident) -> None:
        if incident.pk == bad.pk:
            raise KeyError(bad.pk)
        prove(incident)

    monkeypatch.setattr(intake, "prove", broken)
    assert apply_pending() == 2
    assert (fresh(bad).state, fresh(good).state) == ("queued", "closed")


@pytest.mark.parametrize("dialect", ["safepoint", "atm"])
def test_the_answer_to_a_dispatch_means_its_incident_if_it_names_none(dialect):
    one = incident() if dialect == "safepoint" else incident(atm_wanted())
    attempt = tried(one, outcome="delivered")
    sent = body(one, "ACK", dialect=dialect, IncidentReference=None)
    taken = take_in(one.account, sent, Via.RESPONSE, attempt=attempt)
    assert (taken.incident, taken.state) == (one.reference, "acknowledged")
    assert taken.warnings == (f"IncidentReference is missing: it was taken for the answer about {one}.",)
    assert attempt.answers.get().incident == one


def test_an_answer_that_names_another_incident_goes_to_that_one():
    one, other = incident(), incident()
    attempt = tried(one, outcome="delivered")
    taken = take_in(one.account, body(other, "ACK"), Via.RESPONSE, attempt=attempt)
    assert (taken.incident, fresh(one).state, fresh(other).state) == (other.reference, "queued", "acknowledged")
    orphan = take_in(one.account, body("77", "ACK"), Via.RESPONSE, attempt=attempt)
    assert orphan.incident is None
    assert Finding.objects.filter(kind="incident_orphan", state="open").count() == 1


@pytest.mark.parametrize("receipt", [{}, {"status": "ok"}, {"IncidentId": "X"}])
def test_a_mere_receipt_is_kept_with_its_incident_and_says_nothing(receipt):
    one = incident()
    attempt = tried(one, outcome="delivered")
    taken = take_in(one.account, json.dumps(receipt).encode(), Via.RESPONSE, attempt=attempt)
    assert (taken.error, taken.warnings) == ("", ())
    # What the try proved, and no more.
    assert (fresh(one).state, fresh(one).loomis_number) == ("sent", "")
    assert not Finding.objects.exists()


def test_what_loomis_knows_need_not_be_sent_any_more():
    queued = incident()
    assert "had not been sent yet" in say(queued, "ACK").warnings[0]
    assert queued.dispatches.get().state == Dispatch.State.DONE
    draft = incident(draft=True)
    say(draft, "Accept")
    found = fresh(draft)
    assert (found.state, found.queued_at is not None, found.dispatches.count()) == ("accepted", True, 0)


def test_an_answer_in_a_file_keeps_its_name():
    atm = incident(atm_wanted())
    sent = (
        f"<Incident><MessageType>ACK</MessageType><IncidentReference>{atm}</IncidentReference>"
        "<IncidentId>INC3</IncidentId><ResponseText>Taken</ResponseText><CustomerId>1</CustomerId>"
        "<ServiceProvider>LOOMIS</ServiceProvider></Incident>"
    ).encode()
    at = dt.datetime(2026, 3, 14, 12, tzinfo=dt.UTC)
    taken = take_in(atm.account, sent, Via.FILE, file_name="Bank_20260314120000_A1_ack.xml", at=at)
    message = IncidentMessage.objects.get(pk=taken.message)
    assert (message.file_name, message.at, message.status) == ("Bank_20260314120000_A1_ack.xml", at, None)
    assert (taken.state, fresh(atm).loomis_number) == ("acknowledged", "INC3")


SAID = [
    *(("ACK", {"Status": status, "IncidentId": number}) for status, number in (("Open", "INC1"), ("New", "INC22"))),
    ("Accept", {"IncidentId": "INC1", "SLADateTime": "2026-03-16T18:00:00Z"}),
    ("Close", {"IncidentId": None, "ResponseText": None}),
    ("Close", {"DateTime": "2026-03-15T12:00:00Z"}),
    ("Cancel", {}),
    *(("NAK", {"ResponseCode": code}) for code in ("Duplicate", "InvalidFault", "")),
]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.lists(st.sampled_from(SAID), min_size=1, max_size=5, unique_by=str))
def test_any_order_and_repetition_of_updates_ends_alike(data, said):
    repeated = said + data.draw(st.lists(st.sampled_from(said), max_size=3))
    other = data.draw(st.permutations(repeated))
    first, second = incident(), incident()
    for one, order in ((first, said), (second, other)):
        for type_, changes in order:
            say(one, type_, **changes)
    assert stands(first) == stands(second)
    assert open_of(first) == open_of(second)


def open_of(one: Incident) -> set[str]:
    return set(Finding.objects.filter(subject=one.reference, state="open").values_list("kind", flat=True))


def test_two_accounts_with_one_reference_would_still_be_two():
    """References are unique here; what another account's Loomis says under one of ours is an orphan there."""
    account, other = safepoint_account(), atm_account()
    safe = incident()
    sent = json.dumps(update(safe, "Close", "atm")).encode()
    assert take_in(other, sent, Via.UPDATE).incident is None
    assert take_in(account, sent, Via.UPDATE).state == "closed"
