"""A safe's days, drawn from its transactions: their sums, what was dropped, what the tills brought.

What becomes of the drops is the pickups' business, and what a day opened with the chain's.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from safes.estate import Standings, standings_of
from safes.findings import Facts
from transactions.business_day import window
from transactions.catalogue import Kind
from transactions.models import Banked, Book, DayClose, Drops, PhysicalCount, SafeDay, Transaction
from transactions.reconciliation.counts.openings import openings_of
from transactions.reconciliation.days.adding_up import ZERO, Added, Day, Sums, add_up, spelt
from transactions.reconciliation.days.closing import facts_of, had_closes, judged_at, mark_others, sends_closes
from transactions.reconciliation.days.reading import lines_of
from transactions.reconciliation.drawn import keep_drawn
from transactions.reconciliation.sites.marks import touch_sites

_SUMS = ("validated", "manual", "dispensed", "picked_up", "change_ordered", "inventory_change", "till_in", "till_out")


@dataclass(frozen=True, slots=True)
class _Days:
    """Some business dates of a safe, while they are drawn."""

    safe_id: int
    dates: Collection[dt.date]
    standings: Standings
    added: Added
    openings: list[PhysicalCount]

    def site_on(self, date: dt.date) -> int | None:
        return self.standings.on(date).site_id


def draw_days(safe_id: int, dates: Collection[dt.date]) -> dict[dt.date, Facts]:
    """Bring the sums of these business dates in step with what is stored; returns the closes that are missing.

    A day that lost its transactions stays, with sums of nothing, until the chain has seen it; so do drops until the
    pickups have. The caller holds the safe's lock.
    """
    openings = openings_of(safe_id, dates)
    days = _Days(safe_id, dates, standings_of([safe_id])[safe_id], add_up(*lines_of(safe_id, dates)), openings)
    missing = _keep_days(days)
    _keep_drops(days)
    _keep_banked(days)
    return facts_of(safe_id, missing)


def _keep_days(days: _Days) -> dict[dt.date, dict[str, Decimal]]:
    """Returns the dates whose close is missing, and their cash by currency."""
    stored = SafeDay.objects.filter(safe=days.safe_id, business_date__in=days.dates)
    there = {(row.business_date, row.currency): row for row in stored}
    had, has = had_closes(days.safe_id), sends_closes(days.safe_id)
    found = DayClose.objects.filter(safe=days.safe_id, book=Book.PRODUCTION, nominal_date__in=days.dates)
    closes = dict(found.values_list("nominal_date", "closed_at"))
    traded = {date for (date, _), sums in days.added.days.items() if sums.cash_count}
    awaited = {date: judged_at(date, days.standings) for date in traded - closes.keys()} if has else {}
    now = timezone.now()
    counted: set[Day] = {(count.business_date, count.currency) for count in days.openings}
    due: dict[tuple[Any, ...], dict[str, Any]] = {}
    for date, currency in {*days.added.days, *counted, *there}:
        sums = days.added.days.get((date, currency)) or Sums()
        before = there.get((date, currency)) or SafeDay()
        due_at = awaited.get(date)
        due[date, currency] = {name: getattr(sums, name) for name in _SUMS} | {
            "site_id": days.site_on(date),
            "transaction_count": sums.transaction_count,
            "inventory_moves": spelt(sums.inventory_moves),
            "closed_at": closes.get(date),
            "close_due_at": None if due_at is None or due_at <= now else due_at,
            # True at every moment, by what it opened with so far.
            "closing": before.opening + sums.validated + sums.manual - before.taken,
            "inventory_closing": before.inventory_opening + sums.inventory_change,
        }
    keep_drawn(stored, ("business_date", "currency"), due, also={"safe_id": days.safe_id})
    _leave_sites(days, there.values())
    mark_others(days.safe_id, days.dates, had=had, has=has)
    return {date: _cash_in(days, date) for date, due_at in awaited.items() if due_at <= now}


def _leave_sites(days: _Days, rows: Collection[SafeDay]) -> None:
    """Let the sites know where the safe stood on these days as they were drawn before, and does not."""
    left = {(row.site_id, row.business_date) for row in rows if row.site_id != days.site_on(row.business_date)}
    touch_sites({(site_id, date) for site_id, date in left if site_id is not None})


def _cash_in(days: _Days, date: dt.date) -> dict[str, Decimal]:
    return {
        currency: sums.validated + sums.manual
        for (of_date, currency), sums in days.added.days.items()
        if of_date == date and sums.cash_count
    }


def _keep_drops(days: _Days) -> None:
    due: dict[tuple[Any, ...], dict[str, Any]] = {}
    for key, dropped in days.added.drops.items():
        due[*key, False] = {
            "first_local_time": dropped.first_local_time,
            "last_local_time": dropped.last_local_time,
            "first_at": dropped.first_at,
            "validated": dropped.validated,
            "manual": dropped.manual,
            "count": dropped.count,
            "denominations": spelt(dropped.denominations),
        }
    first_servicing = _first_servicings(days) if days.openings else {}
    for count in days.openings:
        if count.compartment == PhysicalCount.Compartment.CONTENTS:
            date = count.business_date
            begins, _ = window(date, days.standings.rollover)
            due[date, count.currency, None, first_servicing.get(date), True] = {
                "first_local_time": begins,
                "last_local_time": begins,
                "counted": count.amount,
                "denominations": count.denominations,
            }
    stored = Drops.objects.filter(safe=days.safe_id, business_date__in=days.dates)
    keys = ("business_date", "currency", "pickup_group_id", "before", "is_opening")
    for row in stored:
        key = tuple(getattr(row, name) for name in keys)
        if key not in due and not row.is_opening:
            # Nothing was dropped after all: the pickups must see that it went.
            due[key] = {"validated": ZERO, "manual": ZERO, "count": 0, "denominations": []}
    keep_drawn(stored, keys, due, also={"safe_id": days.safe_id})


def _first_servicings(days: _Days) -> dict[dt.date, dt.datetime]:
    servicings = Transaction.objects.filter(
        safe=days.safe_id, business_date__in=days.dates, book=Book.PRODUCTION, counted=True, kind=Kind.PICKUP
    )
    first: dict[dt.date, dt.datetime] = {}
    for date, local_time in servicings.order_by("local_time").values_list("business_date", "local_time"):
        first.setdefault(date, local_time)
    return first


def _keep_banked(days: _Days) -> None:
    stored = Banked.objects.filter(safe=days.safe_id, business_date__in=days.dates)
    sites: dict[dt.date, set[int | None]] = defaultdict(set)
    for row in stored:
        sites[row.business_date].add(row.site_id)
    due: dict[tuple[Any, ...], dict[str, Any]] = {
        key: {"site_id": days.site_on(key[0]), "amount": brought.amount, "count": brought.count}
        for key, brought in days.added.banked.items()
    }
    keys = ("business_date", "currency", "register", "user_name")
    touched = keep_drawn(stored, keys, due, also={"safe_id": days.safe_id})
    marks = {(site, key[0]) for key in touched for site in (*sites[key[0]], days.site_on(key[0]))}
    touch_sites({(site, date) for site, date in marks if site is not None})
