"""Takings as they are said, by whatever door: what stands in each field, or why it cannot be taken.

DOMAIN.md section 2, "Site day"; CONTRACT.md, "takings". Pure: no ORM, no clock. The form, the upload and the API all
read by this, so that the same words are refused with the same sentences.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from transactions.wire.texts import clean
from transactions.wire.values import RowError

FIELDS = ("site", "business_date", "register", "cashier", "amount", "reference", "currency")
NEEDED = ("site", "business_date", "register", "amount")
EARLIEST = dt.date(2000, 1, 1)
TOO_MUCH = Decimal(10) ** 10
LONGEST = {"site": 40, "register": 100, "cashier": 200, "reference": 100, "currency": 3}

_SMALLEST = Decimal("0.0001")
_PLAIN = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

Errors = dict[str, list[str]]
"""Sentences by the field they are about."""


@dataclass(frozen=True, slots=True)
class Said:
    """One taking, as it was said: texts trimmed and in NFC, empty where nothing was said; money to four decimals."""

    site: str
    business_date: dt.date
    register: str
    amount: Decimal
    cashier: str = ""
    reference: str = ""
    currency: str = ""


class Unreadable(ValueError):
    """Why a value cannot be taken, in a sentence."""


def read(row: object) -> tuple[Said | None, Errors]:
    """What a row says, or every mistake in it."""
    if not isinstance(row, Mapping):
        return None, {"row": ["Give an object with the fields site, business_date, register and amount."]}
    errors: Errors = {
        str(name)[:60]: [f"There is no such field; there are {', '.join(FIELDS)}."]
        for name in row
        if name not in FIELDS
    }
    read_: dict[str, Any] = {}
    for name in FIELDS:
        try:
            read_[name] = _READERS[name](row.get(name), name)
        except Unreadable as error:
            errors[name] = [str(error)]
    return (None, errors) if errors else (Said(**read_), {})


def read_text(value: object, name: str, *, needed: bool | None = None) -> str:
    """A text, trimmed and in NFC; a whole number is taken as it is written. Raises Unreadable."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**20 else "9" * 101
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise Unreadable("Give a text.")
    try:
        text = clean(value) or ""
    except RowError as error:
        raise Unreadable(str(error)) from None
    if not text and (name in NEEDED if needed is None else needed):
        raise Unreadable(_MISSING[name])
    if len(text) > LONGEST[name]:
        raise Unreadable(f"It is longer than {LONGEST[name]} characters.")
    return text


def read_amount(value: object, name: str = "amount") -> Decimal:
    """Money, from a number or its plain spelling. Raises Unreadable."""
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Unreadable(_MISSING["amount"])
    amount = _number(value)
    if amount is None or not amount.is_finite():
        raise Unreadable("That is not an amount: write 1560.00, with a point and without separators.")
    if amount < 0:
        raise Unreadable("It is negative: give 0 or more.")
    if amount >= TOO_MUCH:
        raise Unreadable("It is 10,000,000,000 or more.")
    kept = amount.quantize(_SMALLEST) if amount.adjusted() > -30 else Decimal("-1")
    if amount and kept != amount:
        raise Unreadable("It has more than four decimals.")
    return abs(kept) if amount else Decimal("0.0000")


def _number(value: object) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float):
        # As many digits as a spreadsheet keeps: what a double has beyond them is not what anybody wrote.
        return Decimal(format(value, ".15g"))
    if isinstance(value, str) and _PLAIN.fullmatch(value.strip()):
        return Decimal(value.strip())
    return None


def read_date(value: object, name: str = "business_date") -> dt.date:
    """A business date, as 2026-11-21 or a date already. Raises Unreadable."""
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, str):
        text = value.strip()
        if not text:
            raise Unreadable(_MISSING["business_date"])
        if not _DATE.fullmatch(text):
            raise Unreadable("That is not a date: write 2026-11-21.")
        try:
            value = dt.date.fromisoformat(text)
        except ValueError:
            raise Unreadable(f"There is no day {text}.") from None
    if value is None:
        raise Unreadable(_MISSING["business_date"])
    if not isinstance(value, dt.date):
        raise Unreadable("That is not a date: write 2026-11-21.")
    if value < EARLIEST:
        raise Unreadable(f"It lies before {EARLIEST}.")
    return value


_MISSING = {
    "site": "Give the code of a site.",
    "business_date": "Give the business date, as 2026-11-21.",
    "register": "Give the register.",
    "amount": "Give the amount, as 1560.00.",
}
_READERS: dict[str, Callable[[object, str], Any]] = {
    **dict.fromkeys(("site", "register", "cashier", "reference", "currency"), read_text),
    "business_date": read_date,
    "amount": read_amount,
}
