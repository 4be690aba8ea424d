"""Rows that are stored already and that a further message shows. DOMAIN.md section 1, "Identity".

The first message of a channel that shows a row stands in the row, every further one in a Repeat row. All of it happens
under the locks on the safes concerned.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection

from transactions.models import AuditEvent, Book, Repeat, Transaction
from transactions.recording.marks import Day
from transactions.recording.readings import Known, read_again
from transactions.recording.rows import Rows

Table = type[Transaction] | type[AuditEvent]


@dataclass(slots=True)
class Again:
    """Which of a message's rows are stored already, by their numbers, and what showing them again changed."""

    known: set[int] = field(default_factory=set)
    days: set[Day] = field(default_factory=set)
    # Those that no message of the channel showed until now: perhaps none at all, so that they were not counted.
    filled: list[int] = field(default_factory=list)


def any_known(table: Table, rows: Rows, book: Book) -> bool:
    """Whether any of these rows is stored already."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {_look(table)})", [*rows.identities().parameters, book])
        return bool(cursor.fetchone()[0])


def show_again(table: Table, rows: Rows, channel: str, book: Book, message_id: int, seen_at: dt.datetime) -> Again:
    """Note that this message too shows those of its rows that are stored.

    One statement for what another message showed and read as it is read now, which is nearly all; the rest is changed
    row by row.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH known AS (
                SELECT i.*, t.{channel}_message_id AS shown_by, t.business_date, t.kind, t.sent_offsets
                FROM {_look(table)}
            ), noted AS (
                INSERT INTO {Repeat._meta.db_table} (safe_id, local_time, key_digest, occurrence, book, message_id)
                SELECT safe_id, local_time, key_digest, occurrence, %s, %s FROM known WHERE shown_by <> %s
                ON CONFLICT DO NOTHING
            )
            SELECT safe_id, business_date, kind, sent_offsets, shown_by IS NULL, array_agg((number - 1)::int)
            FROM known GROUP BY 1, 2, 3, 4, 5
            """,
            [*rows.identities().parameters, book, book, message_id, message_id],
        )
        alike = cursor.fetchall()
    again = Again()
    changed: list[int] = []
    kinds, offsets = rows.columns["kind"], rows.columns["sent_offset"]
    for safe_id, date, kind, known_offsets, is_empty, numbers in alike:
        again.days.add((safe_id, date))
        again.known.update(numbers)
        read_alike = {None, *(known_offsets or ())}
        changed += [
            number for number in numbers if is_empty or kinds[number] != kind or offsets[number] not in read_alike
        ]
    if changed:
        again.filled = _change(table, rows, changed, channel, book, message_id, seen_at)
    return again


def _change(
    table: Table, rows: Rows, numbers: Sequence[int], channel: str, book: Book, message_id: int, seen_at: dt.datetime
) -> list[int]:
    """Fill the channel's place in rows where it is empty, and bring rows in step with how they read now."""
    changed = rows.pick(numbers)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT i.number - 1, t.id, t.{channel}_message_id, t.sent_offsets, t.kind,
                   coalesce(t.push_message_id, t.file_message_id) IS NOT NULL
            FROM {_look(table)}
            """,
            [*changed.identities().parameters, book],
        )
        known = {number: Known(*rest) for number, *rest in cursor.fetchall()}
        empty = [number for number, row in known.items() if row.shown_by is None]
        if empty:
            cursor.execute(
                f"""
                UPDATE {table._meta.db_table} SET {channel}_message_id = %s, seen_by_{channel} = %s, counted = true
                WHERE id = ANY(%s)
                """,
                [message_id, seen_at, [known[number].id for number in empty]],
            )
    read_again(table, changed.records, known)
    return [numbers[number] for number in empty]


def _look(table: Table) -> str:
    """The tables of a query for stored rows, ``t``, by their identities, ``i``: arrays, and then the book."""
    # LIMIT makes it one look into the unique index per row, whatever the planner thinks of the table's size.
    return f"""
        unnest(%s::bigint[], %s::timestamp[], %s::bytea[], %s::int[]) WITH ORDINALITY
            AS i(safe_id, local_time, key_digest, occurrence, number)
        CROSS JOIN LATERAL (
            SELECT * FROM {table._meta.db_table} t
            WHERE t.safe_id = i.safe_id AND t.local_time = i.local_time AND t.key_digest = i.key_digest
              AND t.occurrence = i.occurrence AND t.book = %s
            LIMIT 1
        ) t
    """
