"""possible_twin: the sources seem to say that something happened more often than is stored.

DOMAIN.md section 1, "Identity": open exactly while Claimed > Stored, cash is at stake and nobody has ruled. One finding
per safe and business day lists all of its keys.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db import connection

from safes.findings import Facts
from safes.models import Finding
from transactions.catalogue import CASH_KINDS
from transactions.models import Book, Message, Repeat, Ruling, Transaction

_LISTED = 200

# Without a Repeat row no source can claim more than is stored, so the look starts from those.
_QUERY = f"""
WITH again AS (
    SELECT DISTINCT local_time, key_digest FROM {Repeat._meta.db_table}
    WHERE safe_id = %(safe)s AND book = %(book)s AND local_time >= %(first)s AND local_time < %(last)s
), due AS (
    SELECT t.* FROM again JOIN {Transaction._meta.db_table} t USING (local_time, key_digest)
    WHERE t.safe_id = %(safe)s AND t.book = %(book)s AND t.business_date = ANY(%(dates)s)
      AND t.kind = ANY(%(kinds)s) AND t.amount <> 0
      AND NOT EXISTS (
          SELECT 1 FROM {Ruling._meta.db_table} r
          WHERE r.safe_id = t.safe_id AND r.local_time = t.local_time AND r.key_digest = t.key_digest
            AND r.book = t.book AND r.withdrawn_at IS NULL)
), shown AS (
    SELECT local_time, key_digest, push_message_id AS message_id, false AS by_file FROM due
    WHERE push_message_id IS NOT NULL
    UNION ALL
    SELECT local_time, key_digest, file_message_id, true FROM due WHERE file_message_id IS NOT NULL
    UNION ALL
    SELECT r.local_time, r.key_digest, r.message_id, m.feed_id IS NOT NULL
    FROM {Repeat._meta.db_table} r
    JOIN {Message._meta.db_table} m ON m.id = r.message_id
    JOIN due d USING (safe_id, local_time, key_digest, occurrence, book)
), copies AS (
    SELECT local_time, key_digest, message_id, by_file, count(*) AS copies FROM shown GROUP BY 1, 2, 3, 4
), sources AS (
    SELECT c.local_time, c.key_digest, c.by_file, m.endpoint_id, m.feed_id,
           sum(c.copies) AS claimed, max(c.copies) AS most
    FROM copies c JOIN {Message._meta.db_table} m ON m.id = c.message_id GROUP BY 1, 2, 3, 4, 5
), keys AS (
    -- Files settle it either way: where any showed the key, what pushes seem to claim no longer counts.
    SELECT local_time, key_digest, max(most) AS stored,
           coalesce(max(claimed) FILTER (WHERE by_file), max(claimed)) AS claimed
    FROM sources GROUP BY 1, 2
)
SELECT d.business_date, k.local_time, encode(k.key_digest, 'hex'), d.type, d.amount, d.currency, k.stored, k.claimed
FROM keys k JOIN due d USING (local_time, key_digest)
WHERE d.occurrence = 1 AND k.claimed > k.stored
ORDER BY d.business_date, k.local_time, k.key_digest
"""


def possible_twins(safe_id: int, dates: Collection[dt.date]) -> dict[dt.date, Facts]:
    """Facts for those of the dates on which something may have happened more often than is stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            _QUERY,
            {
                "safe": safe_id,
                "book": Book.PRODUCTION,
                "dates": list(dates),
                # A business date lies at most a day behind the wall clock, and at most one ahead.
                "first": dt.datetime.combine(min(dates) - dt.timedelta(days=1), dt.time()),
                "last": dt.datetime.combine(max(dates) + dt.timedelta(days=3), dt.time()),
                "kinds": sorted(CASH_KINDS),
            },
        )
        found: dict[dt.date, list[Any]] = {}
        for date, *key in cursor.fetchall():
            found.setdefault(date, []).append(key)
    return {date: _facts(safe_id, date, keys) for date, keys in found.items()}


def _facts(safe_id: int, date: dt.date, keys: list[Any]) -> Facts:
    cash = sum(
        (abs(amount) * int(claimed - stored) for _, _, _, amount, _, stored, claimed in keys),
        Decimal(0),
    )
    currencies = {currency for _, _, _, _, currency, _, _ in keys if currency}
    count = "One transaction" if len(keys) == 1 else f"{len(keys)} transactions"
    return Facts(
        summary=(
            f"{count} came in several messages and may have happened more often than is stored. Loomis's file settles "
            "it; without one, ask the site and rule how many times it happened."
        ),
        severity=Finding.Severity.WARNING,
        safe_id=safe_id,
        business_date=date,
        cash_at_stake=cash,
        currency=currencies.pop() if len(currencies) == 1 else "",
        detail={
            "key_count": len(keys),
            "keys": [
                {
                    "local_time": local_time.isoformat(),
                    "key": digest,
                    "type": type_,
                    "amount": str(amount),
                    "stored": int(stored),
                    "claimed": int(claimed),
                }
                for local_time, digest, type_, amount, _, stored, claimed in keys[:_LISTED]
            ],
        },
    )
