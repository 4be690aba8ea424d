"""One message being stored: what is new of it, what is known already, and what it shows no longer.

Set-based: a handful of statements whatever the number of records. Called by record() alone, under the locks on the
safes concerned.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db import IntegrityError, connection
from django.db.transaction import atomic

from safes.estate import Standings
from transactions.business_day import nominal_date
from transactions.catalogue import END_OF_DAY, Kind
from transactions.models import AuditEvent, Book, Transaction
from transactions.recording import withdrawing
from transactions.recording.copying import COLUMNS, copy_text
from transactions.recording.dating import Calendar
from transactions.recording.marks import Day
from transactions.recording.repeats import Table, any_known, show_again
from transactions.recording.rows import Identities, Key, Rows, to_rows
from transactions.recording.rulings import Ruled
from transactions.wire.records import Record

Channel = Literal["push", "file"]
TABLES: tuple[Table, ...] = (Transaction, AuditEvent)

# From so many records on it pays to try COPY first and ask afterwards.
_OPTIMISTIC_FROM = 50
_SAMPLE = 8
# Rows that go to the database at once: it takes in the first while the last are still being made.
_CHUNK = 200


@dataclass(slots=True)
class Outcome:
    """How many records of a message were new and how many known, and the safe days that must be drawn again."""

    created: int = 0
    known: int = 0
    touched: set[Day] = field(default_factory=set)


@dataclass(slots=True)
class Showing:
    """One message being stored: what every step of it needs to know, and what came of the steps so far."""

    id: int
    channel: Channel
    book: Book
    seen_at: dt.datetime
    safe_ids: dict[str, int]
    standings: dict[int, Standings]
    calendar: Calendar
    outcome: Outcome = field(default_factory=Outcome)
    moved_closes: set[Day] = field(default_factory=set)  # nominal days whose closes it may have moved

    def follow(self, ruled: Ruled) -> None:
        """Take note of what rulings changed."""
        self.outcome.touched |= ruled.touched
        self.moved_closes |= ruled.closes


@dataclass(frozen=True, slots=True)
class Listed:
    """What a push shows: a list."""

    records: Sequence[Record]

    def serial_numbers(self) -> set[str]:
        return {record.serial_number for record in self.records}

    def dates(self) -> set[dt.date]:
        return {record.local_time.date() for record in self.records}

    def parts(self) -> Iterator[Sequence[Record]]:
        if self.records:
            yield self.records

    def identities(self, table: Table, safe_ids: Mapping[str, int]) -> Identities:
        return to_rows(_of(table, self.records), safe_ids, {}).identities()


def store(message: Showing, records: Sequence[Record], *, again: bool) -> Iterator[Key]:
    """Store records, some of which may be known: surely, if the message was stored before; returns their keys."""
    stored = None if again or len(records) < _OPTIMISTIC_FROM else _store_if_all_new(message, records)
    if stored is None:
        stored = _store(message, records)
    return (key for rows in stored for key in rows.keys())  # noqa: SIM118 - no mapping


def _store_if_all_new(message: Showing, records: Sequence[Record]) -> list[Rows] | None:
    """Store records of which none is known yet, as nearly always; None, and nothing stored, if one is.

    The rows go into the table while they are still being made. A look at a few of them first spares the table the dead
    rows of an attempt that cannot succeed: mostly a message is known from end to end or not at all.
    """
    sample = records[:: max(len(records) // _SAMPLE, 1)]
    for table in TABLES:
        part = _of(table, sample)
        if part and any_known(table, to_rows(part, message.safe_ids, {}), message.book):
            return None
    before = message.outcome.created, set(message.outcome.touched), set(message.moved_closes)
    stored: list[Rows] = []
    try:
        with atomic():
            for table in TABLES:
                part = _of(table, records)
                if part:
                    stored += _insert(message, table, _made_in_chunks(message, part))
    except IntegrityError:
        message.outcome.created, message.outcome.touched, message.moved_closes = before
        return None
    return stored


def _made_in_chunks(message: Showing, records: Sequence[Record]) -> Iterator[Rows]:
    counted: dict[bytes, int] = {}
    for start in range(0, len(records), _CHUNK):
        yield to_rows(records[start : start + _CHUNK], message.safe_ids, counted)


def _store(message: Showing, records: Sequence[Record]) -> list[Rows]:
    """Store records of which some may be known."""
    stored: list[Rows] = []
    for table in TABLES:
        rows = to_rows(_of(table, records), message.safe_ids, {})
        if not rows:
            continue
        again = show_again(table, rows, message.channel, message.book, message.id, message.seen_at)
        message.outcome.known += len(again.known)
        message.outcome.touched |= again.days
        for number in again.filled:
            if rows.records[number].type == END_OF_DAY:
                message.moved_closes.add(_nominal_day(message, rows, number))
        fresh = [number for number in range(len(rows)) if number not in again.known]
        if fresh:
            _insert(message, table, [rows.pick(fresh)])
        stored.append(rows)
    return stored


def withdraw(message: Showing, identities: Callable[[Table], Identities]) -> Iterator[Key]:
    """Take back what the message shows no longer, given what it shows now of each table; returns the keys."""
    all_gone: list[withdrawing.Gone] = []
    for table in TABLES:
        gone = withdrawing.withdraw_missing(table, identities(table), message.book, message.channel, message.id)
        message.outcome.touched |= {(row.safe_id, row.business_date) for row in gone}
        message.moved_closes |= {(row.safe_id, row.business_date) for row in gone if row.is_close}
        all_gone += gone
    return (row.key for row in all_gone)


def _nominal_day(message: Showing, rows: Rows, number: int) -> Day:
    safe_id = rows.safe_ids[number]
    return safe_id, nominal_date(rows.records[number].local_time, message.standings[safe_id].rollover)


def _insert(message: Showing, table: Table, made: Iterable[Rows]) -> list[Rows]:
    """COPY rows that nobody has stored yet."""
    columns = f"{COLUMNS}, {message.channel}_message_id, seen_by_{message.channel}"
    ending = f"{message.id}\t{message.seen_at.isoformat()}"
    inserted: list[Rows] = []
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
            inserted.append(rows)
            message.outcome.created += len(rows)
            message.outcome.touched.update(zip(rows.safe_ids, dates.business, strict=True))
            closes = [number for number, type_ in enumerate(rows.columns["type"]) if type_ == END_OF_DAY]
            message.moved_closes |= {(rows.safe_ids[number], dates.nominal[number]) for number in closes}
    return inserted


def _of(table: Table, records: Sequence[Record]) -> Sequence[Record]:
    is_audit = table is AuditEvent
    return [record for record in records if (record.kind is Kind.AUDIT) is is_audit]
