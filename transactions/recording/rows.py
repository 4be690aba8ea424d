"""From records to table rows: identity, and what the safe's standing makes of them. No queries here."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from safes.estate import Standings
from safes.localtime import instant
from transactions.business_day import business_date, nominal_date
from transactions.catalogue import END_OF_DAY, Kind
from transactions.identity import key_digest
from transactions.recording.marks import Day
from transactions.wire.records import Record

Key = tuple[int, dt.datetime, bytes]
"""Safe id, wall-clock time, digest: what an occurrence is counted within."""


@dataclass(slots=True)
class Row:
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
    for record in records:
        wall = record.local_time
        safe_id = safe_ids[record.serial_number]
        stands = standings[safe_id]
        place = stands.on(wall.date())
        occurred_at, note = instant(
            wall, place.time_zone, (record.sent_offset,) if record.sent_offset is not None else ()
        )
        nominal = nominal_date(wall, stands.rollover)
        last_close = closes.get((safe_id, nominal)) if closes else None
        digest = key_digest(record)
        occurrences[digest] = occurrence = occurrences.get(digest, 0) + 1
        yield Row(
            record,
            safe_id,
            digest,
            occurrence,
            nominal,
            business_date(nominal, wall, is_close=record.type == END_OF_DAY, last_close=last_close),
            occurred_at,
            note,
            currency_of([d.currency for d in record.denominations], place.currency),
        )


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
    named = {currency for currency in sent if currency}
    if len(named) == 1:
        return named.pop()
    if not named or at_site in named:
        return at_site
    return min(named)


# What a row brings along; the rest of the table's columns is filled by the database or by later messages.
COLUMNS = (
    "book, safe_id, local_time, key_digest, occurrence, counted, type, wire_type, kind, user_name, amount, currency, "
    "denominations, register, change_purchase_number, deposit_reference_number, pickup_group_id, door_name, "
    "tube_column, tube_count, extra, sent_offsets, occurred_at, time_note, retrieved_on, business_date"
)


def copy_line(row: Row, book: int, ending: str) -> str:
    """The row as a line of COPY's text format, in the order of COLUMNS, with the columns after them in ``ending``."""
    record = row.record
    denominations = record.denominations
    group, offset = record.pickup_group_id, record.sent_offset
    return (
        f"{book}\t{row.safe_id}\t{record.local_time}\t\\\\x{row.digest.hex()}\t{row.occurrence}\tt\t{_text(record.type)}\t"
        f"{_text(record.wire_type)}\t{record.kind.value}\t{_text(record.user_name)}\t{record.amount}\t{_text(row.currency)}\t"
        f"{'[' + ','.join([d.text for d in denominations]) + ']' if denominations else _NULL}\t{_text(record.register)}\t"
        f"{_text(record.change_purchase_number)}\t{_text(record.deposit_reference_number)}\t"
        f"{_NULL if group is None else group}\t{_text(record.door_name)}\t{_text(record.tube_column)}\t"
        f"{_text(record.tube_count)}\t{_text(json.dumps(record.extra, default=str)) if record.extra else _NULL}\t"
        f"{_NULL if offset is None else f'{{{offset}}}'}\t{row.occurred_at or _NULL}\t{row.time_note or _NULL}\t"
        f"{record.retrieved_on or _NULL}\t{row.business_date}\t{ending}\n"
    )


_NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"})


def _text(value: str | None) -> str:
    if value is None:
        return _NULL
    return value if value.isalnum() else value.translate(_ESCAPES)
