"""Numbers of a row: amounts, counts, pickup groups; exact, each in one spelling. Pure: no ORM, no clock."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from transactions.catalogue import AMOUNT_OPTIONAL, Kind
from transactions.wire.values import RowError, is_absent

_AMOUNT_LIMIT = Decimal(10) ** 10
_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?\Z", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,19}(\.0{1,20})?\Z", re.ASCII)


def plain(number: Decimal) -> str:
    """A number in one spelling: no exponent, no trailing zeros, no minus zero."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def finite(value: int | Decimal | str, name: str) -> Decimal:
    """A finite number of sane size, from whatever way it was spelt."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise RowError(f"“{name}” is not a number.")
    if isinstance(value, str) and not _NUMBER.match(value):
        raise RowError(f"“{name}” is not a number: “{value[:40]}”.")
    try:
        number = Decimal(value)
    except (InvalidOperation, ValueError):
        raise RowError(f"“{name}” is not a number.") from None
    if not number.is_finite():
        raise RowError(f"“{name}” is not a finite number.")
    if number and not -50 <= number.adjusted() <= 50:
        raise RowError(f"“{name}” is out of all range.")
    return number


@lru_cache(maxsize=65536)
def _money(value: int | Decimal | str, name: str) -> Decimal:
    number = finite(value, name)
    if abs(number) >= _AMOUNT_LIMIT:
        raise RowError(f"“{name}” is 10,000,000,000 or more.")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -4 and (exponent < -50 or number != round(number, 4)):
        raise RowError(f"“{name}” has more than four decimals.")
    return Decimal(plain(number))


def read_amount(value: Any, wire_type: str, kind: Kind) -> Decimal:
    if is_absent(value):
        if kind in AMOUNT_OPTIONAL:
            return Decimal(0)
        raise RowError(f"“Amount” is missing, and {wire_type} needs one.")
    return read_money(value)


def read_money(value: Any, name: str = "Amount") -> Decimal:
    """An amount of at most four decimals and below 10^10, from a number or a text. Raises RowError."""
    if isinstance(value, str):
        value = value.strip()
    elif isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise RowError(f"“{name}” is not a number.")
    return _money(value, name)


def readable_amount(value: Any) -> Decimal | None:
    """An amount if it is one: of a row that is refused for something else."""
    try:
        return read_money(value)
    except RowError:
        return None


def read_whole(value: Any, name: str, bits: int) -> int:
    if isinstance(value, str):
        value = value.strip()
        if not _WHOLE.match(value):
            raise RowError(f"“{name}” must be a whole number.")
    number = finite(value, name)
    if number != int(number):
        raise RowError(f"“{name}” must be a whole number.")
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        raise RowError(f"“{name}” is out of range.")
    return int(number)


def read_group(value: Any) -> int | None:
    if type(value) is int and 0 < value < 2**63:
        return value
    if is_absent(value):
        return None
    # Group 0 is how Loomis spells "none" on audit events.
    return read_whole(value, "PickupGroupId", 64) or None
