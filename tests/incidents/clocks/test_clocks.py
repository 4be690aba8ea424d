"""Clocks: not sent, not acknowledged, at three quarters of a promise, past it; set anew when the promise changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db.transaction import atomic

from incidents import arranging, following, proving
from incidents.intake import take_in
from incidents.models import Dispatch, Incident, IncidentMessage
from incidents.proving import lock
from incidents.raising import raise_incident
from incidents.tasks import follow_clocks
from safes.models import Finding
from tests.incidents.intake.speaking import body
from tests.incidents.intake.trying import Out, tried
from tests.incidents.making import atm_account, atm_wanted, safe_wanted
from tests.transactions.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

NOON = dt.datetime(2026, 3, 14, 12, 0, tzinfo=dt.UTC)
LATE = "incident_unconfirmed"
SOON = "incident_due_soon"
OVER = "incident_overdue"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def raised(dialect: str) -> Incident:
    return raise_incident(safe_wanted() if dialect == "safepoint" else atm_wanted())[0]


def say(one: Incident, type_: str, **changes: Any) -> None:
    take_in(one.account, body(one, type_, dialect=one.dialect, **changes), IncidentMessage.Via.UPDATE)


def promised(one: Incident, minutes: int) -> None:
    name = "EtaDateTime" if one.dialect == "atm" else "SLADateTime"
    say(one, "Accept", **{name: f"{NOON + dt.timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"})


def told_at(clock: time_machine.Traveller, minutes: float) -> set[str]:
    """What is open of all incidents when so many minutes have gone since noon."""
    clock.move_to(NOON + dt.timedelta(minutes=minutes))
    follow_clocks()
    return set(Finding.objects.filter(state="open").values_list("kind", flat=True))


@pytest.mark.parametrize("dialect", ["atm", "safepoint"])
def test_what_is_not_acknowledged_in_time_comes_up_and_goes_with_the_ack(clock, dialect):
    one = raised(dialect)
    tried(one, Out.DELIVERED)
    assert told_at(clock, 29.9) == set()
    assert told_at(clock, 30) == {LATE}
    say(one, "ACK")
    assert told_at(clock, 60) == set()


def test_an_atm_that_may_have_been_reached_comes_up_in_time_too(clock):
    one = raised("atm")
    tried(one, Out.UNKNOWN, leaves=Dispatch.State.DUE)
    assert told_at(clock, 30) == {LATE}


def test_the_minutes_are_those_of_the_account_also_when_they_are_changed(clock):
    account = atm_account(acknowledge_minutes=10)
    one = raise_incident(atm_wanted(account))[0]
    tried(one, Out.DELIVERED)
    account.acknowledge_minutes = 50
    arranging.save(account)
    assert told_at(clock, 12) == set()
    account.acknowledge_minutes = 5
    arranging.save(account)
    assert told_at(clock, 13) == {LATE}


def test_what_waits_for_long_comes_up_although_it_is_still_tried(clock):
    one = raised("safepoint")
    tried(one, Out.NOT_ARRIVED, leaves=Dispatch.State.DUE, error="Connection refused.")
    assert told_at(clock, 29) == set()
    assert told_at(clock, 30) == {"incident_not_sent"}
    assert "Connection refused." in Finding.objects.get().summary
    tried(one, Out.DELIVERED)
    assert told_at(clock, 31) == {LATE}


@pytest.mark.parametrize("dialect", ["atm", "safepoint"])
def test_a_promise_comes_up_at_three_quarters_and_when_it_has_passed(clock, dialect):
    one = raised(dialect)
    tried(one, Out.DELIVERED)
    promised(one, 100)
    assert told_at(clock, 74.9) == set()
    assert told_at(clock, 75) == {SOON}
    assert told_at(clock, 99.9) == {SOON}
    assert told_at(clock, 100) == {OVER}
    found = Finding.objects.get(kind=OVER)
    assert (found.severity, found.detail["reference"]) == ("critical", one.reference)
    assert found.detail["promises"] == [
        {"promise": "ETA" if dialect == "atm" else "SLA", "until": "2026-03-14T13:40:00Z"},
    ]
    say(one, "Close")
    assert told_at(clock, 200) == set()


def test_a_new_promise_sets_the_clocks_anew(clock):
    one = sent(clock)
    promised(one, 100)
    assert told_at(clock, 80) == {SOON}
    promised(one, 180)  # 100 minutes from now
    assert told_at(clock, 80) == set()
    assert told_at(clock, 154) == set()
    assert told_at(clock, 155) == {SOON}
    assert told_at(clock, 180) == {OVER}
    promised(one, 100)  # the old one again, late
    assert told_at(clock, 180) == {OVER}
    promised(one, 300)
    assert told_at(clock, 181) == set()


def sent(clock: time_machine.Traveller) -> Incident:
    one = raised("safepoint")
    tried(one, Out.DELIVERED)
    return one


def test_a_promise_that_was_broken_when_it_came_is_overdue_at_once(clock):
    one = sent(clock)
    promised(one, -5)
    assert set(Finding.objects.filter(state="open").values_list("kind", flat=True)) == {OVER}


def test_what_is_at_its_end_is_looked_at_no_more(clock):
    one = sent(clock)
    promised(one, 100)
    say(one, "Close")
    assert Incident.objects.get(pk=one.pk).clock_at is None


def test_a_clock_is_looked_at_once_by_many(clock):
    one = sent(clock)
    clock.move_to(NOON + dt.timedelta(hours=1))
    assert sum(at_once(*[follow_clocks for _ in range(4)])) >= 1
    assert Finding.objects.get().notes.count() == 1
    assert Incident.objects.get(pk=one.pk).clock_at is None


def test_an_incident_that_somebody_is_at_is_left_to_him(clock):
    one = sent(clock)
    clock.move_to(NOON + dt.timedelta(hours=1))
    with atomic():
        lock(one.pk)
        assert at_once(follow_clocks) == [0]
    assert follow_clocks() == 1


def test_a_fault_with_one_silences_no_other(clock, monkeypatch):
    bad, good = sent(clock), sent(clock)
    clock.move_to(NOON + dt.timedelta(hours=1))
    prove = proving.prove

    def broken(incident: Incident) -> None:
        if incident.pk == bad.pk:
            raise KeyError(bad.pk)
        prove(incident)

    monkeypatch.setattr(following, "prove", broken)
    assert follow_clocks() == 1
    assert Finding.objects.get().subject == good.reference
