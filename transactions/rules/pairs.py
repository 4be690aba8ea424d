"""pickup_group_mismatch: a push and a file tell one thing with different pickup groups. It counts once, as filed.

DOMAIN.md section 1, "Identity". One finding per safe and business day lists all such pairs. Pairs that differ by the
fraction of the second alone are in no finding, since nothing hangs on it: their rows' own pages name them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db import connection

from safes.findings import Facts
from safes.models import Finding
from transactions.models import Book, Transaction

_LISTED = 200

_TABLE = Transaction._meta.db_table
# The times let the look go by the index on pairs.
_QUERY = f"""
SELECT filed.business_date, filed.local_time, filed.type, filed.amount, filed.currency,
       pushed.pickup_group_id, filed.pickup_group_id,
       encode(pushed.key_digest, 'hex'), encode(filed.key_digest, 'hex')
FROM {_TABLE} filed JOIN {_TABLE} pushed ON pushed.id = filed.paired_with
WHERE filed.safe_id = %s AND filed.book = %s AND filed.local_time >= %s AND filed.local_time < %s
  AND filed.paired_with IS NOT NULL AND filed.push_message_id IS NULL AND filed.business_date = ANY(%s)
  AND pushed.pickup_group_id IS DISTINCT FROM filed.pickup_group_id
ORDER BY filed.business_date, filed.local_time, filed.pickup_group_id NULLS FIRST, filed.key_digest, filed.occurrence
"""


def pickup_group_mismatches(safe_id: int, dates: Collection[dt.date]) -> dict[dt.date, Facts]:
    """Facts for those of the dates on which pushes and files name different groups."""
    # A business date lies at most a day behind the wall clock, and at most one ahead.
    first = dt.datetime.combine(min(dates) - dt.timedelta(days=1), dt.time())
    last = dt.datetime.combine(max(dates) + dt.timedelta(days=2), dt.time())
    found: dict[dt.date, list[Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, [safe_id, Book.PRODUCTION, first, last, list(dates)])
        for date, *row in cursor.fetchall():
            found.setdefault(date, []).append(row)
    return {date: _facts(safe_id, date, pairs) for date, pairs in found.items()}


def _facts(safe_id: int, date: dt.date, pairs: list[Any]) -> Facts:
    currencies = {currency for _, _, _, currency, *_ in pairs if currency}
    count = "One transaction has" if len(pairs) == 1 else f"{len(pairs)} transactions have"
    return Facts(
        summary=(
            f"{count} another pickup group in Loomis's file than in the push. Each is counted once, in the group of "
            "the file. Settle this if they are the same; if one is not, rule how many times each happened."
        ),
        severity=Finding.Severity.WARNING,
        safe_id=safe_id,
        business_date=date,
        cash_at_stake=sum((abs(amount) for _, _, amount, *_ in pairs), Decimal(0)),
        currency=currencies.pop() if len(currencies) == 1 else "",
        detail={
            "pair_count": len(pairs),
            "pairs": [
                {
                    "local_time": local_time.isoformat(),
                    "type": type_,
                    "amount": str(amount),
                    "pushed_group": pushed_group,
                    "filed_group": filed_group,
                    "pushed_key": pushed_key,
                    "filed_key": filed_key,
                }
                for local_time, type_, amount, _, pushed_group, filed_group, pushed_key, filed_key in pairs[:_LISTED]
            ],
        },
    )
