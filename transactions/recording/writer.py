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
from transactions.business_day import nominal_date
from transactions.catalogue import END_OF_DAY, Kind
from transactions.models import AuditEvent, Book, Transaction
from transactions.recording import withdrawing
from transactions.recording.closes import closes_around, redraw_closes
from transactions.recording.copying import COLUMNS, copy_text
from transactions.recording.dating import Calendar
from transactions.recording.marks import Day, touch
from transactions.recording.repeats import Table, any_known, show_again
from transactions.recording.rows import Key, Rows, to_rows
from transactions.recording.rulings import apply_rulings
from transactions.wire.records import Record

Channel = Literal["push", "file"]


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
    closes = closes_around({record.local_time.date() for record in records}, standings, book)
    message = _Message(message_id, channel, book, seen_at, safe_ids, standings, Calendar(standings, closes))
    shown = None if replace or len(records) < _OPTIMISTIC_FROM else _store_if_all_new(message, records)
    if shown is None:
        shown = _store(message, records, replace=replace)
    ruled = apply_rulings(safe_ids.values(), book, shown.keys())
    outcome = shown.outcome
    outcome.touched |= ruled.touched
    outcome.touched |= redraw_closes(shown.moved_closes | ruled.closes, book, standings)
    if book == Book.PRODUCTION:
        touch(outcome.touched)
    return outcome


# From so many records on it pays to try COPY first and ask afterwards.
_OPTIMISTIC_FROM = 50
_SAMPLE = 8
# Rows that go to the database at once: it takes in the first while the last are still being made.
_CHUNK = 200


@dataclass(slots=True)
class _Message:
    """One message being stored: what every step of it needs to know."""

    id: int
    channel: Channel
    book: Book
    seen_at: dt.datetime
    safe_ids: dict[str, int]
    standings: dict[int, Standings]
    calendar: Calendar


@dataclass(slots=True)
class _Shown:
    """What a message shows, or shows no longer, and what came of storing that."""

    outcome: Outcome = field(default_factory=Outcome)
    moved_closes: set[Day] = field(default_factory=set)  # nominal days whose closes it may have moved
    rows: list[Rows] = field(default_factory=list)
    gone: list[withdrawing.Gone] = field(default_factory=list)

    def keys(self) -> Iterator[Key]:
        for rows in self.rows:
            yield from rows.keys()
        for row in self.gone:
            yield row.key


def _store_if_all_new(message: _Message, records: Sequence[Record]) -> _Shown | None:
    """Store records of which none is known yet, as nearly always; None, and nothing stored, if one is.

    The rows go into the table while they are still being made. A look at a few of them first spares the table the dead
    rows of an attempt that cannot succeed: mostly a message is known from end to end or not at all.
    """
    for table, part in _by_table(records[:: max(len(records) // _SAMPLE, 1)]):
        if part and any_known(table, to_rows(part, message.safe_ids, {}), message.book):
            return None
    shown = _Shown()
    try:
        with atomic():
            for table, part in _by_table(records):
                if part:
                    _insert(message, table, _made_in_chunks(message, part), shown)
    except IntegrityError:
        return None
    return shown


def _made_in_chunks(message: _Message, records: Sequence[Record]) -> Iterator[Rows]:
    counted: dict[bytes, int] = {}
    for start in range(0, len(records), _CHUNK):
        yield to_rows(records[start : start + _CHUNK], message.safe_ids, counted)


def _store(message: _Message, records: Sequence[Record], *, replace: bool) -> _Shown:
    """Store records of which some may be known; with ``replace``, withdraw what the message shows no longer."""
    shown = _Shown()
    outcome = shown.outcome
    for table, part in _by_table(records):
        rows = to_rows(part, message.safe_ids, {})
        if rows:
            again = show_again(table, rows, message.channel, message.book, message.id, message.seen_at)
            outcome.known += len(again.known)
            outcome.touched |= again.days
            for number in again.filled:
                if rows.records[number].type == END_OF_DAY:
                    shown.moved_closes.add(_nominal_day(message, rows, number))
            fresh = [number for number in range(len(rows)) if number not in again.known]
            if fresh:
                _insert(message, table, [rows.pick(fresh)], shown)
            if len(fresh) < len(rows):
                shown.rows.append(rows)
        if replace:
            gone = withdrawing.withdraw_missing(table, rows, message.book, message.channel, message.id)
            outcome.touched |= {(row.safe_id, row.business_date) for row in gone}
            shown.moved_closes |= {(row.safe_id, row.business_date) for row in gone if row.is_close}
            shown.gone += gone
    return shown


def _nominal_day(message: _Message, rows: Rows, number: int) -> Day:
    safe_id = rows.safe_ids[number]
    return safe_id, nominal_date(rows.records[number].local_time, message.standings[safe_id].rollover)


def _insert(message: _Message, table: Table, made: Iterable[Rows], shown: _Shown) -> None:
    """COPY rows that nobody has stored yet."""
    columns = f"{COLUMNS}, {message.channel}_message_id, seen_by_{message.channel}"
    ending = f"{message.id}\t{message.seen_at.isoformat()}"
    with (
        connection.wrap_database_errors,  # Django does so for what it knows, and COPY it does not
        connection.cursor() as cursor,
        # Straight into the table: under the locks of their safes nobody else can store the same rows, and if a way
        # round the locks were ever found, the unique constraint would fail the message, which is then tried again.
        cursor.copy(f"COPY {table._meta.db_table} ({columns}) FROM STDIN") as copy,
    ):
        for rows in made:
            dates = message.calendar.date(rows)
            copy.write(copy_text(rows, dates, message.book, ending))
            shown.rows.append(rows)
            shown.outcome.created += len(rows)
            shown.outcome.touched.update(zip(rows.safe_ids, dates.business, strict=True))
            closes = [number for number, type_ in enumerate(rows.columns["type"]) if type_ == END_OF_DAY]
            shown.moved_closes |= {(rows.safe_ids[number], dates.nominal[number]) for number in closes}


def _by_table(records: Sequence[Record]) -> list[tuple[Table, Sequence[Record]]]:
    return [
        (Transaction, [record for record in records if record.kind is not Kind.AUDIT]),
        (AuditEvent, [record for record in records if record.kind is Kind.AUDIT]),
    ]


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
