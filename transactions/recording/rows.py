"""From records to table rows: identity, and what the safe's standing makes of them. No queries here."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from safes.estate import Standings
from safes.localtime import instant
from transactions.business_day import nominal_date
from transactions.catalogue import END_OF_DAY, Kind
from transactions.identity import key_digest, number_occurrences
from transactions.wire.records import Denomination, Record, plain

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
    records: list[Record],
    safe_ids: Mapping[str, int],
    standings: Mapping[int, Standings],
) -> list[Row]:
    """Rows for the records of one message, its genuine twins numbered; business dates still the nominal ones."""
    digests = [key_digest(record) for record in records]
    rows = []
    for record, digest, occurrence in zip(
        records, digests, number_occurrences(digests), strict=True
    ):
        safe_id = safe_ids[record.serial_number]
        stands = standings[safe_id]
        place = stands.on(record.local_time.date())
        offsets = () if record.sent_offset is None else (record.sent_offset,)
        occurred_at, note = instant(record.local_time, place.time_zone, offsets)
        nominal = nominal_date(record.local_time, stands.rollover)
        rows.append(
            Row(
                record=record,
                safe_id=safe_id,
                digest=digest,
                occurrence=occurrence,
                nominal_date=nominal,
                business_date=nominal,
                occurred_at=occurred_at,
                time_note=note,
                currency=currency_of(
                    [d.currency for d in record.denominations], place.currency
                ),
            )
        )
    return rows


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


def copy_values(row: Row, book: int) -> tuple[Any, ...]:
    """The row as COPY takes it, in the order of COLUMNS."""
    record = row.record
    return (
        book,
        row.safe_id,
        record.local_time,
        row.digest,
        row.occurrence,
        True,
        record.type,
        record.wire_type,
        str(record.kind),
        record.user_name,
        record.amount,
        row.currency,
        _denominations_json(record.denominations) if record.denominations else None,
        record.register,
        record.change_purchase_number,
        record.deposit_reference_number,
        record.pickup_group_id,
        record.door_name,
        record.tube_column,
        record.tube_count,
        json.dumps(record.extra, default=str) if record.extra else None,
        None if record.sent_offset is None else [record.sent_offset],
        row.occurred_at,
        row.time_note,
        record.retrieved_on,
        row.business_date,
    )


def _denominations_json(denominations: tuple[Denomination, ...]) -> str:
    """[[unit value as text, count, currency or null], …]; nothing in it needs escaping."""
    entries = [
        f'["{plain(d.unit_value)}",{d.count},"{d.currency}"]'
        if d.currency
        else f'["{plain(d.unit_value)}",{d.count},null]'
        for d in denominations
    ]
    return f"[{','.join(entries)}]"
