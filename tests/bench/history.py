"""A long history, made by the database itself in minutes: as large as a chain's years, and as unremarkable."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

from safes.models import Safe
from transactions.models import Transaction

_CHUNK = 500_000

_MAKE = f"""
INSERT INTO {Transaction._meta.db_table}
    (book, safe_id, local_time, key_digest, occurrence, counted, type, wire_type, kind, user_name, amount, currency,
     denominations, register, deposit_reference_number, pickup_group_id, occurred_at, retrieved_on, business_date,
     push_message_id, seen_by_push)
SELECT 1, s.id, at.wall, decode(md5(n::text), 'hex'), 1, true, 'CashIn', 'CashIn', 'validated',
       'CASHIER ' || n %% 300, 20 * (n %% 50 + 1), 'USD',
       jsonb_build_array(jsonb_build_array('20', n %% 50 + 1, 'USD')),
       'REGISTER_' || n %% 8, lpad((n %% 1000000)::text, 6, '0'), 60000000 + n / 5000, at.wall AT TIME ZONE 'UTC',
       at.wall AT TIME ZONE 'UTC', at.wall::date, -(n / 1000) - 1, at.wall AT TIME ZONE 'UTC'
FROM generate_series(%s::bigint, %s::bigint) AS n
JOIN (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS number, count(*) OVER () AS safes FROM {Safe._meta.db_table}
) s ON s.number = n %% s.safes
CROSS JOIN LATERAL (
    SELECT timestamp '2021-01-01 06:00' + n * ((interval '5 years' + interval '280 days') / %s) AS wall
) at
"""


def fill(rows: int, say: Callable[[str], None]) -> None:
    """Store so many transactions, spread over the five years before 2026-11 and over all safes, in order of time."""
    with connection.cursor() as cursor:
        for first in range(1, rows + 1, _CHUNK):
            say(f"history: {first - 1:,} of {rows:,}")
            cursor.execute(_MAKE, [first, min(first + _CHUNK - 1, rows), rows])
        say("history: vacuum")
        cursor.execute(f"VACUUM ANALYZE {Transaction._meta.db_table}")
    checkpoint()


def checkpoint() -> None:
    """Let the database have written what it must, where we may ask for it, so that the next work need not pay."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role(current_user, 'pg_checkpoint', 'MEMBER')")
        if cursor.fetchone()[0]:
            cursor.execute("CHECKPOINT")
