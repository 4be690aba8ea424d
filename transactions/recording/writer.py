"""record(): what a message shows, stored once. The only writer of transactions and audit events.

DOMAIN.md section 1, "Identity": Stored(k) is the largest number of copies of a key that any message showed. Occurrence
i of a key is one row; the first message that shows it stands in the row, every further one in a Repeat row, so that
what each message showed can always be told. Set-based: a handful of statements whatever the number of records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from django.db import connection
from django.utils import timezone

from safes.estate import standings_of
from safes.models import Safe
from transactions.models import Book
from transactions.recording import withdrawing
from transactions.recording.closes import closes_around, redraw_closes
from transactions.recording.dating import Calendar
from transactions.recording.joining import join_messages
from transactions.recording.marks import touch
from transactions.recording.repeats import Table
from transactions.recording.rows import Identities
from transactions.recording.rulings import apply_rulings
from transactions.recording.showing import Channel, Listed, Outcome, Showing, store, withdraw
from transactions.wire.records import Record


class Shows(Protocol):
    """All that a message shows, as far as known: listed, or staged in the database where it may be very much."""

    def serial_numbers(self) -> set[str]: ...

    def dates(self) -> Collection[dt.date]:
        """Wall-clock dates; the earliest and the latest do."""

    def parts(self) -> Iterator[Sequence[Record]]:
        """The records, all copies of each in one part."""

    def identities(self, table: Table, safe_ids: Mapping[str, int]) -> Identities:
        """What identifies those of one table."""


def record(
    message_id: int,
    shows: Shows | Sequence[Record],
    *,
    channel: Channel,
    book: Book,
    seen_at: dt.datetime,
    replace: bool = False,
    joins: Collection[int] = (),
) -> Outcome:
    """Store what a message shows, under the locks of its safes; to be called within a transaction.

    With ``replace`` what it was earlier taken to show and does not show now is withdrawn. ``joins`` are ids of file
    messages that turned out to be this very one: it shows what they showed, and they are gone. ``seen_at`` is an
    instant in UTC. Safes nobody knows are made, unregistered.
    """
    if isinstance(shows, Sequence):
        shows = Listed(shows)
    concerned = [*joins, message_id] if replace else joins
    also = {safe_id for shown in concerned for safe_id in withdrawing.safes_shown_by(shown, channel)}
    safe_ids = _lock_safes(shows.serial_numbers(), also)
    standings = standings_of(safe_ids.values())
    closes = closes_around(shows.dates(), standings, book)
    message = Showing(message_id, channel, book, seen_at, safe_ids, standings, Calendar(standings, closes))
    if joins:
        message.outcome.touched |= join_messages(message_id, joins)
    for records in shows.parts():
        keys = store(message, records, again=replace)
        message.follow(apply_rulings(safe_ids.values(), book, keys))
    if replace:
        keys = withdraw(message, lambda table: shows.identities(table, safe_ids))
        message.follow(apply_rulings(safe_ids.values(), book, keys))
    outcome = message.outcome
    outcome.touched |= redraw_closes(message.moved_closes, book, standings)
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
