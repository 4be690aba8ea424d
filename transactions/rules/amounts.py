"""amount_mismatch: the denominations of a transaction do not add up to its amount. Both are kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db import connection

from safes.findings import Facts
from transactions.models import Book, Transaction

_LISTED = 200

_QUERY = f"""
SELECT t.business_date, t.local_time, encode(t.key_digest, 'hex'), t.type, t.amount, t.currency, s.total, s.currencies
FROM {Transaction._meta.db_table} t
CROSS JOIN LATERAL (
    SELECT sum((e->>0)::numeric * (e->>1)::numeric) AS total, count(DISTINCT e->>2) AS currencies
    FROM jsonb_array_elements(t.denominations) e
) s
WHERE t.safe_id = %s AND t.business_date = ANY(%s) AND t.book = %s AND t.counted AND t.denominations IS NOT NULL
  AND (s.total <> t.amount OR s.currencies > 1)
ORDER BY t.business_date, t.local_time, t.key_digest, t.occurrence
"""


def amount_mismatches(safe_id: int, dates: Collection[dt.date]) -> dict[dt.date, Facts]:
    """Facts for those of the dates that have a transaction whose denominations say another sum, or two currencies."""
    found: dict[dt.date, list[Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, [safe_id, list(dates), Book.PRODUCTION])
        for date, *row in cursor.fetchall():
            found.setdefault(date, []).append(row)
    return {date: _facts(safe_id, date, rows) for date, rows in found.items()}


def _facts(safe_id: int, date: dt.date, rows: list[Any]) -> Facts:
    cash = sum((abs(amount - total) for _, _, _, amount, _, total, _ in rows), Decimal(0))
    currencies = {currency for _, _, _, _, currency, _, _ in rows if currency}
    count = "One transaction has" if len(rows) == 1 else f"{len(rows)} transactions have"
    return Facts(
        summary=f"{count} denominations that do not add up to the amount. Both are kept: ask Loomis which is right.",
        safe_id=safe_id,
        business_date=date,
        cash_at_stake=cash,
        currency=currencies.pop() if len(currencies) == 1 else "",
        detail={
            "transaction_count": len(rows),
            "transactions": [
                {
                    "local_time": local_time.isoformat(),
                    "key": digest,
                    "type": type_,
                    "amount": str(amount),
                    "denominations": str(total),
                }
                for local_time, digest, type_, amount, _, total, _ in rows[:_LISTED]
            ],
        },
    )
