"""Rows in the text format of COPY. No queries here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import repeat

from transactions.recording.dating import Dates
from transactions.recording.rows import Rows

# What a row brings along; the rest of the table's columns is filled by the database or by later messages.
COLUMNS = (
    "book, safe_id, local_time, key_digest, occurrence, counted, type, wire_type, kind, user_name, amount, currency, "
    "denominations, register, change_purchase_number, deposit_reference_number, pickup_group_id, door_name, "
    "tube_column, tube_count, extra, sent_offsets, occurred_at, time_note, retrieved_on, business_date"
)
_NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"})


def copy_text(rows: Rows, dates: Dates, book: int, ending: str) -> str:
    """The rows as lines in the order of COLUMNS, each with the columns after them in ``ending``."""
    sent = rows.columns
    columns: list[Iterable[str]] = [
        repeat(str(book)),
        map(str, rows.safe_ids),
        sent["local_time"],
        ["\\\\x" + digest.hex() for digest in rows.digests],
        map(str, rows.occurrences),
        repeat("t"),
        _texts(sent["type"]),
        _texts(sent["wire_type"]),
        sent["kind"],
        _texts(sent["user_name"]),
        sent["amount"],
        _texts(dates.currencies),
        [f"[{listed}]" if listed else _NULL for listed in sent["denominations"]],
        _texts(sent["register"]),
        _texts(sent["change_purchase_number"]),
        _texts(sent["deposit_reference_number"]),
        [_NULL if group is None else str(group) for group in sent["pickup_group_id"]],
        _texts(sent["door_name"]),
        _texts(sent["tube_column"]),
        _texts(sent["tube_count"]),
        [json.dumps(extra, default=str).translate(_ESCAPES) if extra else _NULL for extra in sent["extra"]],
        [_NULL if offset is None else f"{{{offset}}}" for offset in sent["sent_offset"]],
        [moment or _NULL for moment, _ in dates.instants],
        [note or _NULL for _, note in dates.instants],
        [_NULL if moment is None else moment.isoformat() for moment in sent["retrieved_on"]],
        map(str, dates.business),
        repeat(f"{ending}\n", len(rows)),
    ]
    return "".join(map("\t".join, zip(*columns, strict=False)))  # what is repeated has no end of its own


def _texts(column: Sequence[str | None]) -> list[str]:
    escaped = {text: _NULL if text is None else text.translate(_ESCAPES) for text in set(column)}
    return list(map(escaped.__getitem__, column))
