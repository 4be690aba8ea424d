"""What is in safes now, by the books: read from what no servicing took, and from how the inventory moved."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection

from django.db import connection

from transactions.models import Drops, PhysicalCount, SafeDay
from transactions.reconciliation.contents.adding_up import Contents, Line, Moved, add_up

# Per safe and currency, from its last counted opening on.
_MOVES = f"""
WITH opened AS (
    SELECT DISTINCT ON (safe_id, currency) safe_id, currency, business_date, amount, denominations
    FROM {PhysicalCount._meta.db_table}
    WHERE safe_id = ANY(%(safes)s) AND compartment = 'inventory' AND use = 'opening' AND withdrawn_at IS NULL
    ORDER BY safe_id, currency, business_date DESC
), days AS (
    SELECT d.safe_id, d.currency, d.inventory_change, d.inventory_moves
    FROM {SafeDay._meta.db_table} d LEFT JOIN opened o USING (safe_id, currency)
    WHERE d.safe_id = ANY(%(safes)s) AND (o.business_date IS NULL OR d.business_date >= o.business_date)
), sums AS (
    SELECT safe_id, currency, sum(inventory_change) AS amount,
           bool_or(inventory_change <> 0 OR inventory_moves <> '[]') AS has_moved
    FROM days GROUP BY safe_id, currency
), pieces AS (
    SELECT safe_id, currency, jsonb_agg(jsonb_build_array(unit, pieces)) AS pieces FROM (
        SELECT safe_id, currency, e->>0 AS unit, sum((e->>1)::bigint)::bigint AS pieces
        FROM days CROSS JOIN LATERAL jsonb_array_elements(inventory_moves) e
        GROUP BY safe_id, currency, e->>0
    ) units GROUP BY safe_id, currency
)
SELECT safe_id, currency, coalesce(s.amount, 0), coalesce(p.pieces, '[]'), o.amount,
       coalesce(o.denominations, '[]'), o.business_date
FROM sums s FULL JOIN opened o USING (safe_id, currency) LEFT JOIN pieces p USING (safe_id, currency)
WHERE s.has_moved OR o.business_date IS NOT NULL
"""


def contents_of(safe_ids: Collection[int]) -> dict[int, list[Contents]]:
    """What is in each of these safes, by currency; two queries. A safe of which nothing is known has an empty list."""
    lines: dict[int, list[Line]] = defaultdict(list)
    rows = Drops.objects.filter(safe__in=safe_ids, leaves_on=None, counted_on=None).order_by()
    for row in rows:
        if row.is_opening or row.count:
            lines[row.safe_id].append(
                Line(
                    row.business_date,
                    row.currency,
                    row.validated,
                    row.manual,
                    row.counted,
                    row.denominations,
                    row.is_opening,
                )
            )
    moves: dict[int, list[Moved]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_MOVES, {"safes": list(safe_ids)})
        for safe_id, currency, amount, pieces, opening, opening_pieces, since in cursor.fetchall():
            moves[safe_id].append(Moved(currency, amount, _told(pieces), opening, _told(opening_pieces), since))
    return {safe_id: add_up(lines[safe_id], moves[safe_id]) for safe_id in safe_ids}


def _told(pieces: str | list[tuple[str, int]]) -> list[tuple[str, int]]:
    # Django leaves jsonb from a statement of one's own as text.
    return json.loads(pieces) if isinstance(pieces, str) else pieces
