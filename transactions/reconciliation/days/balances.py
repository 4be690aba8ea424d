"""Carrying openings and closings on through a safe's stored days, from the first that may be otherwise."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator
from decimal import Decimal

from django.db.models import F, Sum

from safes.estate import standings_of
from transactions.models import Drops, PhysicalCount, SafeDay
from transactions.reconciliation.counts.openings import openings_of
from transactions.reconciliation.days.chain import Balance, Balances, Moved, carry
from transactions.reconciliation.drawn import keep_drawn

_AT_A_TIME = 64
_CARRIED = (
    "opening", "closing", "inventory_opening", "inventory_closing", "is_counted", "inventory_is_counted",
)  # fmt: skip


def carry_on(safe_id: int, dates: Collection[dt.date]) -> set[dt.date]:
    """Bring in step what left on these business dates, and what they and later days opened and closed with.

    Goes on until a later day opens with what it opened with before: usually nothing follows at all. Returns the later
    dates on which something did. The caller holds the safe's lock, and has drawn the days and the pickups.
    """
    _keep_taken(safe_id, dates)
    stored = SafeDay.objects.filter(safe=safe_id)
    named = set(stored.filter(business_date__in=dates).values_list("currency", flat=True))
    carried: set[dt.date] = set()
    for currency in sorted(named):
        carried |= _carry_on(safe_id, currency, min(dates), max(dates))
    _drop_empty(safe_id, dates)
    return carried


def _keep_taken(safe_id: int, dates: Collection[dt.date]) -> None:
    left = (
        Drops.objects.filter(safe=safe_id, leaves_on__in=dates)
        .order_by()
        .values_list("leaves_on", "currency")
        .annotate(taken=Sum(F("validated") + F("manual") + F("counted")))
    )
    taken: dict[tuple[dt.date, str], Decimal] = {(date, currency): amount for date, currency, amount in left if date}
    stored = SafeDay.objects.filter(safe=safe_id, business_date__in=dates)
    due: dict[tuple[object, ...], dict[str, object]] = {}
    for row in stored:
        amount = taken.pop((row.business_date, row.currency), Decimal(0))
        closing = row.opening + row.validated + row.manual - amount
        due[row.business_date, row.currency] = {"taken": amount, "closing": closing}
    if taken:  # days on which nothing happened in a currency but that it left
        stands = standings_of([safe_id])[safe_id]
        for (date, currency), amount in taken.items():
            due[date, currency] = {"taken": amount, "closing": -amount, "site_id": stands.on(date).site_id}
    keep_drawn(stored, ("business_date", "currency"), due, also={"safe_id": safe_id})


def _carry_on(safe_id: int, currency: str, first: dt.date, last: dt.date) -> set[dt.date]:
    counts = PhysicalCount.objects.filter(
        safe=safe_id, currency=currency, use=PhysicalCount.Use.OPENING, withdrawn_at=None, business_date__gte=first
    )
    counted: dict[str, dict[dt.date, Decimal]] = defaultdict(dict)
    for compartment, date, amount in counts.values_list("compartment", "business_date", "amount"):
        counted[compartment][date] = amount
    carried: set[dt.date] = set()
    for rows in _from(safe_id, currency, first):
        by_date = {row.business_date: row for row in rows}
        moves = [Moved(row.business_date, row.validated + row.manual - row.taken, row.inventory_change) for row in rows]
        start = _before(safe_id, currency, rows[0].business_date)
        changed = []
        for date, opened in carry(start, moves, counted["contents"], counted["inventory"]):
            row = by_date[date]
            if _hold(row, opened):
                changed.append(row)
                carried.add(date)
            elif date > last:
                SafeDay.objects.bulk_update(changed, _CARRIED)
                return carried
        if changed:
            SafeDay.objects.bulk_update(changed, _CARRIED)
    return carried


def _from(safe_id: int, currency: str, first: dt.date) -> Iterator[list[SafeDay]]:
    """The days from a date on, in order, some at a time; each lot is read when what is before it is written."""
    while True:
        rows = list(
            SafeDay.objects.filter(safe=safe_id, currency=currency, business_date__gte=first).order_by("business_date")[
                :_AT_A_TIME
            ]
        )
        if rows:
            yield rows
        if len(rows) < _AT_A_TIME:
            return
        first = rows[-1].business_date + dt.timedelta(days=1)


def _before(safe_id: int, currency: str, date: dt.date) -> Balances:
    """What the last day before a date closed with."""
    row = (
        SafeDay.objects.filter(safe=safe_id, currency=currency, business_date__lt=date)
        .order_by("-business_date")
        .first()
    )
    if row is None:
        return Balances()
    return Balances(Balance(row.closing, row.is_counted), Balance(row.inventory_closing, row.inventory_is_counted))


def _hold(row: SafeDay, opened: Balances) -> bool:
    """Put into a row what it opened with; whether that is something else than before."""
    values = (
        opened.contents.amount,
        opened.contents.amount + row.validated + row.manual - row.taken,
        opened.inventory.amount,
        opened.inventory.amount + row.inventory_change,
        opened.contents.is_counted,
        opened.inventory.is_counted,
    )
    if values == tuple(getattr(row, name) for name in _CARRIED):
        return False
    for name, value in zip(_CARRIED, values, strict=True):
        setattr(row, name, value)
    return True


def _drop_empty(safe_id: int, dates: Collection[dt.date]) -> None:
    """Days that have nothing to tell any more, and drops that never were."""
    Drops.objects.filter(safe=safe_id, business_date__in=dates, count=0, is_opening=False).delete()
    empty = SafeDay.objects.filter(safe=safe_id, business_date__in=dates, transaction_count=0, taken=0)
    kept = {(count.business_date, count.currency) for count in openings_of(safe_id, dates)}
    gone = [pk for pk, *key in empty.values_list("pk", "business_date", "currency") if tuple(key) not in kept]
    if gone:
        SafeDay.objects.filter(pk__in=gone).delete()
