"""The finding of accounts that look up much that is not there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine

from loyalty.models import MissCount
from loyalty.tasks import forget_old_misses, watch_probing
from safes.findings import settle_by_person
from safes.models import Finding, MachineAccount
from tests.loyalty.door.till import Till

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def clock(settings) -> Iterator[time_machine.Traveller]:
    settings.LOYALTY_PROBING_MISSES = 100
    with time_machine.travel(dt.datetime(2031, 3, 3, 12, tzinfo=dt.UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def account(db: None) -> MachineAccount:
    return Till(name="pos-7").account


def missed(account: MachineAccount, count: int, ago: dt.timedelta = dt.timedelta(), values: int = 1) -> None:
    """So many misses in the window that began so long ago."""
    window = dt.datetime.now(dt.UTC) - ago
    MissCount.objects.create(account=account, window=window, count=count)
    for value in range(values):
        MissCount.objects.create(account=account, window=window, count=1, value=value.to_bytes(16, "big"))


def state() -> str:
    finding = Finding.objects.filter(kind="card_probing").first()
    return finding.state if finding else "none"


def test_so_many_misses_within_an_hour_are_told_with_their_figures(clock, account):
    missed(account, 60, ago=59 * MINUTE, values=7)
    missed(account, 39, values=3)
    assert (watch_probing(), state()) == (0, "none")
    MissCount.objects.filter(count=39).update(count=40)
    assert (watch_probing(), state()) == (1, "open")
    finding = Finding.objects.get()
    assert finding.subject == "pos-7"
    assert "pos-7" in finding.summary
    assert "100 look-ups" in finding.summary
    assert finding.summary.endswith(".")
    assert (finding.detail["misses"], finding.detail["different_values"]) == (100, 7)


def test_misses_of_more_than_an_hour_and_of_several_accounts_are_not_added(clock, account):
    other = Till(name="pos-8").account
    missed(account, 60, ago=HOUR)
    missed(account, 60)
    missed(other, 60)
    assert (watch_probing(), state()) == (0, "none")


def test_it_closes_after_a_calm_day_and_opens_again(clock, account):
    missed(account, 100)
    watch_probing()
    clock.shift(23 * HOUR)
    missed(account, 99)
    watch_probing()
    assert state() == "open"
    clock.shift(HOUR)
    watch_probing()
    assert state() == "closed"
    assert Finding.objects.get().closed_by == "system"
    clock.shift(50 * HOUR)
    forget_old_misses()
    missed(account, 150)
    watch_probing()
    watch_probing()
    assert state() == "open"
    assert Finding.objects.count() == 1


def test_what_a_person_settled_opens_when_there_is_more(clock, account):
    missed(account, 100)
    watch_probing()
    settle_by_person(Finding.objects.get().pk, "anna", "It was us.")
    watch_probing()
    assert state() == "closed"
    clock.shift(MINUTE)
    missed(account, 1)
    watch_probing()
    assert state() == "open"


def test_it_is_opened_by_calls_themselves(clock, settings):
    settings.LOYALTY_PROBING_MISSES, settings.LOYALTY_MISS_LIMIT = 10, "5/min"
    till = Till(name="pos-9")
    for number in range(12):
        till.get(f"balance/by/40009999000000{number:02}")
    assert (watch_probing(), state()) == (1, "open")
    # Refused ones are counted; values that came after the limit are not written down.
    assert Finding.objects.get().detail == {
        "account": "pos-9",
        "role": "till",
        "misses": 12,
        "different_values": 5,
        "until": "2031-03-03T12:00:00+00:00",
    }
