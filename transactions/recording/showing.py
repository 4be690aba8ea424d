"""One message being stored: what is new of it, what is known already, and what it shows no longer.

Set-based: a handful of statements whatever the number of records. Called by writer.py alone, under the locks on the
safes concerned.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
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
from transactions.recording.rows import Key, Rows, to_rows
from transactions.wire.records import Record

Channel = Literal["push", "file"]


@dataclass(slots=True)
class Outcome:
    """How many records of a message were new and how many known, and the safe days that must be drawn again."""

    created: int = 0
    known: int = 0
    touched: set[Day] = field(default_factory=set)


# From so many records on it pays to try COPY first and ask afterwards.
OPTIMISTIC_FROM = 50
_SAMPLE = 8
# Rows that go to the database at once: it takes in the first while the last are still being made.
_CHUNK = 200


@dataclass(slots=True)
class Showing:
    """One message being stored: what every step of it needs to know."""

    id: int
    channel: Channel
    book: Book
    seen_at: dt.datetime
    safe_ids: dict[str, int]
    standings: dict[int, Standings]
    calendar: Calendar


@dataclass(slots=True)
class Shown:
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


def store_if_all_new(message: Showing, records: Sequence[Record]) -> Shown | None:
    """Store records of which none is known yet, as nearly always; None, and nothing stored, if one is.

    The rows go into the table while they are still being made. A look at a few of them first spares the table the dead
    rows of an attempt that cannot succeed: mostly a message is known from end to end or not at all.
    """
    for table, part in _by_table(records[:: max(len(records) // _SAMPLE, 1)]):
        if part and any_known(table, to_rows(part, message.safe_ids, {}), message.book):
            return None
    shown = Shown()
    try:
        with atomic():
            for table, part in _by_table(records):
                if part:
                    _insert(message, table, _made_in_chunks(message, part), shown)
    except IntegrityError:
        return None
    return shown


def _made_in_chunks(message: Showing, records: Sequence[Record]) -> Iterator[Rows]:
    counted: dict[bytes, int] = {}
    for start in range(0, len(records), _CHUNK):
        yield to_rows(records[start : start + _CHUNK], message.safe_ids, counted)


def store(message: Showing, records: Sequence[Record], *, replace: bool) -> Shown:
    """Store records of which some may be known; with ``replace``, withdraw what the message shows no longer."""
    shown = Shown()
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


def _nominal_day(message: Showing, rows: Rows, number: int) -> Day:
    safe_id = rows.safe_ids[number]
    return safe_id, nominal_date(rows.records[number].local_time, message.standings[safe_id].rollover)


def _insert(message: Showing, table: Table, made: Iterable[Rows], shown: Shown) -> None:
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
