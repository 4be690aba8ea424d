"""A file's records on their way to the books: in a table of their own, while the file is still being read.

Nothing in it is recorded before the whole file was read, and it is gone with the transaction. PostgreSQL takes the rows
in while the next are being parsed, sorts them so that like ones stand side by side, and keeps them out of our memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

import msgspec
from django.db import connection

from transactions.catalogue import Kind
from transactions.identity import key_digests
from transactions.wire.records import Record, spelt
from transactions.wire.values import BadRow

_TABLE = "staged_records"
_CHUNK = 1000
# Of a file in which nothing can be understood; the rest of its rows are counted, and its bytes have them.
MOST_BAD_ROWS = 10_000
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Record).decode
_Item = TypeVar("_Item")


class Staging:
    """The records of one message, of one or more bodies of it; to be used within a transaction."""

    def __init__(self) -> None:
        self.received = 0
        self.records = 0
        self.bad_rows: list[BadRow] = []
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

    def take(self, rows: Iterable[Record | BadRow]) -> None:
        """Take in one body. What reading it raises passes through, and then nothing of it is to be recorded."""
        self._bodies += 1
        columns = "body, is_audit, serial_number, local_time, key_digest, record"
        with connection.wrap_database_errors, connection.cursor() as cursor:
            with cursor.copy(f"COPY {_TABLE} ({columns}) FROM STDIN (FORMAT binary)") as copy:
                copy.set_types(["int4", "bool", "text", "timestamp", "bytea", "bytea"])
                for chunk in _chunked(self._good(rows), _CHUNK):
                    digests = key_digests(spelt(chunk))
                    for record, digest in zip(chunk, digests, strict=True):
                        copy.write_row(
                            (
                                self._bodies,
                                record.kind is Kind.AUDIT,
                                record.serial_number,
                                record.local_time,
                                digest,
                                _encode(record),
                            )
                        )

    def _good(self, rows: Iterable[Record | BadRow]) -> Iterator[Record]:
        for row in rows:
            self.received += 1
            if isinstance(row, Record):
                self.records += 1
                yield row
            elif len(self.bad_rows) < MOST_BAD_ROWS:
                self.bad_rows.append(row)

    def serial_numbers(self) -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {_TABLE}")
            cursor.execute(f"SELECT DISTINCT serial_number FROM {_TABLE}")
            return {serial for (serial,) in cursor.fetchall()}

    def dates(self) -> set[dt.date]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT min(local_time)::date, max(local_time)::date FROM {_TABLE}")
            return {date for date in cursor.fetchone() if date is not None}

    def chunks(self, *, audit: bool) -> Iterator[list[Record]]:
        """The records of one table, by safe and time. All copies of a record are in one chunk, as many as the body that
        shows the most of them has."""
        with connection.cursor() as cursor:
            connection.ensure_connection()
            with connection.connection.cursor(name="staged", withhold=False) as reader:
                reader.itersize = _CHUNK
                reader.execute(f"{IDENTITIES} WHERE is_audit = %s ORDER BY 1, 2, 3, 4", [audit])
                yield from _whole_keys(reader)


# Occurrences counted over each whole body; of several bodies the one that shows the most copies decides.
IDENTITIES = f"""
SELECT serial_number, local_time, key_digest, occurrence, record FROM (
    SELECT DISTINCT ON (serial_number, local_time, key_digest, occurrence) * FROM (
        SELECT *, row_number() OVER (PARTITION BY body, serial_number, local_time, key_digest) AS occurrence
        FROM {_TABLE}
    ) numbered
    ORDER BY serial_number, local_time, key_digest, occurrence, body
) shown
"""


def _whole_keys(rows: Iterable[tuple[str, dt.datetime, bytes, int, bytes]]) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    last: tuple[str, dt.datetime, bytes] | None = None
    for serial, time, digest, _, record in rows:
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
