"""record(): what a message shows, stored once. The only writer of transactions and audit events.

DOMAIN.md section 1, "Identity": Stored(k) is the largest number of copies of a key that any message showed. Occurrence i
of a key is one row; the first message that shows it stands in the row, every further one in a Repeat row, so that what
each message showed can always be told. Set-based: a handful of statements whatever the number of records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

from django.db import connection
from django.utils import timezone

from safes.estate import standings_of
from safes.models import Safe
from transactions.models import AuditEvent, Book, Repeat, Transaction
from transactions.recording import withdrawing
from transactions.recording.closes import date_rows, redraw_closes
from transactions.recording.derivation import derive_times
from transactions.recording.marks import Day, touch
from transactions.recording.rows import COLUMNS, Row, copy_values, to_rows
from transactions.recording.rulings import apply_rulings
from transactions.wire.records import Record

Channel = Literal["push", "file"]
Table = type[Transaction] | type[AuditEvent]


@dataclass(slots=True)
class Outcome:
    """How many records of a message were new and how many known, and the safe days that must be drawn again."""

    created: int = 0
    known: int = 0
    touched: set[Day] = field(default_factory=set)


def record(
    message_id: int,
    records: list[Record],
    *,
    channel: Channel,
    book: Book,
    seen_at: dt.datetime,
    replace: bool = False,
) -> Outcome:
    """Store what a message shows, under the locks of its safes; to be called within a transaction.

    ``records`` is all the message shows as far as known; with ``replace`` what it was earlier taken to show and does not
    show now is withdrawn. ``seen_at`` is an instant in UTC. Safes nobody knows are made, unregistered.
    """
    also = withdrawing.safes_shown_by(message_id, channel) if replace else set()
    safe_ids = _lock_safes({record.serial_number for record in records}, also)
    standings = standings_of(safe_ids.values())
    rows = to_rows(records, safe_ids, standings)
    date_rows(rows, book)
    outcome = Outcome()
    moved_closes: set[Day] = set()
    for table, part in (
        (Transaction, [row for row in rows if not row.is_audit]),
        (AuditEvent, [row for row in rows if row.is_audit]),
    ):
        known = _known(table, part, book, channel)
        fresh = [row for number, row in enumerate(part) if number not in known]
        _insert(table, fresh, book, channel, message_id, seen_at)
        filled = _show_again(table, part, known, book, channel, message_id, seen_at)
        outcome.created += len(fresh)
        outcome.known += len(known)
        outcome.touched |= {(row.safe_id, row.business_date) for row in fresh}
        outcome.touched |= {
            (part[number].safe_id, row.business_date) for number, row in known.items()
        }
        moved_closes |= {
            (row.safe_id, row.nominal_date) for row in (*fresh, *filled) if row.is_close
        }
        if replace:
            gone = withdrawing.withdraw_missing(table, part, book, channel, message_id)
            outcome.touched |= {(row.safe_id, row.business_date) for row in gone}
            moved_closes |= {
                (row.safe_id, row.business_date) for row in gone if row.is_close
            }
    ruled = apply_rulings(safe_ids.values(), book, {row.key for row in rows})
    outcome.touched |= ruled.touched
    outcome.touched |= redraw_closes(moved_closes | ruled.closes, book, standings)
    if book == Book.PRODUCTION:
        touch(outcome.touched)
    return outcome


def _lock_safes(serials: Collection[str], also: Iterable[int]) -> dict[str, int]:
    """Ids by serial number, every one locked until the transaction ends; unknown safes are made."""
    ordered = sorted(serials)
    table = Safe._meta.db_table
    with connection.cursor() as cursor:
        # Made in the order of serial numbers and before any lock is taken, locked in the order of ids: no deadlock.
        cursor.execute(
            f"""
            INSERT INTO {table} (serial_number, model, status, first_seen_at)
            SELECT serial, '', %s, %s FROM unnest(%s::text[]) AS n(serial)
            WHERE NOT EXISTS (SELECT 1 FROM {table} s WHERE s.serial_number = n.serial)
            ORDER BY serial
            ON CONFLICT (serial_number) DO NOTHING
            """,  # noqa: S608 - only our own table name is put in
            [Safe.Status.UNREGISTERED, timezone.now(), ordered],
        )
        cursor.execute(
            f"""
            SELECT serial_number, id FROM {table} WHERE serial_number = ANY(%s) OR id = ANY(%s)
            ORDER BY id FOR NO KEY UPDATE
            """,  # noqa: S608
            [ordered, list(also)],
        )
        return dict(cursor.fetchall())


@dataclass(slots=True)
class _Known:
    id: int
    shown_by: int | None
    sent_offsets: list[int] | None
    business_date: dt.date


def _known(
    table: Table, rows: list[Row], book: Book, channel: Channel
) -> dict[int, _Known]:
    """Which of these rows are stored already, by their number in the list."""
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT i.number - 1, t.id, t.{channel}_message_id, t.sent_offsets, t.business_date
            FROM unnest(%s::bigint[], %s::timestamp[], %s::bytea[], %s::smallint[]) WITH ORDINALITY
                 AS i(safe_id, local_time, key_digest, occurrence, number)
            JOIN {table._meta.db_table} t USING (safe_id, local_time, key_digest, occurrence)
            WHERE t.book = %s
            """,  # noqa: S608 - only our own names are put in
            [*_identity(rows), book],
        )
        return {number: _Known(*rest) for number, *rest in cursor.fetchall()}


def _identity(rows: list[Row]) -> list[list[object]]:
    return [
        [row.safe_id for row in rows],
        [row.record.local_time for row in rows],
        [row.digest for row in rows],
        [row.occurrence for row in rows],
    ]


def _insert(
    table: Table,
    rows: list[Row],
    book: Book,
    channel: Channel,
    message_id: int,
    seen_at: dt.datetime,
) -> None:
    if not rows:
        return
    columns = f"{COLUMNS}, {channel}_message_id, seen_by_{channel}"
    with (
        connection.cursor() as cursor,
        # Straight into the table: under the locks of their safes nobody else can store the same rows, and if a way
        # round the locks were ever found, the unique constraint fails the whole message, which is then tried again.
        cursor.copy(f"COPY {table._meta.db_table} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row((*copy_values(row, book), message_id, seen_at))


def _show_again(
    table: Table,
    rows: list[Row],
    known: dict[int, _Known],
    book: Book,
    channel: Channel,
    message_id: int,
    seen_at: dt.datetime,
) -> list[Row]:
    """Note that this message too shows rows that are stored; returns those that no message of the channel showed."""
    empty = [number for number, row in known.items() if row.shown_by is None]
    elsewhere = [
        rows[number]
        for number, row in known.items()
        if row.shown_by not in (None, message_id)
    ]
    with connection.cursor() as cursor:
        if empty:
            cursor.execute(
                f"""
                UPDATE {table._meta.db_table} SET {channel}_message_id = %s, seen_by_{channel} = %s, counted = true
                WHERE id = ANY(%s)
                """,  # noqa: S608
                [message_id, seen_at, [known[number].id for number in empty]],
            )
        if elsewhere:
            cursor.execute(
                f"""
                INSERT INTO {Repeat._meta.db_table} (safe_id, local_time, key_digest, occurrence, book, message_id)
                SELECT i.*, %s, %s FROM unnest(%s::bigint[], %s::timestamp[], %s::bytea[], %s::smallint[]) AS i
                ON CONFLICT DO NOTHING
                """,  # noqa: S608
                [book, message_id, *_identity(elsewhere)],
            )
    _merge_offsets(table, rows, known)
    return [rows[number] for number in empty]


def _merge_offsets(table: Table, rows: list[Row], known: dict[int, _Known]) -> None:
    """Where readings of a record carry different offsets, keep all of them: which one wins must not hang on order."""
    gained = {
        stored.id: sorted({*(stored.sent_offsets or ()), offset})
        for number, stored in known.items()
        if (offset := rows[number].record.sent_offset) is not None
        and offset not in (stored.sent_offsets or ())
    }
    if not gained:
        return
    stored_rows = list(table.objects.filter(pk__in=gained))
    for row in stored_rows:
        row.sent_offsets = gained[row.pk]
    derive_times(table, stored_rows, standings_of({row.safe_id for row in stored_rows}))
