"""From records to table rows: identity, and what the safe's standing makes of them. No queries here."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import msgspec

from safes.estate import Standings
from safes.localtime import instant, offset_all_day
from transactions.business_day import business_date, window
from transactions.catalogue import END_OF_DAY, Kind
from transactions.identity import key_digest
from transactions.recording.marks import Day
from transactions.wire.records import Record

Key = tuple[int, dt.datetime, bytes]
"""Safe id, wall-clock time, digest: what an occurrence is counted within."""


class Row(msgspec.Struct):
    """A record with what identifies and dates it, ready to be stored."""

    record: Record
    safe_id: int
    digest: bytes
    occurrence: int
    nominal_date: dt.date
    business_date: dt.date
    occurred_at: dt.datetime | None
    time_note: str | None
    currency: str | None

    @property
    def key(self) -> Key:
        return self.safe_id, self.record.local_time, self.digest

    @property
    def is_close(self) -> bool:
        return self.record.type == END_OF_DAY

    @property
    def is_audit(self) -> bool:
        return self.record.kind is Kind.AUDIT


def to_rows(
    records: Iterable[Record],
    safe_ids: Mapping[str, int],
    standings: Mapping[int, Standings],
    closes: Mapping[Day, dt.datetime],
) -> Iterator[Row]:
    """Rows for the records of one message, in its order: dated by the closes that are stored, genuine twins numbered.

    One by one, so that the database can take in the first rows while the last are still being made.
    """
    occurrences: dict[bytes, int] = {}
    days: dict[Day, _Day] = {}
    for record in records:
        wall = record.local_time
        safe_id = safe_ids[record.serial_number]
        date = wall.date()
        day = days.get((safe_id, date))
        if day is None:
            day = days[safe_id, date] = _Day(safe_id, date, standings[safe_id], closes)
        nominal, last_close = (date, day.close) if wall >= day.begins else (day.before, day.close_before)
        occurred_at: dt.datetime | None
        if record.sent_offset is None and day.offset is not None:
            occurred_at, note = wall.replace(tzinfo=dt.UTC) - day.offset, None
        else:
            sent = () if record.sent_offset is None else (record.sent_offset,)
            occurred_at, note = instant(wall, day.time_zone, sent)
        digest = key_digest(record)
        occurrences[digest] = occurrence = occurrences.get(digest, 0) + 1
        yield Row(
            record,
            safe_id,
            digest,
            occurrence,
            nominal,
            nominal
            if last_close is None
            else business_date(nominal, wall, is_close=record.type == END_OF_DAY, last_close=last_close),
            occurred_at,
            note,
            currency_of([d.currency for d in record.denominations], day.currency)
            if record.denominations
            else day.currency,
        )


class _Day:
    """What all records of one safe and calendar date share."""

    __slots__ = ("before", "begins", "close", "close_before", "currency", "offset", "time_zone")

    def __init__(self, safe_id: int, date: dt.date, stands: Standings, closes: Mapping[Day, dt.datetime]) -> None:
        place = stands.on(date)
        self.time_zone = place.time_zone
        self.offset = offset_all_day(date, place.time_zone) if place.time_zone else None
        self.currency = place.currency
        self.before = date - dt.timedelta(days=1)
        self.begins, _ = window(date, stands.rollover)
        self.close = closes.get((safe_id, date))
        self.close_before = closes.get((safe_id, self.before))


def identity_arrays(rows: list[Row]) -> list[str]:
    """Safe ids, wall-clock times, digests and occurrences as PostgreSQL array literals: much faster than lists."""
    return [
        "{" + ",".join([str(row.safe_id) for row in rows]) + "}",
        "{" + ",".join([f'"{row.record.local_time}"' for row in rows]) + "}",
        "{" + ",".join([f'"\\\\x{row.digest.hex()}"' for row in rows]) + "}",
        "{" + ",".join([str(row.occurrence) for row in rows]) + "}",
    ]


def currency_of(sent: list[str | None], at_site: str | None) -> str | None:
    """The denominations' currency, else the site's; where several were sent, the site's if it is among them."""
    named = sorted({currency for currency in sent if currency})
    if len(named) == 1 or (named and at_site not in named):
        return named[0]
    return at_site


# What a row brings along; the rest of the table's columns is filled by the database or by later messages.
COLUMNS = (
    "book, safe_id, local_time, key_digest, occurrence, counted, type, wire_type, kind, user_name, amount, currency, "
    "denominations, register, change_purchase_number, deposit_reference_number, pickup_group_id, door_name, "
    "tube_column, tube_count, extra, sent_offsets, occurred_at, time_note, retrieved_on, business_date"
)


def copy_line(row: Row, book: int, ending: str) -> str:
    """The row as a line of COPY's text format, in the order of COLUMNS, with the columns after them in ``ending``."""
    record = row.record
    group, offset, occurred_at, retrieved_on = (
        record.pickup_group_id,
        record.sent_offset,
        row.occurred_at,
        record.retrieved_on,
    )
    return "\t".join(
        (
            str(book),
            str(row.safe_id),
            str(record.local_time),
            "\\\\x" + row.digest.hex(),
            str(row.occurrence),
            "t",
            _text(record.type),
            _text(record.wire_type),
            record.kind.value,
            _text(record.user_name),
            str(record.amount),
            row.currency or _NULL,
            f"[{','.join([d.text for d in record.denominations])}]" if record.denominations else _NULL,
            _text(record.register),
            _text(record.change_purchase_number),
            _text(record.deposit_reference_number),
            _NULL if group is None else str(group),
            _text(record.door_name),
            _text(record.tube_column),
            _text(record.tube_count),
            _text(json.dumps(record.extra, default=str)) if record.extra else _NULL,
            _NULL if offset is None else f"{{{offset}}}",
            _NULL if occurred_at is None else str(occurred_at),
            row.time_note or _NULL,
            _NULL if retrieved_on is None else str(retrieved_on),
            str(row.business_date),
            ending,
        )
    )


_NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"})


@lru_cache(maxsize=16384)
def _text(value: str | None) -> str:
    return _NULL if value is None else value.translate(_ESCAPES)
