"""Closes of the day, and the business dates that hang on them. DOMAIN.md section 2, "Business date".

All of it happens under the lock on the safes concerned, so that a close and a drop arriving at once see each other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import connection

from safes.estate import Standings
from transactions.business_day import window
from transactions.catalogue import END_OF_DAY
from transactions.models import AuditEvent, DayClose, Transaction
from transactions.recording.marks import Day


def closes_around(dates: Collection[dt.date], safe_ids: Iterable[int], book: int) -> dict[Day, dt.datetime]:
    """The last closes of these safes' nominal days, for all that wall-clock times of these dates can belong to."""
    if not dates:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT safe_id, nominal_date, closed_at FROM {DayClose._meta.db_table}
            WHERE safe_id = ANY(%s) AND nominal_date BETWEEN %s AND %s AND book = %s
            """,
            [list(safe_ids), min(dates) - dt.timedelta(days=1), max(dates), book],
        )
        return {(safe_id, date): closed_at for safe_id, date, closed_at in cursor.fetchall()}


def redraw_closes(days: Collection[Day], book: int, standings: Mapping[int, Standings]) -> set[Day]:
    """Find the last counted close of each of these nominal days anew, and re-date what came around it.

    Returns the (safe, business date) pairs that lost or gained a row.
    """
    if not days:
        return set()
    ordered = sorted(days)
    windows = [window(date, standings[safe_id].rollover) for safe_id, date in ordered]
    arrays: list[list[Any]] = [
        [safe_id for safe_id, _ in ordered],
        [date for _, date in ordered],
        [start for start, _ in windows],
        [end for _, end in windows],
    ]
    touched: set[Day] = set()
    with connection.cursor() as cursor:
        cursor.execute(_DROP_CLOSES, [*arrays[:2], book])
        cursor.execute(_FIND_CLOSES, [book, *arrays, END_OF_DAY, book])
        for model in (Transaction, AuditEvent):
            redate = _REDATE.format(table=model._meta.db_table, closes=DayClose._meta.db_table)
            cursor.execute(redate, [END_OF_DAY, *arrays, book])
            for safe_id, before, after in cursor.fetchall():
                touched |= {(safe_id, before), (safe_id, after)}
    return touched


_DROP_CLOSES = f"""
DELETE FROM {DayClose._meta.db_table} c
USING unnest(%s::bigint[], %s::date[]) AS d(safe_id, nominal_date)
WHERE c.safe_id = d.safe_id AND c.nominal_date = d.nominal_date AND c.book = %s
"""

_FIND_CLOSES = f"""
INSERT INTO {DayClose._meta.db_table} (safe_id, book, nominal_date, closed_at)
SELECT d.safe_id, %s, d.nominal_date, last.closed_at
FROM unnest(%s::bigint[], %s::date[], %s::timestamp[], %s::timestamp[]) AS d(safe_id, nominal_date, starts, ends)
CROSS JOIN LATERAL (
    SELECT max(t.local_time) AS closed_at FROM {Transaction._meta.db_table} t
    WHERE t.safe_id = d.safe_id AND t.local_time >= d.starts AND t.local_time < d.ends
      AND t.type = %s AND t.book = %s AND t.counted
) last
WHERE last.closed_at IS NOT NULL
"""

_REDATE = """
WITH due AS (
    SELECT t.id, t.safe_id, t.business_date AS before,
           d.nominal_date + (t.type <> %s AND c.closed_at IS NOT NULL AND t.local_time > c.closed_at)::int AS after
    FROM unnest(%s::bigint[], %s::date[], %s::timestamp[], %s::timestamp[]) AS d(safe_id, nominal_date, starts, ends)
    JOIN {table} t ON t.safe_id = d.safe_id AND t.local_time >= d.starts AND t.local_time < d.ends AND t.book = %s
    LEFT JOIN {closes} c ON c.safe_id = d.safe_id AND c.nominal_date = d.nominal_date AND c.book = t.book
)
UPDATE {table} t SET business_date = due.after
FROM due WHERE due.id = t.id AND due.after <> due.before
RETURNING t.safe_id, due.before, due.after
"""
