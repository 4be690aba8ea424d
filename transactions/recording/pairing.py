"""Pairs: one thing that happened, told otherwise by pushes than by files. DOMAIN.md section 1, "Identity".

A row that pushes alone showed and one that files alone showed are taken for the same when their keys agree but for the
pickup group, or but for the fraction of the second: not for both. They count once, as the file tells it. Who is paired
with whom follows from the stored rows and the rulings in force alone: in every second of a safe's clock first those of
one time, by their groups, then those of one group, by their times, the first with the first. A key that somebody has
ruled on is in no pair. Audit events are left as they are: they count nowhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import connection

from safes.estate import standings_of
from transactions.business_day import nominal_date
from transactions.catalogue import END_OF_DAY
from transactions.identity import KEY
from transactions.models import Book, Ruling, Transaction
from transactions.recording.closes import redraw_closes


def pair(safe_id: int, dates: Collection[dt.date]) -> set[dt.date]:
    """Bring the pairs around these business dates in step with the rows, the lock on the safe held by the caller.

    Returns the business dates on which other rows count now than before, or have gone to another date. Whatever shows
    a row, takes it back or rules on it marks its date, and that is enough for its partner too: they share a second.
    """
    # A business date lies at most a day behind the wall clock, and at most one ahead.
    first, last = min(dates) - dt.timedelta(days=1), max(dates) + dt.timedelta(days=2)
    asked: dict[str, Any] = {
        "safe": safe_id,
        "book": Book.PRODUCTION,
        "dates": list(dates),
        "first": first,
        "last": last,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ANY, asked)
        if not cursor.fetchone()[0]:
            return set()
        cursor.execute(_PAIR, asked)
        changed = cursor.fetchall()
    if not changed:
        return set()
    standings = standings_of([safe_id])
    closes = {
        (safe_id, nominal_date(time, standings[safe_id].rollover)) for _, time, type_ in changed if type_ == END_OF_DAY
    }
    redated = redraw_closes(closes, Book.PRODUCTION, standings)
    return {date for date, _, _ in changed} | {date for _, date in redated}


_TABLE = Transaction._meta.db_table
# All that the key is made of, but for what may differ.
_REST = ", ".join(f"t.{name}" for name in KEY if name not in ("serial_number", "local_time", "pickup_group_id"))


def _partner(agreeing: str) -> str:
    """The row of the other channel in the same place, among rows that agree in this."""
    window = f"OVER (PARTITION BY {agreeing})"
    return f"""
        CASE WHEN by_file THEN max(id) FILTER (WHERE NOT by_file) {window}
             ELSE max(id) FILTER (WHERE by_file) {window} END AS partner
    """


# Rows that no push showed, and pairs, have an index of their own: where it has nothing, as on a day without files, no
# more is asked. Counted, since for one row alone the planner likes to walk the table until it meets it.
_ANY = f"""
SELECT count(*) > 0 FROM {_TABLE} t
WHERE t.safe_id = %(safe)s AND t.book = %(book)s AND t.local_time >= %(first)s AND t.local_time < %(last)s
  AND (t.push_message_id IS NULL OR t.paired_with IS NOT NULL)
"""
# What counts is a second with rows to pair or to part, and with a row of a date that was asked for.
_PAIR = f"""
WITH days AS (
    SELECT DISTINCT d.date + around AS starts FROM unnest(%(dates)s::date[]) AS d(date), generate_series(-1, 1) around
), told AS MATERIALIZED (
    SELECT t.id, date_trunc('second', t.local_time) AS second, t.file_message_id IS NOT NULL AS by_file,
           t.paired_with IS NOT NULL AS is_paired, t.business_date = ANY(%(dates)s) AS is_asked
    FROM days JOIN {_TABLE} t ON t.local_time >= days.starts AND t.local_time < days.starts + 1
    WHERE t.safe_id = %(safe)s AND t.book = %(book)s AND t.local_time >= %(first)s AND t.local_time < %(last)s
      AND (t.paired_with IS NOT NULL OR (t.push_message_id IS NULL) <> (t.file_message_id IS NULL))
), seconds AS (
    SELECT second FROM told GROUP BY second
    HAVING bool_or(is_asked) AND (bool_or(is_paired) OR bool_or(by_file) AND NOT bool_and(by_file))
), near AS MATERIALIZED (
    SELECT t.id, t.local_time, told.second, t.pickup_group_id, t.occurrence, ROW({_REST})::text COLLATE "C" AS rest,
           t.push_message_id, t.file_message_id, t.seen_by_push, t.seen_by_file, t.paired_with, r.count AS ruled
    FROM seconds JOIN told USING (second) JOIN {_TABLE} t ON t.id = told.id
    LEFT JOIN {Ruling._meta.db_table} r
      ON (r.safe_id, r.local_time, r.key_digest, r.book) = (t.safe_id, t.local_time, t.key_digest, t.book)
     AND r.withdrawn_at IS NULL
), alone AS (
    SELECT *, file_message_id IS NOT NULL AS by_file FROM near
    WHERE (push_message_id IS NULL) <> (file_message_id IS NULL) AND ruled IS NULL
), of_one_time AS (
    SELECT *, row_number() OVER (
        PARTITION BY by_file, local_time, rest ORDER BY pickup_group_id NULLS FIRST, occurrence
    ) AS place FROM alone
), by_group AS (
    SELECT *, {_partner("place, local_time, rest")} FROM of_one_time
), of_one_group AS (
    SELECT id, by_file, second, pickup_group_id, rest, row_number() OVER (
        PARTITION BY by_file, second, pickup_group_id, rest ORDER BY local_time, occurrence
    ) AS place FROM by_group WHERE partner IS NULL
), by_fraction AS (
    SELECT *, {_partner("place, second, pickup_group_id, rest")} FROM of_one_group
), pairs AS (
    SELECT id, by_file, partner FROM by_group WHERE partner IS NOT NULL
    UNION ALL
    SELECT id, by_file, partner FROM by_fraction WHERE partner IS NOT NULL
), due AS (
    SELECT own.id, pairs.partner,
           CASE WHEN pairs.partner IS NOT NULL THEN pairs.by_file
                WHEN own.ruled IS NOT NULL THEN own.occurrence <= own.ruled
                ELSE coalesce(own.push_message_id, own.file_message_id) IS NOT NULL END AS counted,
           CASE WHEN pairs.by_file THEN other.seen_by_push
                WHEN own.push_message_id IS NOT NULL THEN own.seen_by_push END AS seen_by_push,
           CASE WHEN NOT pairs.by_file THEN other.seen_by_file
                WHEN own.file_message_id IS NOT NULL THEN own.seen_by_file END AS seen_by_file
    FROM near own LEFT JOIN pairs ON pairs.id = own.id LEFT JOIN near other ON other.id = pairs.partner
    WHERE own.paired_with IS NOT NULL OR pairs.partner IS NOT NULL
)
UPDATE {_TABLE} t
SET paired_with = due.partner, counted = due.counted, seen_by_push = due.seen_by_push, seen_by_file = due.seen_by_file
FROM due
WHERE t.id = due.id
  AND (t.paired_with, t.counted, t.seen_by_push, t.seen_by_file)
      IS DISTINCT FROM (due.partner, due.counted, due.seen_by_push, due.seen_by_file)
RETURNING t.business_date, t.local_time, t.type
"""
