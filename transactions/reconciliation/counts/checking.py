"""Checks held against the books: what should have been in the safe at that moment. DOMAIN.md section 2, "Safe day".

count_variance: one finding per check that differs beyond the site's tolerance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from safes.estate import standings_of
from safes.findings import Facts, settle, subjects_of
from safes.models import Safe, Site
from transactions.models import Book, Drops, PhysicalCount, SafeDay, Transaction
from transactions.reconciliation.effects import DROPS, TO_INVENTORY

# The day's movements up to a moment, on what it opened with. A line leaves with its servicing, whole; what came after
# its group was serviced has left as soon as it came (the last look).
_EXPECTED = f"""
SELECT c.id,
       CASE WHEN day.id IS NULL THEN 0
            WHEN day.business_date < c.business_date OR c.local_time IS NULL THEN
                CASE c.compartment WHEN 'contents' THEN day.closing ELSE day.inventory_closing END
            WHEN c.compartment = 'contents' THEN day.opening + (
                SELECT coalesce(sum(t.amount), 0) FROM {Transaction._meta.db_table} t
                WHERE t.safe_id = c.safe_id AND t.business_date = c.business_date AND t.book = {Book.PRODUCTION}
                  AND t.counted AND t.currency = c.currency AND t.kind = ANY(%(drops)s) AND t.local_time <= c.local_time
            ) - (
                SELECT coalesce(sum(d.validated + d.manual + d.counted), 0) FROM {Drops._meta.db_table} d
                WHERE d.safe_id = c.safe_id AND d.leaves_on = c.business_date AND d.currency = c.currency
                  AND d.taken_at <= c.local_time AND d.last_local_time <= c.local_time
            ) - (
                SELECT coalesce(sum(t.amount), 0)
                FROM {Drops._meta.db_table} d JOIN {Transaction._meta.db_table} t
                    ON t.safe_id = d.safe_id AND t.business_date = d.business_date AND t.currency = d.currency
                    AND t.pickup_group_id = d.pickup_group_id AND t.local_time >= d.first_local_time
                WHERE d.safe_id = c.safe_id AND d.leaves_on = c.business_date AND d.business_date = c.business_date
                  AND d.currency = c.currency AND NOT d.is_opening AND d.taken_at < d.first_local_time
                  AND d.first_local_time <= c.local_time AND d.last_local_time > c.local_time
                  AND t.book = {Book.PRODUCTION} AND t.counted AND t.kind = ANY(%(drops)s)
                  AND t.local_time <= c.local_time
            )
            ELSE day.inventory_opening + (
                SELECT coalesce(sum(e.sign * t.amount), 0) FROM {Transaction._meta.db_table} t
                JOIN unnest(%(types)s::text[], %(signs)s::int[]) AS e(type, sign) ON e.type = t.type
                WHERE t.safe_id = c.safe_id AND t.business_date = c.business_date AND t.book = {Book.PRODUCTION}
                  AND t.counted AND t.currency = c.currency AND t.local_time <= c.local_time
            )
       END,
       coalesce(CASE c.compartment WHEN 'contents' THEN day.is_counted ELSE day.inventory_is_counted END, false)
FROM {PhysicalCount._meta.db_table} c
LEFT JOIN LATERAL (
    SELECT * FROM {SafeDay._meta.db_table} d
    WHERE d.safe_id = c.safe_id AND d.currency = c.currency AND d.business_date <= c.business_date
    ORDER BY d.business_date DESC LIMIT 1
) day ON true
WHERE c.id = ANY(%(counts)s)
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A check against the books. ``is_since_opening``: a counted opening stands behind what was expected; else it is
    since first seen."""

    expected: Decimal
    difference: Decimal
    is_since_opening: bool

    @property
    def agrees(self) -> bool:
        return not self.difference


def held_against_books(counts: Collection[PhysicalCount]) -> dict[int, Held]:
    """What each of these checks came to, by id, in one query; difference = counted − expected."""
    amounts = {count.pk: count.amount for count in counts if count.use == PhysicalCount.Use.CHECK}
    if not amounts:
        return {}
    named: dict[str, Any] = {
        "counts": list(amounts),
        "drops": sorted(DROPS),
        "types": list(TO_INVENTORY),
        "signs": list(TO_INVENTORY.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_EXPECTED, named)
        return {pk: Held(expected, amounts[pk] - expected, counted) for pk, expected, counted in cursor.fetchall()}


def draw_checks(safe_id: int, dates: Collection[dt.date]) -> None:
    """Bring the findings of a safe's checks in step, of these dates and of all later ones: what a day opens with hangs
    on the days before it. The caller holds the safe's lock, and has drawn the days."""
    safe = Safe.objects.get(pk=safe_id)
    checks = PhysicalCount.objects.filter(safe=safe, use=PhysicalCount.Use.CHECK, business_date__gte=min(dates))
    rows = list(checks)
    if not rows:
        return
    held = held_against_books([row for row in rows if row.withdrawn_at is None])
    stands = standings_of([safe_id])[safe_id]
    tolerances = dict(
        Site.objects.filter(pk__in={stands.on(row.business_date).site_id for row in rows}).values_list(
            "pk", "tolerance"
        )
    )
    known = subjects_of(["count_variance"], safe_ids=[safe_id], business_dates={row.business_date for row in rows})[
        "count_variance"
    ]
    now: dict[str, Facts | None] = dict.fromkeys(known)
    for row in rows:
        site_id = stands.on(row.business_date).site_id
        one = held.get(row.pk)
        if one is not None and abs(one.difference) > tolerances.get(site_id or 0, Decimal(0)):
            now[subject_of(safe, row)] = _facts(row, one, site_id)
    settle("count_variance", now)


def subject_of(safe: Safe, count: PhysicalCount) -> str:
    """What a finding about a check is known by."""
    return f"{safe.serial_number} {count.business_date} {count.compartment} {count.currency} count {count.pk}"


def _facts(row: PhysicalCount, held: Held, site_id: int | None) -> Facts:
    found = "less" if held.difference < 0 else "more"
    since = "" if held.is_since_opening else " The books go back to what was first seen only: enter a counted opening."
    return Facts(
        summary=(
            f"Somebody counted {found} in the safe than the books have. Count again, and look for what is missing in "
            f"the books or in the safe.{since}"
        ),
        safe_id=row.safe_id,
        site_id=site_id,
        business_date=row.business_date,
        cash_at_stake=abs(held.difference),
        currency=row.currency,
        detail={
            "count": row.pk,
            "compartment": row.compartment,
            "local_time": row.local_time and row.local_time.isoformat(),
            "counted": str(row.amount),
            "expected": str(held.expected),
            "difference": str(held.difference),
        },
    )
