"""Counts by denomination, as people type them: a line for each, “20 x 12”. Pure: no ORM, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

MOST_PIECES = 10**9
_LINE = re.compile(r"\s*(?P<unit>[^\sx×*:;=]+)\s*(?:[x×*:;=]|\s)\s*(?P<count>\S+)\s*", re.IGNORECASE)

Pieces = list[tuple[Decimal, int]]
"""Unit values and how many of each, in the order of values."""


def read_lines(text: str) -> Pieces:
    """Unit value and count, a line for each: “20 x 12”, “0.25 × 40”, “20 12”. Empty lines say nothing.

    Raises ValueError, with a sentence that names the line.
    """
    found: list[tuple[Decimal, int]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        told = _LINE.fullmatch(line)
        if told is None:
            raise ValueError(f"Line {number}: write the unit value and how many of it there are, as 20 x 12.")
        try:
            found.append((_number(told["unit"]), _count(told["count"])))
        except ValueError as error:
            raise ValueError(f"Line {number}: {error}") from None
    return checked(found)


def checked(pieces: Iterable[tuple[Decimal, int]]) -> Pieces:
    """In the order of values, without those of which there is none.

    Raises ValueError, with a sentence, for a unit value that is none or comes twice, and for a count that is none.
    """
    found: dict[Decimal, int] = {}
    for unit, count in pieces:
        if not unit.is_finite() or unit <= 0:
            raise ValueError(f"A unit value is more than zero, which {unit} is not.")
        exponent = unit.normalize().as_tuple().exponent
        if unit >= 10**6 or not isinstance(exponent, int) or exponent < -4:
            raise ValueError(f"A unit value has at most four decimals and is less than a million, which {unit} is not.")
        if count != int(count):
            raise ValueError(f"How many there are is a whole number, which {count} is not.")
        if not 0 <= count < MOST_PIECES:
            raise ValueError(f"How many there are lies between 0 and a thousand million, which {count} does not.")
        if unit in found:
            raise ValueError(f"The unit value {unit} is there twice: add the two counts together.")
        found[unit] = count
    return [(unit, count) for unit, count in sorted(found.items()) if count]


def total(pieces: Iterable[tuple[Decimal, int]]) -> Decimal:
    return sum((unit * count for unit, count in pieces), Decimal(0))


def spelt(pieces: Iterable[tuple[Decimal, int]]) -> list[list[str | int]]:
    """As it is stored: [[unit value as text, count], …]."""
    return [[format(unit.normalize(), "f"), count] for unit, count in pieces]


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"The unit value is a number, which {text[:20]} is not.") from None
    if not number.is_finite():
        raise ValueError(f"The unit value is a number, which {text[:20]} is not.")
    return number


def _count(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,12}", text, re.ASCII):
        raise ValueError(f"How many there are is a whole number, which {text[:20]} is not.")
    return int(text)
