"""Random histories of one safe: drops, servicings and counted openings that come, go, and change their date."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.transaction import atomic
from hypothesis import strategies as st

from safes.estate import lock_safes, place_safe
from safes.models import Finding, Safe
from tests.factories import SiteFactory
from transactions.identity import DIGEST_SIZE
from transactions.models import Book, Drops, PhysicalCount, Pickup, SafeDay, TouchedDay, Transaction
from transactions.reconciliation.days.balances import carry_on
from transactions.reconciliation.days.drawing import draw_days
from transactions.reconciliation.pickups.drawing import draw_pickups
from transactions.recording.marks import touch

FIRST = dt.date(2026, 3, 2)
DAYS = 7
ROLLOVER = 6  # hours; a business day may also begin a few hours later


@dataclass(frozen=True)
class Event:
    """A transaction. ``hour`` is since the first midnight."""

    hour: int
    what: str  # CashIn, ManualCashTransaction, Servicing
    group: int | None
    amount: int
    currency: str

    @property
    def local_time(self) -> dt.datetime:
        return dt.datetime.combine(FIRST, dt.time()) + dt.timedelta(hours=self.hour)


@dataclass(frozen=True)
class Opening:
    day: int
    currency: str
    amount: int

    @property
    def date(self) -> dt.date:
        return FIRST + dt.timedelta(days=self.day)


# Few hours of a day, so that servicings and drops meet at one time, and lie on both sides of where a day begins.
_hours = st.builds(lambda day, hour: day * 24 + hour, st.integers(0, DAYS - 1), st.sampled_from([7, 8, 9, 20, 23]))
_groups = st.sampled_from([None, 1, 2, 3])
_currencies = st.sampled_from(["USD", "USD", "CAD"])
events = st.builds(
    Event,
    _hours,
    st.sampled_from(["CashIn", "CashIn", "ManualCashTransaction", "Servicing"]),
    _groups,
    st.integers(1, 50),
    _currencies,
)
openings = st.builds(Opening, st.integers(0, DAYS), _currencies, st.integers(0, 90))


@dataclass(frozen=True)
class Step:
    """What is there after it, and which of the marked days are drawn before the next step."""

    events: tuple[Event, ...]
    openings: tuple[Opening, ...]
    begins: tuple[int, ...]  # by how many hours each day begins later
    drawn: tuple[bool, ...]


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    """A safe's week, and what comes, goes and moves in it afterwards: a little at a time."""
    pool = draw(st.lists(events, min_size=8, max_size=16))
    counts = draw(st.lists(openings, max_size=3, unique_by=lambda one: (one.day, one.currency)))
    there = [draw(st.booleans()) or draw(st.booleans()) for _ in (*pool, *counts)]
    begins = [0] * (DAYS + 1)
    steps: list[Step] = []
    for _ in range(draw(st.integers(2, 5))):
        for number in draw(st.sets(st.integers(0, len(there) - 1), min_size=1, max_size=3)):
            there[number] = not there[number]
        for number in draw(st.sets(st.integers(0, DAYS), max_size=1)):
            begins[number] = 2 - begins[number]
        steps.append(
            Step(
                tuple(one for one, is_there in zip(pool, there, strict=False) if is_there),
                tuple(one for one, is_there in zip(counts, there[len(pool) :], strict=True) if is_there),
                tuple(begins),
                tuple(draw(st.booleans()) or not steps for _ in range(DAYS + 2)),
            )
        )
    return steps


class Book1:
    """The safe's book as the steps write it, and the days that are marked meanwhile."""

    def __init__(self) -> None:
        self.safe: Safe = place_safe("SR10042", SiteFactory.create(code="S001", tolerance=Decimal(0)))
        self.marked: set[dt.date] = set()
        self._rows: dict[tuple[Event, int], tuple[int, dt.date]] = {}
        self._counts: dict[Opening, int] = {}

    def become(self, step: Step) -> None:
        """Bring the stored transactions and counts to a step, and mark what that touches."""
        due: dict[tuple[Event, int], dt.date] = {}
        seen: dict[Event, int] = defaultdict(int)
        for event in step.events:
            seen[event] += 1
            due[event, seen[event]] = date_of(event, step)
        for key, (pk, date) in list(self._rows.items()):
            if key not in due:
                Transaction.objects.filter(pk=pk).update(counted=False)
                self.marked.add(date)
                del self._rows[key]
        for key, date in due.items():
            if key in self._rows:
                pk, before = self._rows[key]
                if before != date:
                    Transaction.objects.filter(pk=pk).update(business_date=date)
                    self.marked |= {before, date}
                    self._rows[key] = pk, date
            else:
                self._rows[key] = self._store(*key, date), date
                self.marked.add(date)
        for opening in set(self._counts) - set(step.openings):
            PhysicalCount.objects.filter(pk=self._counts.pop(opening)).delete()
            self.marked.add(opening.date)
        for opening in set(step.openings) - set(self._counts):
            count = PhysicalCount.objects.create(
                safe=self.safe,
                use=PhysicalCount.Use.OPENING,
                business_date=opening.date,
                currency=opening.currency,
                amount=opening.amount,
            )
            self._counts[opening] = count.pk
            self.marked.add(opening.date)

    def _store(self, event: Event, occurrence: int, date: dt.date) -> int:
        kinds = {"CashIn": "validated", "ManualCashTransaction": "manual", "Servicing": "pickup"}
        return Transaction.objects.create(
            book=Book.PRODUCTION,
            safe=self.safe,
            local_time=event.local_time,
            key_digest=repr(event).encode().ljust(DIGEST_SIZE)[-DIGEST_SIZE:] + len(self._rows).to_bytes(4),
            occurrence=occurrence + Transaction.objects.count(),
            type=event.what,
            wire_type=event.what,
            kind=kinds[event.what],
            amount=event.amount,
            currency=event.currency,
            pickup_group_id=event.group,
            occurred_at=event.local_time.replace(tzinfo=dt.UTC),
            business_date=date,
        ).pk

    def draw(self, dates: Iterable[dt.date]) -> None:
        """Draw some days as transactions.drawing does, in its order."""
        drawn = sorted(dates)
        if not drawn:
            return
        with atomic():
            lock_safes([self.safe.pk])
            touch({(self.safe.pk, date) for date in self.marked})
            TouchedDay.objects.filter(safe=self.safe, business_date__in=drawn).delete()
            draw_days(self.safe.pk, drawn)
            left = draw_pickups(self.safe.pk, drawn)
            carry_on(self.safe.pk, sorted({*drawn, *left}))
        self.marked -= set(drawn)


def date_of(event: Event, step: Step) -> dt.date:
    """A servicing or drop is of the day before while that one lasts."""
    day, hour = divmod(event.hour, 24)
    # Two hours later: what lies at seven belongs to the day before.
    return FIRST + dt.timedelta(days=day if hour >= ROLLOVER + step.begins[day] else day - 1)


def drawn() -> dict[str, Any]:
    """Everything that is drawn of pickups, but for ids."""
    found = Finding.objects.filter(state=Finding.State.OPEN, kind__startswith="pickup_")
    return {
        "drops": _rows(Drops),
        "pickups": _rows(Pickup),
        "days": _rows(SafeDay),
        "findings": sorted(found.values_list("kind", "subject", "cash_at_stake", "business_date", "currency")),
    }


def _rows(model: type[Drops | Pickup | SafeDay]) -> list[tuple[Any, ...]]:
    names = [field.name for field in model._meta.fields if field.name != "id"]
    return sorted(model._default_manager.values_list(*names), key=repr)
