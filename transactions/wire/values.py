"""What every reader of a row's values shares, whatever format spelt them: what is refused, absent, or given twice.

DOMAIN.md section 1, "Dates" and "Identity"; CONTRACT.md, "Settled details". Pure: no ORM, no clock. Every reader raises
RowError, with a sentence, for a value that cannot be read or stored: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


class RowError(ValueError):
    """A row that cannot be a record; the message says why in a sentence that staff read."""

    def __init__(self, sentence: str) -> None:
        # Some sentences quote what was sent, and what was sent may be nothing that PostgreSQL can hold.
        super().__init__(sentence.encode("utf-8", "replace").decode().replace("\x00", "?"))


class BodyError(ValueError):
    """A body in which no rows can be told apart; the message says why in a sentence that staff read."""


class FileTruncated(BodyError):
    """A file that ends before its root element is closed: it may still be growing."""


@dataclass(slots=True)
class BadRow:
    """A row that cannot be a record, with what can be said of it. ``position`` counts from 1 within the body."""

    position: int
    reason: str
    content: str
    serial_number: str = ""
    amount: Decimal | None = None


class Repeated(dict[str, Any]):
    """An object whose text gave a name more than once: the last value as usual, and all of them in ``pairs``."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def pairs_of(value: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Names and values of an object, in order, repeated names with each of their values."""
    return value.pairs if isinstance(value, Repeated) else value.items()


def is_absent(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
