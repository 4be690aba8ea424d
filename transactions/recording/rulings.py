"""A person's rulings: how often something happened, whatever the messages say. DOMAIN.md section 1, "Identity"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import connection
from django.db.transaction import atomic
from django.utils import timezone

from safes.estate import Standings, lock_safes, standings_of
from transactions.business_day import nominal_date
from transactions.catalogue import END_OF_DAY
from transactions.models import AuditEvent, Book, Ruling, Transaction
from transactions.recording.closes import redraw_closes
from transactions.recording.copying import COLUMNS
from transactions.recording.derivation import derive_times
from transactions.recording.marks import Day, touch
from transactions.recording.rows import Key

MOST = 99


@dataclass(slots=True)
class Ruled:
    """Safe days whose counted rows rulings changed, and nominal days whose closes they may have changed."""

    touched: set[Day] = field(default_factory=set)
    closes: set[Day] = field(default_factory=set)


def rule(
    key: Key,
    count: int,
    reason: str,
    by: User | None,
    book: Book = Book.PRODUCTION,
) -> Ruling:
    """Say how many times the transaction of this key happened. Replaces an earlier ruling, which stays on record.

    Raises ValueError, with a sentence, for a count out of range, a missing reason, or a key that was never stored.
    """
    if not 0 <= count <= MOST:
        raise ValueError(f"The count must lie between 0 and {MOST}.")
    if not reason.strip():
        raise ValueError("Say why: a ruling needs a reason.")
    with atomic():
        lock_safes([key[0]])
        if not _rows(key, book).exists():
            raise ValueError("No such transaction is stored, so there is nothing to rule on.")
        now = timezone.now()
        _in_force(key, book).update(withdrawn_at=now, withdrawn_by=by)
        ruling = Ruling.objects.create(
            safe_id=key[0],
            local_time=key[1],
            key_digest=key[2],
            book=book,
            count=count,
            reason=reason.strip(),
            ruled_by=by,
            ruled_at=now,
        )
        _follow(key, book)
    return ruling


@atomic
def withdraw_ruling(ruling: Ruling, by: User | None) -> None:
    """Take a ruling back: what the messages say holds again. Raises ValueError if it is not in force."""
    lock_safes([ruling.safe_id])
    key = (ruling.safe_id, ruling.local_time, bytes(ruling.key_digest))
    if not _in_force(key, Book(ruling.book)).filter(pk=ruling.pk).update(withdrawn_at=timezone.now(), withdrawn_by=by):
        raise ValueError("This ruling was withdrawn already.")
    _follow(key, Book(ruling.book))


def hold_rulings(safe_id: int) -> None:
    """Count all that was ever ruled on at a safe as its rulings say now. The caller holds its lock."""
    ruled_on = Ruling.objects.filter(safe=safe_id).order_by().values_list("local_time", "key_digest", "book")
    for local_time, digest, book in ruled_on.distinct():
        key = (safe_id, local_time, bytes(digest))
        if _rows(key, Book(book)).exists():
            _follow(key, Book(book))


def _follow(key: Key, book: Book) -> None:
    ruled = Ruled()
    _apply(key, book, ruled)
    touched = ruled.touched | redraw_closes(ruled.closes, book, standings_of([key[0]]))
    if book == Book.PRODUCTION:
        touch(touched)


def apply_rulings(safe_ids: Iterable[int], book: Book, keys: Iterable[Key]) -> Ruled:
    """Hold the rulings in force against keys that messages have just shown or no longer show."""
    ruled = Ruled()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT safe_id, local_time, key_digest FROM {Ruling._meta.db_table}
            WHERE safe_id = ANY(%s) AND book = %s AND withdrawn_at IS NULL
            """,
            [list(safe_ids), book],
        )
        ruled_on = {(safe_id, local_time, bytes(digest)) for safe_id, local_time, digest in cursor.fetchall()}
    for key in ruled_on.intersection(keys) if ruled_on else ():
        _apply(key, book, ruled)
    return ruled


def _apply(key: Key, book: Book, ruled: Ruled) -> None:
    """Count the rows of a key as its ruling says, or without one, those that a message shows."""
    ruling = _in_force(key, book).first()
    rows = list(_rows(key, book).order_by("occurrence"))
    table = type(rows[0])
    if ruling is not None and ruling.count > len(rows):
        _imagine(table, rows[0].pk, range(len(rows) + 1, ruling.count + 1))
        rows = list(_rows(key, book).order_by("occurrence"))
    standings = standings_of([key[0]])
    stands = standings[key[0]]
    _tell_like_the_first(table, rows, standings)
    for row in rows:
        shown = row.push_message_id is not None or row.file_message_id is not None
        counted = row.occurrence <= ruling.count if ruling is not None else shown
        if counted != row.counted:
            row.counted = counted
            row.save(update_fields=["counted"])
        ruled.touched.add((row.safe_id, row.business_date))
        if row.type == END_OF_DAY:
            ruled.closes.add((row.safe_id, nominal_date(row.local_time, stands.rollover)))


def _imagine(table: type[Transaction] | type[AuditEvent], pk: int, occurrences: Iterable[int]) -> None:
    """Rows for occurrences that a ruling says there were and no single message showed."""
    columns = COLUMNS.replace("occurrence, counted", "counted")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {table._meta.db_table} ({columns}, occurrence)
            SELECT {columns}, n FROM {table._meta.db_table}, unnest(%s::int[]) AS n WHERE id = %s
            """,
            [list(occurrences), pk],
        )


def _tell_like_the_first(
    table: type[Transaction] | type[AuditEvent],
    rows: Sequence[Transaction | AuditEvent],
    standings: Mapping[int, Standings],
) -> None:
    """Rows that no message shows have no reading of their own: whenever they were made, they go by the first one's."""
    first, *rest = rows
    changed = [
        row
        for row in rest
        if row.push_message_id is None and row.file_message_id is None and row.sent_offsets != first.sent_offsets
    ]
    for row in changed:
        row.sent_offsets = first.sent_offsets
    derive_times(table, changed, standings)


def _rows(key: Key, book: Book):  # type: ignore[no-untyped-def] # a queryset of one of two models
    safe_id, local_time, digest = key
    found = Transaction.objects.filter(safe_id=safe_id, local_time=local_time, key_digest=digest, book=book)
    if found.exists():
        return found
    return AuditEvent.objects.filter(safe_id=safe_id, local_time=local_time, key_digest=digest, book=book)


def _in_force(key: Key, book: Book):  # type: ignore[no-untyped-def] # values differ per caller
    safe_id: int = key[0]
    local_time: dt.datetime = key[1]
    return Ruling.objects.filter(
        safe_id=safe_id,
        local_time=local_time,
        key_digest=key[2],
        book=book,
        withdrawn_at__isnull=True,
    )
