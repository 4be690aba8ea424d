"""Texts of a row: trimmed, in NFC, of a length that can be kept. Pure: no ORM, no clock."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from decimal import Decimal
from functools import lru_cache
from typing import Any

from transactions.wire.numbers import finite, plain
from transactions.wire.values import RowError

_LIMITS = {
    "TransactionDateTime": 100,
    "SerialNumber": 64,
    "TransactionType": 100,
    "UserName": 200,
    "Register": 100,
    "ChangePurchaseNumber": 100,
    "DepositReferenceNumber": 100,
    "DoorName": 200,
    "TubeColumn": 40,
    "TubeCount": 40,
}


def read_text(value: Any, name: str, *, remember: bool = True) -> str | None:
    """A text property: trimmed, None for what is absent, null or empty; a number is taken in its plain spelling."""
    if value is None:
        return None
    # User names, types and registers come again and again; what is long or odd is not worth remembering.
    if type(value) is str and len(value) <= 100 and remember:
        return _known_text(value, name)
    if isinstance(value, str):
        return _fitting(clean(value), name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise RowError(f"“{name}” must be a text.")
    return _fitting(plain(finite(value, name)), name)


@lru_cache(maxsize=65536)
def _known_text(value: str, name: str) -> str | None:
    return _fitting(clean(value), name)


def _fitting(text: str | None, name: str) -> str | None:
    if text is not None and len(text) > _LIMITS[name]:
        raise RowError(f"“{name}” is longer than {_LIMITS[name]} characters.")
    return text


def clean(text: str) -> str | None:
    """Trimmed and in NFC; None when nothing is left. Raises RowError for what PostgreSQL cannot hold."""
    text = text.strip()
    if len(text) > 1_000:
        # Before anything else: normalising a run of accents takes time that grows with the square of its length.
        raise RowError("A text is longer than 1,000 characters.")
    text = unicodedata.normalize("NFC", text).strip()
    if "\x00" in text:
        raise RowError("A text contains a null character.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise RowError("A text contains characters that are not Unicode.") from None
    return text or None


def is_clean(texts: Collection[str], name: str) -> bool:
    """Whether reading changes none of these texts: all are plain ASCII without spaces around, and short enough."""
    joined = "|".join(["", *texts, ""])
    return (
        joined.isascii()
        and joined.isprintable()
        and not any(odd in joined for odd in ("| ", " |", "||"))
        and max(map(len, texts), default=0) <= _LIMITS[name]
    )


@lru_cache(maxsize=16384)
def read_serial(text: str) -> str:
    # Capitals can be longer than what they are the capitals of.
    return _fitting(unicodedata.normalize("NFC", text.upper()), "SerialNumber") or ""
