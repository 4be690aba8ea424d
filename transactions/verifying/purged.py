"""What deliveries showed whose bodies are gone: taken from the books, since nothing else knows it any more."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db import connection

from safes.models import Safe
from transactions.catalogue import Kind
from transactions.models import AuditEvent, Delivery, Message, QuarantinedRow, Repeat, Transaction
from transactions.quarantine import keep_bad_rows
from transactions.reading.messages import book_of, locked_message
from transactions.recording.showing import Channel
from transactions.recording.writer import record
from transactions.verifying.scratch import Scratch
from transactions.wire.denominations import read_denominations
from transactions.wire.numbers import plain
from transactions.wire.records import Record
from transactions.wire.values import BadRow

_COLUMNS = (
    "local_time", "type", "wire_type", "kind", "amount", "retrieved_on", "pickup_group_id", "user_name", "register",
    "change_purchase_number", "deposit_reference_number", "door_name", "tube_column", "tube_count",
)  # fmt: skip
_IDENTITY = "safe_id, local_time, key_digest, occurrence, book"


def take_over(scratch: Scratch, delivery: Delivery) -> None:
    """Record what the books say that a delivery showed, and what they keep of it in quarantine; within ``inside``."""
    channel: Channel = "push" if delivery.channel == Delivery.Channel.PUSH else "file"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT m.id, m.key, d.received, d.quarantined FROM {scratch.books}.{Delivery._meta.db_table} d "
            f"JOIN {scratch.books}.{Message._meta.db_table} m ON m.id = d.message_id WHERE d.id = %s",
            [delivery.pk],
        )
        found = cursor.fetchone()
    if found is None:
        return
    shown_by, key, delivery.received, delivery.quarantined = found
    message = locked_message(key, endpoint_id=delivery.endpoint_id, feed_id=delivery.feed_id)
    told = list(_told(scratch, shown_by))
    # Readings of one thing may have carried several offsets; each is told once more, and adds its own.
    rounds = max([len(offsets) for _, offsets in told], default=1) or 1
    for number in range(rounds):
        records = []
        for one, offsets in told:
            if number < max(len(offsets), 1):
                one.sent_offset = offsets[number] if offsets else None
                records.append(one)
        record(message.pk, records, channel=channel, book=book_of(delivery), seen_at=delivery.received_at)
    keep_bad_rows(delivery, list(_bad_rows(scratch, delivery)))
    delivery.message = message


def _told(scratch: Scratch, message_id: int) -> Iterator[tuple[Record, list[int]]]:
    """The records a message shows, by the books, each with the offsets it was told with; like ones in their order."""
    columns = ", ".join(f"t.{name}" for name in _COLUMNS)
    with connection.cursor() as cursor:
        for model in (Transaction, AuditEvent):
            table = f"{scratch.books}.{model._meta.db_table}"
            cursor.execute(
                f"""
                SELECT s.serial_number, t.denominations::text, t.extra::text, t.sent_offsets, {columns}
                FROM {table} t JOIN {scratch.books}.{Safe._meta.db_table} s ON s.id = t.safe_id
                WHERE t.push_message_id = %(message)s OR t.file_message_id = %(message)s
                   OR t.id IN (
                       SELECT again.id FROM {scratch.books}.{Repeat._meta.db_table} r
                       JOIN {table} again USING ({_IDENTITY}) WHERE r.message_id = %(message)s
                   )
                ORDER BY t.safe_id, t.local_time, t.key_digest, t.occurrence
                """,
                {"message": message_id},
            )
            for row in cursor.fetchall():
                yield _record(*row)


def _record(
    serial: str, denominations: str | None, extra: str | None, offsets: list[int] | None, *rest: Any
) -> tuple[Record, list[int]]:
    known: dict[str, Any] = dict(zip(_COLUMNS, rest, strict=True))
    retrieved: dt.datetime | None = known.pop("retrieved_on")
    return (
        Record(
            serial_number=serial,
            # In the one spelling that keys are made of.
            amount=Decimal(plain(known.pop("amount"))),
            kind=Kind(known.pop("kind")),
            denominations=_denominations(denominations),
            retrieved_on=None if retrieved is None else retrieved.astimezone(dt.UTC),
            extra=json.loads(extra) if extra else {},
            **known,
        ),
        offsets or [],
    )


def _denominations(text: str | None) -> Any:
    listed = json.loads(text, parse_float=Decimal) if text else []
    return read_denominations(
        [{"UnitValue": unit, "Count": count, "Currency": currency} for unit, count, currency in listed]
    )


def _bad_rows(scratch: Scratch, delivery: Delivery) -> Iterator[BadRow]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT position, reason, content, serial_number, amount "
            f"FROM {scratch.books}.{QuarantinedRow._meta.db_table} WHERE delivery_id = %s ORDER BY position",
            [delivery.pk],
        )
        for row in cursor.fetchall():
            yield BadRow(*row)
