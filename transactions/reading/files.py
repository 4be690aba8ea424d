"""A file, read and recorded, in memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any, cast

from django.db.transaction import atomic

from transactions.bodies import open_body
from transactions.models import Delivery, Message
from transactions.reading.messages import Reading, book_of, locked_file_message, other_bodies
from transactions.recording.staging import Staging, Taken
from transactions.recording.writer import record
from transactions.wire.file_xml import read_rows
from transactions.wire.values import BadRow, BodyError


class _Watched:
    """A file, and somebody who hears how many of its bytes have been read."""

    def __init__(self, source: IO[bytes], tell: Callable[[int], None]) -> None:
        self._source, self._tell = source, tell

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._tell(self._source.tell())
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


def record_file(delivery: Delivery, tell: Callable[[int], None] = lambda read: None) -> Reading:
    """Read the body of a file and record what it says, within the caller's transaction.

    A file is the message of its name, or of another under which the same bytes came. Of one that breaks off, or is
    none, nothing is recorded.
    """
    first_time = delivery.recorded_at is None
    message, others = locked_file_message(delivery)
    staging = Staging()
    try:
        taken = _take(staging, delivery, tell)
    except BodyError as error:
        taken = Taken(bad_rows=[BadRow(0, str(error), "")])
    if not first_time:
        for other in other_bodies([message.pk, *others], delivery):
            try:
                _take(staging, other)
            except BodyError:
                continue
    outcome = record(
        message.pk,
        staging,
        channel="file",
        book=book_of(delivery),
        seen_at=delivery.received_at,
        replace=not first_time,
        joins=others,
    )
    return Reading(message, taken.received, taken.records, outcome.created, taken.bad_rows)


def join_names(delivery: Delivery) -> Message:
    """Bring together what came under the names of a file that was recorded before; its body is not read."""
    message, others = locked_file_message(delivery)
    record(message.pk, [], channel="file", book=book_of(delivery), seen_at=delivery.received_at, joins=others)
    return message


def _take(staging: Staging, delivery: Delivery, tell: Callable[[int], None] = lambda read: None) -> Taken:
    with open_body(delivery) as content, atomic():  # a body that breaks off leaves nothing behind
        return staging.take(read_rows(cast(IO[bytes], _Watched(content, tell))))
