"""record(): what a message shows, stored once. The only writer of transactions and audit events.

DOMAIN.md section 1, "Identity": Stored(k) is the largest number of copies of a key that any message showed. Occurrence
i of a key is one row; the first message that shows it stands in the row, every further one in a Repeat row, so that
what each message showed can always be told. Set-based: a handful of statements whatever the number of records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db import IntegrityError, connection
from django.db.transaction import atomic
from django.utils import timezone

from safes.estate import Standings, standings_of
from safes.models import Safe
from transactions.models import AuditEvent, Book, Repeat, Transaction
from transactions.recording import withdrawing
from transactions.recording.closes import closes_around, redraw_closes
from transactions.recording.marks import Day, touch
from transactions.recording.readings import Known, read_again
from transactions.recording.rows import COLUMNS, Row, copy_line, identity_arrays, to_rows
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

    ``records`` is all the message shows as far as known; with ``replace`` what it was earlier taken to show and does
    not show now is withdrawn. ``seen_at`` is an instant in UTC. Safes nobody knows are made, unregistered.
    """
    also = withdrawing.safes_shown_by(message_id, channel) if replace else set()
    safe_ids = _lock_safes({record.serial_number for record in records}, also)
    standings = standings_of(safe_ids.values())
    closes = closes_around([record.local_time.date() for record in records], standings, book)
    showing = _Showing(message_id, channel, book, seen_at, safe_ids, standings, closes)
    stored = None if replace or len(records) < _OPTIMISTIC_FROM else showing.store_if_all_new(records)
    if stored is None:
        stored = showing.store(records, replace=replace)
    spoken_of, outcome, moved_closes = stored
    ruled = apply_rulings(safe_ids.values(), book, spoken_of)
    outcome.touched |= ruled.touched
    outcome.touched |= redraw_closes(moved_closes | ruled.closes, book, showing.standings)
    if book == Book.PRODUCTION:
        touch(outcome.touched)
    return outcome


# From so many records on it pays to try COPY first and ask afterwards.
_OPTIMISTIC_FROM = 50
_SAMPLE = 8
_CHUNK = 100

Stored = tuple[Sequence[Row | withdrawing.Gone], Outcome, set[Day]]
"""All the message shows or shows no longer, what came of it, and the nominal days whose closes it may have moved."""


@dataclass(slots=True)
class _Showing:
    """One message being stored: what every step of it needs to know."""

    message_id: int
    channel: Channel
    book: Book
    seen_at: dt.datetime
    safe_ids: dict[str, int]
    standings: dict[int, Standings]
    closes: dict[Day, dt.datetime]

    def rows(self, records: list[Record]) -> Iterator[Row]:
        return to_rows(records, self.safe_ids, self.standings, self.closes)

    def store_if_all_new(self, records: list[Record]) -> Stored | None:
        """Store records of which none is known yet, as nearly always; None, and nothing stored, if one is.

        The rows go into the table while they are still being made. A look at a few of them first spares the table the
        dead rows of an attempt that cannot succeed: mostly a message is known from end to end or not at all.
        """
        step = max(len(records) // _SAMPLE, 1)
        sample = list(self.rows(records[::step]))
        if any(self._known(table, part) for table, part in _by_table(sample)):
            return None
        rows: list[Row] = []
        try:
            with atomic():
                audits: list[Row] = []
                self._insert(Transaction, _split(self.rows(records), rows, audits))
                if audits:
                    self._insert(AuditEvent, audits)
        except IntegrityError:
            return None
        outcome = Outcome(created=len(rows), touched={(row.safe_id, row.business_date) for row in rows})
        return rows, outcome, {(row.safe_id, row.nominal_date) for row in rows if row.is_close}

    def store(self, records: list[Record], *, replace: bool) -> Stored:
        """Store records of which some may be known; with ``replace``, withdraw what the message shows no longer."""
        rows = list(self.rows(records))
        all_gone: list[withdrawing.Gone] = []
        outcome = Outcome()
        moved_closes: set[Day] = set()
        for table, part in _by_table(rows):
            known = self._known(table, part)
            fresh = [row for number, row in enumerate(part) if number not in known]
            if fresh:
                self._insert(table, fresh)
            filled = self._show_again(table, part, known)
            outcome.created += len(fresh)
            outcome.known += len(known)
            outcome.touched |= {(row.safe_id, row.business_date) for row in fresh}
            outcome.touched |= {(part[number].safe_id, row.business_date) for number, row in known.items()}
            moved_closes |= {(row.safe_id, row.nominal_date) for row in (*fresh, *filled) if row.is_close}
            if replace:
                gone = withdrawing.withdraw_missing(table, part, self.book, self.channel, self.message_id)
                outcome.touched |= {(row.safe_id, row.business_date) for row in gone}
                moved_closes |= {(row.safe_id, row.business_date) for row in gone if row.is_close}
                all_gone += gone
        return [*rows, *all_gone], outcome, moved_closes

    def _known(self, table: Table, rows: list[Row]) -> dict[int, Known]:
        """Which of these rows are stored already, by their number in the list."""
        if not rows:
            return {}
        with connection.cursor() as cursor:
            # LIMIT makes it one look into the unique index per row, whatever the planner thinks of the table's size.
            cursor.execute(
                f"""
                SELECT i.number - 1, t.*
                FROM unnest(%s::bigint[], %s::timestamp[], %s::bytea[], %s::int[]) WITH ORDINALITY
                     AS i(safe_id, local_time, key_digest, occurrence, number)
                CROSS JOIN LATERAL (
                    SELECT t.id, t.{self.channel}_message_id, t.sent_offsets, t.business_date, t.kind,
                           coalesce(t.push_message_id, t.file_message_id) IS NOT NULL
                    FROM {table._meta.db_table} t
                    WHERE t.safe_id = i.safe_id AND t.local_time = i.local_time AND t.key_digest = i.key_digest
                      AND t.occurrence = i.occurrence AND t.book = %s
                    LIMIT 1
                ) t
                """,
                [*identity_arrays(rows), self.book],
            )
            return {number: Known(*rest) for number, *rest in cursor.fetchall()}

    def _insert(self, table: Table, rows: Iterable[Row]) -> None:
        columns = f"{COLUMNS}, {self.channel}_message_id, seen_by_{self.channel}"
        ending = f"{self.message_id}\t{self.seen_at.isoformat()}"
        book = self.book.value
        with (
            connection.wrap_database_errors,  # Django does so for what it knows, and COPY it does not
            connection.cursor() as cursor,
            # Straight into the table: under the locks of their safes nobody else can store the same rows, and if a way
            # round the locks were ever found, the unique constraint would fail the message, which is then tried again.
            cursor.copy(f"COPY {table._meta.db_table} ({columns}) FROM STDIN") as copy,
        ):
            lines: list[str] = []
            for row in rows:
                lines.append(copy_line(row, book, ending))
                if len(lines) == _CHUNK:
                    copy.write("\n".join([*lines, ""]))
                    lines.clear()
            copy.write("\n".join([*lines, ""]) if lines else "")

    def _show_again(self, table: Table, rows: list[Row], known: dict[int, Known]) -> list[Row]:
        """Note that this message too shows rows that are stored; returns those that none of its channel showed."""
        empty = [number for number, row in known.items() if row.shown_by is None]
        elsewhere = [rows[number] for number, row in known.items() if row.shown_by not in (None, self.message_id)]
        with connection.cursor() as cursor:
            if empty:
                cursor.execute(
                    f"""
                    UPDATE {table._meta.db_table}
                    SET {self.channel}_message_id = %s, seen_by_{self.channel} = %s, counted = true
                    WHERE id = ANY(%s)
                    """,
                    [self.message_id, self.seen_at, [known[number].id for number in empty]],
                )
            if elsewhere:
                cursor.execute(
                    f"""
                    INSERT INTO {Repeat._meta.db_table} (safe_id, local_time, key_digest, occurrence, book, message_id)
                    SELECT i.*, %s, %s FROM unnest(%s::bigint[], %s::timestamp[], %s::bytea[], %s::int[]) AS i
                    ON CONFLICT DO NOTHING
                    """,
                    [self.book, self.message_id, *identity_arrays(elsewhere)],
                )
        read_again(table, rows, known)
        return [rows[number] for number in empty]


def _by_table(rows: list[Row]) -> list[tuple[Table, list[Row]]]:
    return [
        (Transaction, [row for row in rows if not row.is_audit]),
        (AuditEvent, [row for row in rows if row.is_audit]),
    ]


def _split(made: Iterable[Row], rows: list[Row], audits: list[Row]) -> Iterator[Row]:
    """The transactions among the rows as they are made; all rows end in ``rows``, audit events in ``audits``."""
    for row in made:
        rows.append(row)
        if row.is_audit:
            audits.append(row)
        else:
            yield row


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
            """,
            [Safe.Status.UNREGISTERED, timezone.now(), ordered],
        )
        cursor.execute(
            f"""
            SELECT serial_number, id FROM {table} WHERE serial_number = ANY(%s) OR id = ANY(%s)
            ORDER BY id FOR NO KEY UPDATE
            """,
            [ordered, list(also)],
        )
        return dict(cursor.fetchall())
