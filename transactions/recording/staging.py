"""A file's records on their way to the books: in a table of their own, while the file is still being read.

Nothing in it is recorded before the whole file was read, and it is gone with the transaction. PostgreSQL takes the rows
in while the next are being parsed, sorts them so that like ones stand side by side, and keeps them out of our memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

import msgspec
from django.db import connection

from safes.models import Safe
from transactions.catalogue import Kind
from transactions.identity import key_digests
from transactions.models import AuditEvent
from transactions.recording.repeats import Table
from transactions.recording.rows import Identities
from transactions.wire.records import Record, spelt
from transactions.wire.values import BadRow

_TABLE = "staged_records"
_CHUNK = 200
# Of a file in which nothing can be understood; the rest of its rows are counted, and its bytes have them.
MOST_BAD_ROWS = 10_000
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Record).decode
_Item = TypeVar("_Item")


@dataclass(slots=True)
class Taken:
    """What came of one body: its rows, those of them that are records, and the first of the others."""

    received: int = 0
    records: int = 0
    bad_rows: list[BadRow] = field(default_factory=list)


class Staging:
    """The records of one message, of one or more bodies of it; to be used within a transaction."""

    def __init__(self) -> None:
        self._bodies = 0
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {_TABLE}")
            cursor.execute(
                f"""
                CREATE TEMPORARY TABLE {_TABLE} (
                    body int, is_audit bool, serial_number text COLLATE "C", local_time timestamp, key_digest bytea,
                    record bytea
                ) ON COMMIT DROP
                """
            )

    def take(self, rows: Iterable[Record | BadRow]) -> Taken:
        """Take in one body. What reading it raises passes through, and then nothing of it is to be recorded."""
        self._bodies += 1
        taken = Taken()
        columns = "body, is_audit, serial_number, local_time, key_digest, record"
        with (
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(f"COPY {_TABLE} ({columns}) FROM STDIN (FORMAT binary)") as copy,
        ):
            copy.set_types(["int4", "bool", "text", "timestamp", "bytea", "bytea"])
            for records in _chunked(_good(rows, taken), _CHUNK):
                for record, digest in zip(records, key_digests(spelt(records)), strict=True):
                    is_audit = record.kind is Kind.AUDIT
                    copy.write_row(
                        (self._bodies, is_audit, record.serial_number, record.local_time, digest, _encode(record))
                    )
        return taken

    def serial_numbers(self) -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {_TABLE}")
            cursor.execute(f"SELECT DISTINCT serial_number FROM {_TABLE}")
            return {serial for (serial,) in cursor.fetchall()}

    def dates(self) -> set[dt.date]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT min(local_time)::date, max(local_time)::date FROM {_TABLE}")
            return {date for date in cursor.fetchone() if date is not None}

    def parts(self) -> Iterator[list[Record]]:
        """By safe and time, all copies of a record in one part: as many as the body that shows the most of them has."""
        connection.ensure_connection()
        # A cursor of the server's: what was staged comes back as it is worked off.
        with connection.wrap_database_errors, connection.connection.cursor(name="staged") as reader:
            reader.itersize = _CHUNK
            reader.execute(f"SELECT serial_number, local_time, key_digest, record FROM ({_SHOWN}) shown")
            yield from _whole_keys(reader)

    def identities(self, table: Table, safe_ids: Mapping[str, int]) -> Identities:
        source = f"""(
            SELECT safe.id, shown.local_time, shown.key_digest, shown.occurrence FROM ({_SHOWN}) shown
            JOIN {Safe._meta.db_table} safe ON safe.serial_number = shown.serial_number
            WHERE shown.is_audit = %s
        )"""
        return Identities(source, (table is AuditEvent,))


# Occurrences are counted over each whole body; of several bodies the one that shows the most copies decides.
_SHOWN = f"""
SELECT DISTINCT ON (serial_number, local_time, key_digest, occurrence) * FROM (
    -- By ctid they are numbered as they stand in the file: like ones may carry different offsets.
    SELECT *, row_number() OVER (
        PARTITION BY body, serial_number, local_time, key_digest ORDER BY ctid
    )::int AS occurrence FROM {_TABLE}
) numbered
ORDER BY serial_number, local_time, key_digest, occurrence, body
"""


def _good(rows: Iterable[Record | BadRow], taken: Taken) -> Iterator[Record]:
    for row in rows:
        taken.received += 1
        if isinstance(row, Record):
            taken.records += 1
            yield row
        elif len(taken.bad_rows) < MOST_BAD_ROWS:
            taken.bad_rows.append(row)


def _whole_keys(rows: Iterable[tuple[str, dt.datetime, bytes, bytes]]) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    last: tuple[str, dt.datetime, bytes] | None = None
    for serial, time, digest, record in rows:
        if len(chunk) >= _CHUNK and (serial, time, digest) != last:
            yield chunk
            chunk = []
        last = (serial, time, digest)
        chunk.append(_decode(record))
    if chunk:
        yield chunk


def _chunked(items: Iterator[_Item], size: int) -> Iterator[list[_Item]]:
    while chunk := list(islice(items, size)):
        yield chunk
