"""door_open: doors that whined, and doors that were opened while nobody served the safe."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from safes.estate import place_safe
from safes.models import Finding
from tests.factories import SiteFactory
from tests.transactions.pushing import drop, endpoint, open_findings, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    place_safe("SR10042", SiteFactory.create(code="S7", time_zone="UTC"))
    return endpoint()


def event(time: str, type_: str = "DoorOpened", day: str = "2026-03-14") -> dict[str, Any]:
    return drop(TransactionDateTime=f"{day}T{time}", TransactionType=type_, Amount=None, DoorName="Upper")


def served(time: str, type_: str = "Servicing", day: str = "2026-03-14") -> dict[str, Any]:
    return drop(TransactionDateTime=f"{day}T{time}", TransactionType=type_)


def doors() -> dict[str, int]:
    """Open findings with the number of their events."""
    open_findings()
    found = Finding.objects.filter(kind="door_open", state="open")
    return {finding.subject.removeprefix("SR10042 "): finding.detail["event_count"] for finding in found}


def test_a_door_opened_for_nothing_that_is_known_is_one_finding_a_day_without_cash(key):
    say(key, [event("10:00:00"), event("15:00:00"), event("15:05:00", "DoorClosed")])
    assert doors() == {"2026-03-14": 2}
    (finding,) = Finding.objects.filter(kind="door_open")
    assert finding.cash_at_stake is None
    assert str(finding.site).startswith("S7")
    assert finding.detail["events"][0] == {
        "local_time": "2026-03-14T10:00:00",
        "type": "DoorOpened",
        "user": "ANNA BECK",
        "door": "Upper",
    }


@pytest.mark.parametrize("type_", ["Servicing", "TubeLoaded", "TubeRemoved", "TubeDumped", "CashAcceptedReplenishment"])
@pytest.mark.parametrize(("time", "explains"), [("10:30:00", True), ("09:30:00", True), ("10:30:01", False)])
def test_whoever_serves_the_safe_within_half_an_hour_explains_an_open_door(key, type_, time, explains):
    say(key, [event("10:00:00"), served(time, type_)])
    assert bool(doors()) is not explains


def test_a_drop_explains_no_open_door(key):
    say(key, [event("10:00:00"), served("10:01:00", "CashIn"), served("10:02:00", "CashDispenseTillCheckout")])
    assert doors() == {"2026-03-14": 1}


def test_a_whine_is_a_finding_whoever_serves_the_safe(key):
    say(key, [event("10:10:00", "DoorWhine"), served("10:05:00")])
    assert doors() == {"2026-03-14": 1}


def test_the_finding_closes_itself_when_the_servicing_comes_late_and_on_the_day_beside(key):
    say(key, [event("05:50:00", day="2026-03-15")])
    assert doors() == {"2026-03-14": 1}
    say(key, [served("06:10:00", day="2026-03-15")])
    assert doors() == {}


def test_how_near_the_courier_must_be_can_be_set(key, settings):
    settings.DOOR_OPEN = dt.timedelta(minutes=5)
    say(key, [event("10:00:00"), served("10:06:00")])
    assert doors() == {"2026-03-14": 1}
