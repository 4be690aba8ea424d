"""What pickups come to, added up from their lines and servicings."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from transactions.catalogue import Kind
from transactions.models import Book, Drops, Pickup, Transaction
from transactions.reconciliation.drawn import keep_drawn
from transactions.reconciliation.pickups import reading
from transactions.reconciliation.pickups.judging import ZERO, judge
from transactions.reconciliation.pickups.reading import WAITING, Key, Serviced

_FIGURES = """
sum(validated), sum(manual), sum(counted), min(first_local_time) FILTER (WHERE NOT is_opening), min(first_at),
coalesce(sum(validated + manual) FILTER (WHERE is_astray), 0), min(business_date), max(business_date)
"""

# A line without a group goes with the servicing it leaves with: of several at one time, with the lowest group, as
# assigning.Servicings has them.
_SUMS = f"""
WITH came AS (
    SELECT local_time, min(pickup_group_id) AS of_group FROM {Transaction._meta.db_table}
    WHERE safe_id = %(safe)s AND kind = '{Kind.PICKUP}' AND book = {Book.PRODUCTION} AND counted
      AND local_time = ANY(%(came)s)
    GROUP BY local_time
), lines AS (
    SELECT * FROM {Drops._meta.db_table}
    WHERE safe_id = %(safe)s AND pickup_group_id = ANY(%(groups)s) AND counted_on IS NULL AND count > 0
), without AS (
    SELECT d.*, came.of_group, CASE WHEN came.of_group IS NULL THEN taken_at END AS of_time
    FROM {Drops._meta.db_table} d JOIN came ON came.local_time = d.taken_at
    WHERE safe_id = %(safe)s AND leaves_on = ANY(%(dates)s) AND pickup_group_id IS NULL
), waiting AS (
    SELECT * FROM {Drops._meta.db_table}
    WHERE safe_id = %(safe)s AND pickup_group_id IS NULL AND leaves_on IS NULL AND counted_on IS NULL
      AND (count > 0 OR is_opening) AND %(with_waiting)s
)
SELECT pickup_group_id, NULL::timestamp, currency, {_FIGURES} FROM lines GROUP BY pickup_group_id, currency
UNION ALL
SELECT of_group, of_time, currency, {_FIGURES} FROM without GROUP BY of_group, of_time, currency
UNION ALL
SELECT NULL, NULL, currency, {_FIGURES} FROM waiting GROUP BY currency
"""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one pickup in one currency, added up. Times are wall clocks but for ``opened_at``, UTC."""

    validated: Decimal = ZERO
    manual: Decimal = ZERO
    counted: Decimal = ZERO
    opened_local_time: dt.datetime | None = None
    opened_at: dt.datetime | None = None
    astray: Decimal = ZERO
    first_on: dt.date | None = None
    last_on: dt.date | None = None

    def __add__(self, other: Lines) -> Lines:
        return Lines(
            self.validated + other.validated,
            self.manual + other.manual,
            self.counted + other.counted,
            _earliest(self.opened_local_time, other.opened_local_time),
            _earliest(self.opened_at, other.opened_at),
            self.astray + other.astray,
            _earliest(self.first_on, other.first_on),
            max((date for date in (self.last_on, other.last_on) if date is not None), default=None),
        )


NO_LINES = Lines()


def _earliest(one: Any, other: Any) -> Any:
    return min((moment for moment in (one, other) if moment is not None), default=None)


def draw_sums(safe_id: int, keys: Collection[Key], first: tuple[dt.date, dt.datetime] | None) -> set[tuple[Key, str]]:
    """Bring the rows of these pickups in step with their lines and servicings; a pickup that is none goes.

    ``first`` is when the safe had its first servicing: business date and wall clock. Returns the pickups and currencies
    that were looked at, gone ones as well.
    """
    came: dict[Key, list[Serviced]] = defaultdict(list)
    for one in reading.serviced(safe_id, keys):
        came[one.key].append(one)
    lines = _lines(safe_id, keys, [one for found in came.values() for one in found])
    openings = reading.opening_dates(safe_id) if _has_first(came.values(), first) else {}
    due: dict[tuple[Any, ...], dict[str, Any]] = {}
    for key in keys:
        currencies = {currency for of_key, currency in lines if of_key == key} | {one.currency for one in came[key]}
        # In a safe that nobody placed some cash says its currency and some does not: no part of it can be judged alone.
        is_mixed = "" in currencies and len(currencies) > 1
        for currency in currencies:
            is_first = first is not None and _has_first([came[key]], first)
            is_counted = first is not None and any(date <= first[0] for date in openings.get(currency, ()))
            due[*key, currency] = _values(
                lines.get((key, currency), NO_LINES),
                came[key],
                currency,
                is_judged=not is_mixed and (is_counted or not is_first),
            )
    stored = Pickup.objects.filter(reading.told_by(keys), safe=safe_id)
    touched = keep_drawn(
        stored, ("pickup_group_id", "serviced_without_group", "currency"), due, also={"safe_id": safe_id}
    )
    return {((group, time), currency) for group, time, currency in {*due, *touched}}


def _has_first(came: Iterable[list[Serviced]], first: tuple[dt.date, dt.datetime] | None) -> bool:
    return any((one.date, one.local_time) == first for found in came for one in found)


def _lines(safe_id: int, keys: Collection[Key], came: list[Serviced]) -> dict[tuple[Key, str], Lines]:
    groups, _ = reading.apart(keys)
    named: dict[str, Any] = {
        "safe": safe_id,
        "groups": groups,
        "came": [one.local_time for one in came],
        "dates": [one.date for one in came],
        "with_waiting": WAITING in keys,
    }
    found: dict[tuple[Key, str], Lines] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, named)
        for group, time, currency, *figures in cursor.fetchall():
            key: Key = (group, time)
            found[key, currency] = found.get((key, currency), NO_LINES) + Lines(*figures)
    return found


def _values(lines: Lines, came: list[Serviced], currency: str, *, is_judged: bool) -> dict[str, Any]:
    reported = [one.amount for one in came if one.currency == currency]
    judged = judge(
        lines.validated + lines.manual + lines.counted,
        sum(reported, ZERO) if reported else None,
        is_serviced=bool(came),
        is_judged=is_judged,
    )
    # Two at one reading of the clock may have been sent with other offsets: the later instant, in whatever order.
    last = max(
        came,
        key=lambda one: (one.date, one.local_time, one.occurred_at.timestamp() if one.occurred_at else 0.0),
        default=None,
    )
    dates = [one.date for one in came] + [date for date in (lines.first_on, lines.last_on) if date is not None]
    return {
        "opened_local_time": lines.opened_local_time,
        "opened_at": lines.opened_at,
        "serviced_local_time": last and last.local_time,
        "serviced_at": last and last.occurred_at,
        "business_date": last and last.date,
        "servicing_count": len(came),
        "first_on": min(dates),
        "last_on": max(dates),
        "validated": lines.validated,
        "manual": lines.manual,
        "counted": lines.counted,
        "content": judged.content,
        "reported_amount": judged.reported,
        "variance": judged.variance,
        "astray": lines.astray,
        "status": judged.verdict.value,
    }
