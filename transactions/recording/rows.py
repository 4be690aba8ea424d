"""From the records of a message to rows: columns, with what identifies each. No queries here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transactions.identity import key_digests
from transactions.wire.records import Record, spelt

Key = tuple[int, dt.datetime, bytes]
"""Safe id, wall-clock time, digest: what an occurrence is counted within."""


@dataclass(frozen=True, slots=True)
class Identities:
    """Safe ids, wall-clock times, digests and occurrences of rows, as PostgreSQL is asked for them: what follows FROM,
    and its parameters."""

    source: str
    parameters: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Some records of one message with what identifies them, column by column."""

    records: Sequence[Record]
    columns: Mapping[str, Sequence[Any]]  # the records, as spelt
    safe_ids: Sequence[int]
    digests: Sequence[bytes]
    occurrences: Sequence[int]

    def __len__(self) -> int:
        return len(self.records)

    def keys(self) -> Iterator[Key]:
        walls = [record.local_time for record in self.records]
        return zip(self.safe_ids, walls, self.digests, strict=True)

    def identities(self) -> Identities:
        """As arrays, in PostgreSQL's spelling of them: much faster than lists."""
        return Identities(
            "unnest(%s::bigint[], %s::timestamp[], %s::bytea[], %s::int[])",
            (
                "{" + ",".join(map(str, self.safe_ids)) + "}",
                "{" + ",".join(self.columns["local_time"]) + "}",
                "{" + ",".join([f'"\\\\x{digest.hex()}"' for digest in self.digests]) + "}",
                "{" + ",".join(map(str, self.occurrences)) + "}",
            ),
        )

    def pick(self, numbers: Sequence[int]) -> Rows:
        """The rows at these places."""
        if len(numbers) == len(self):
            return self

        def chosen(column: Sequence[Any]) -> list[Any]:
            return [column[number] for number in numbers]

        columns = {name: chosen(column) for name, column in self.columns.items()}
        return Rows(
            chosen(self.records), columns, chosen(self.safe_ids), chosen(self.digests), chosen(self.occurrences)
        )


def to_rows(records: Sequence[Record], safe_ids: Mapping[str, int], shown: dict[bytes, int]) -> Rows:
    """Rows for records of one message, in its order, genuine twins numbered.

    ``shown`` is how many of each key came before these records in the message; theirs are added to it.
    """
    columns = spelt(records)
    digests = key_digests(columns)
    occurrences = []
    for digest in digests:
        shown[digest] = occurrence = shown.get(digest, 0) + 1
        occurrences.append(occurrence)
    return Rows(
        records,
        columns,
        [safe_ids[serial] for serial in columns["serial_number"]],
        digests,
        occurrences,
    )
