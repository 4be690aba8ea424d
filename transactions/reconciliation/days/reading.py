"""A safe's days as lines, read from its transactions: a line per type, till, person, pickup group and servicing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import connection

from transactions.catalogue import KIND_OF, Kind
from transactions.models import Book, Transaction
from transactions.reconciliation.days.adding_up import Denominated, Line
from transactions.reconciliation.effects import DROPS, EXCHANGE, TO_INVENTORY

_DROPS = sorted(DROPS)
_DENOMINATED = sorted({*TO_INVENTORY, EXCHANGE, *(type_ for type_, kind in KIND_OF.items() if kind == Kind.VALIDATED)})

_ROWS = f"""
WITH servicings AS MATERIALIZED (  -- once, and not for every drop anew
    SELECT business_date, local_time FROM {Transaction._meta.db_table}
    WHERE safe_id = %(safe)s AND business_date = ANY(%(dates)s) AND book = %(book)s AND counted AND kind = %(pickup)s
), rows AS (
    SELECT t.*, coalesce(t.currency, '') AS of_currency,
           CASE WHEN t.kind = ANY(%(drops)s) THEN t.pickup_group_id END AS of_group,
           -- The servicing that comes next on that day: lines are cut there.
           CASE WHEN t.kind = ANY(%(drops)s) THEN (
               SELECT min(s.local_time) FROM servicings s
               WHERE s.business_date = t.business_date AND s.local_time >= t.local_time
           ) END AS before
    FROM {Transaction._meta.db_table} t
    WHERE t.safe_id = %(safe)s AND t.business_date = ANY(%(dates)s) AND t.book = %(book)s AND t.counted
)
"""

_LINES = f"""{_ROWS}
SELECT business_date, of_currency, type, coalesce(register, ''), coalesce(user_name, ''), of_group, before,
       count(*), sum(amount), min(local_time), max(local_time), min(occurred_at)
FROM rows GROUP BY 1, 2, 3, 4, 5, 6, 7
"""

_PIECES = f"""{_ROWS}
SELECT business_date, of_currency, type, of_group, before, (piece->>0)::numeric, sum((piece->>1)::numeric)
FROM rows CROSS JOIN LATERAL jsonb_array_elements(denominations) piece
WHERE type = ANY(%(denominated)s) AND denominations IS NOT NULL
  AND (type <> %(exchange)s OR 0 = (
      SELECT sum((e->>0)::numeric * (e->>1)::numeric) FROM jsonb_array_elements(denominations) e))
GROUP BY 1, 2, 3, 4, 5, 6
"""


def lines_of(safe_id: int, dates: Collection[dt.date]) -> tuple[list[Line], list[Denominated]]:
    """All that the production book has of these business dates, and its denominations."""
    named = {
        "safe": safe_id,
        "dates": list(dates),
        "book": Book.PRODUCTION,
        "pickup": Kind.PICKUP,
        "drops": _DROPS,
        "denominated": _DENOMINATED,
        "exchange": EXCHANGE,
    }
    return [Line(*row) for row in _ask(_LINES, named)], [Denominated(*row) for row in _ask(_PIECES, named)]


def _ask(statement: str, named: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, named)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
