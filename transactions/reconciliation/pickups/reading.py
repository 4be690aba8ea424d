"""What a drawing of pickups reads: servicings and drops of a safe, as far as some business dates may change them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q

from transactions.catalogue import Kind
from transactions.models import Book, Drops, Pickup, PickupSlip, Transaction
from transactions.reconciliation.pickups.assigning import Fate, Line, Servicing

Key = tuple[int | None, dt.datetime | None]
"""What tells a pickup of a safe: its group, or without one its servicing; neither for drops that wait for the next."""

WAITING: Key = (None, None)

_DROPS = Drops._meta.db_table
_SERVICINGS = f"""
FROM {Transaction._meta.db_table}
WHERE safe_id = %(safe)s AND kind = '{Kind.PICKUP}' AND book = {Book.PRODUCTION} AND counted
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A line as it is stored, and what became of it so far."""

    id: int
    line: Line
    is_empty: bool
    fate: Fate


@dataclass(frozen=True, slots=True)
class Serviced:
    """A servicing in one currency, in the pickup it belongs to."""

    key: Key
    date: dt.date
    local_time: dt.datetime
    occurred_at: dt.datetime | None
    currency: str
    amount: Decimal


def key_of(servicing: Servicing) -> Key:
    return (servicing.group, None) if servicing.group is not None else (None, servicing.local_time)


def pickups_over(safe_id: int, dates: Collection[dt.date]) -> list[Pickup]:
    """Pickups as drawn before, that may have had something of these dates."""
    if not dates:
        return []
    near = Pickup.objects.filter(safe=safe_id, last_on__gte=min(dates), first_on__lte=max(dates))
    return [row for row in near if any(row.first_on <= date <= row.last_on for date in dates)]


def servicings_on(safe_id: int, dates: Collection[dt.date]) -> set[Servicing]:
    """Servicings of these business dates."""
    first, last = _around(dates)
    found = _ask(
        f"""
        SELECT DISTINCT business_date, local_time, pickup_group_id {_SERVICINGS}
        AND local_time >= %(first)s AND local_time < %(last)s AND business_date = ANY(%(dates)s)
        """,
        {"safe": safe_id, "first": first, "last": last, "dates": list(dates)},
    )
    return {Servicing(*row) for row in found}


def servicings_for(safe_id: int, lines: Collection[Line]) -> set[Servicing]:
    """The servicings that have a say in what becomes of these lines: of their groups, and those that come next."""
    dates = [line.date for line in lines]
    first, last = _around(dates)
    found = _ask(
        f"""
        SELECT business_date, local_time, pickup_group_id {_SERVICINGS} AND pickup_group_id = ANY(%(groups)s)
        UNION
        SELECT business_date, local_time, pickup_group_id {_SERVICINGS}
        AND local_time >= %(first)s AND local_time < %(last)s
        UNION
        SELECT business_date, local_time, pickup_group_id {_SERVICINGS} AND local_time = (
            SELECT local_time {_SERVICINGS} AND local_time >= %(first_after)s AND business_date > %(last_date)s
            ORDER BY local_time LIMIT 1)
        """,
        {
            "safe": safe_id,
            "groups": sorted({line.group for line in lines if line.group is not None}),
            "first": first,
            "last": last,
            "first_after": last - dt.timedelta(days=3),
            "last_date": max(dates),
        },
    )
    return {Servicing(*row) for row in found}


def first_servicing(safe_id: int) -> tuple[dt.date, dt.datetime] | None:
    """Business date and wall clock of the first servicing that a safe ever had."""
    found = _ask(
        f"SELECT business_date, local_time {_SERVICINGS} ORDER BY local_time LIMIT 1",
        {"safe": safe_id},
    )
    return (found[0][0], found[0][1]) if found else None


def windows(safe_id: int, dates: Collection[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Business dates, first and last, on which drops may have looked for a servicing on one of these dates.

    They go back to the last servicing that lies before and not on them.
    """
    found = []
    for first, last in _runs(dates):
        before = _ask(
            f"""
            SELECT business_date {_SERVICINGS} AND local_time < %(before)s AND business_date < %(first)s
            ORDER BY local_time DESC LIMIT 1
            """,
            {"safe": safe_id, "before": _around([first])[1], "first": first},
        )
        found.append((before[0][0] if before else dt.date.min, last))
    return found


def _runs(dates: Collection[dt.date]) -> list[tuple[dt.date, dt.date]]:
    runs: list[tuple[dt.date, dt.date]] = []
    for date in sorted(dates):
        # Days of one week are looked at together.
        if runs and date - runs[-1][1] <= dt.timedelta(days=7):
            runs[-1] = runs[-1][0], date
        else:
            runs.append((date, date))
    return runs


_TO_DRAW = f"""
SELECT id, business_date, last_local_time, currency, pickup_group_id, is_opening, count = 0 AND NOT is_opening,
       taken_at, leaves_on, counted_on, is_astray
FROM {_DROPS} WHERE id IN (
    SELECT id FROM {_DROPS} WHERE safe_id = %(safe)s AND business_date = ANY(%(dates)s)
    UNION SELECT id FROM {_DROPS} WHERE safe_id = %(safe)s AND leaves_on = ANY(%(dates)s)
    UNION SELECT id FROM {_DROPS} WHERE safe_id = %(safe)s AND counted_on = ANY(%(dates)s)
    UNION SELECT id FROM {_DROPS} WHERE safe_id = %(safe)s AND pickup_group_id = ANY(%(groups)s)
    UNION SELECT id FROM {_DROPS} JOIN unnest(%(firsts)s::date[], %(lasts)s::date[]) AS w(first, last)
        ON business_date BETWEEN w.first AND w.last WHERE safe_id = %(safe)s
    -- What was in the safe when a day of these began that has a counted opening now.
    UNION SELECT d.id FROM {_DROPS} opening JOIN {_DROPS} d USING (safe_id, currency)
        WHERE safe_id = %(safe)s AND opening.is_opening AND opening.business_date = ANY(%(dates)s)
          AND d.business_date < opening.business_date
          AND (d.leaves_on >= opening.business_date OR d.counted_on > opening.business_date
               OR d.leaves_on IS NULL AND d.counted_on IS NULL)
)
"""


def lines_to_draw(
    safe_id: int, dates: Collection[dt.date], groups: Collection[int], looked: Collection[tuple[dt.date, dt.date]]
) -> list[Stored]:
    """All lines that may fare otherwise when these dates changed, with the groups and in the windows given."""
    found = _ask(
        _TO_DRAW,
        {
            "safe": safe_id,
            "dates": list(dates),
            "groups": list(groups),
            "firsts": [first for first, _ in looked],
            "lasts": [last for _, last in looked],
        },
    )
    return [
        Stored(id_, Line(date, last, currency, group, is_opening), is_empty, Fate(*fate))
        for id_, date, last, currency, group, is_opening, is_empty, *fate in found
    ]


def opening_dates(safe_id: int, *, after: dt.date = dt.date.min) -> dict[str, list[dt.date]]:
    """Dates of counted openings of a safe's contents after a date, by currency, in order; as they were drawn."""
    found: dict[str, list[dt.date]] = defaultdict(list)
    rows = Drops.objects.filter(safe=safe_id, is_opening=True, business_date__gt=after).order_by("business_date")
    for currency, date in rows.values_list("currency", "business_date"):
        found[currency].append(date)
    return found


def serviced(safe_id: int, keys: Collection[Key]) -> list[Serviced]:
    """The servicings of some pickups, with what they reported."""
    groups, times = apart(keys)
    found = _ask(
        f"""
        SELECT pickup_group_id, NULL, business_date, local_time, occurred_at, coalesce(currency, ''), amount
        {_SERVICINGS} AND pickup_group_id = ANY(%(groups)s)
        UNION ALL
        SELECT NULL, local_time, business_date, local_time, occurred_at, coalesce(currency, ''), amount
        {_SERVICINGS} AND pickup_group_id IS NULL AND local_time = ANY(%(times)s)
        """,
        {"safe": safe_id, "groups": groups, "times": times},
    )
    return [Serviced((group, time), *row) for group, time, *row in found]


def apart(keys: Iterable[Key]) -> tuple[list[int], list[dt.datetime]]:
    """The groups, and the wall clocks of servicings without a group, that pickups are told by."""
    groups = [group for group, _ in keys if group is not None]
    return groups, [time for group, time in keys if group is None and time is not None]


def told_by(keys: Collection[Key]) -> Q:
    """Rows of a model that is told like a pickup: those of these keys, in any currency."""
    groups, times = apart(keys)
    found = Q(pickup_group_id__in=groups) | Q(pickup_group_id=None, serviced_without_group__in=times)
    return found | Q(pickup_group_id=None, serviced_without_group=None) if WAITING in keys else found


def slips_of(pickups: Sequence[Pickup]) -> dict[int, PickupSlip]:
    """The slips that are kept for pickups, by the id of the pickup; one query at most."""
    if not pickups:
        return {}
    kept = PickupSlip.objects.filter(
        Q(pickup_group_id__in={row.pickup_group_id for row in pickups})
        | Q(serviced_without_group__in={row.serviced_without_group for row in pickups}),
        safe__in={row.safe_id for row in pickups},
    )
    slips = {_told(slip): slip for slip in kept}
    return {row.pk: slips[_told(row)] for row in pickups if _told(row) in slips}


def _told(row: Pickup | PickupSlip) -> tuple[object, ...]:
    return row.safe_id, row.pickup_group_id, row.serviced_without_group, row.currency


def _around(dates: Collection[dt.date]) -> tuple[dt.datetime, dt.datetime]:
    """Wall clocks that these business dates lie between: a date is at most a day behind the clock, and one ahead."""
    return (
        dt.datetime.combine(min(dates) - dt.timedelta(days=1), dt.time()),
        dt.datetime.combine(max(dates) + dt.timedelta(days=2), dt.time()),
    )


def _ask(statement: str, named: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, named)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
