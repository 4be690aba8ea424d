"""What is in a safe now, added up. DOMAIN.md section 2, "Safe day". Pure: no ORM, no clock.

Validated cash is known by denomination as far as the machine told; manual drops stand apart, since no machine counted
them; a counted opening stands for what was there before it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)

Told = Iterable[tuple[str, int]]
"""Unit values as text, and how many of each."""
Pieces = list[tuple[Decimal, int]]
"""Unit values and how many of each, in the order of values."""


@dataclass(frozen=True, slots=True)
class Line:
    """Drops that are still in the safe, or the counted opening that stands for what was."""

    date: dt.date
    currency: str
    validated: Decimal
    manual: Decimal
    counted: Decimal
    pieces: Told = ()
    is_opening: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """How the inventory moved since its last counted opening, or since it was first seen; ``opening`` is that count."""

    currency: str
    amount: Decimal
    pieces: Told = ()
    opening: Decimal | None = None
    opening_pieces: Told = ()
    since: dt.date | None = None


@dataclass(slots=True)
class Contents:
    """A safe in one currency. ``since`` is the business date of the oldest drop, or of the counted opening."""

    currency: str
    validated: Decimal = ZERO
    manual: Decimal = ZERO
    counted: Decimal = ZERO
    pieces: Pieces = field(default_factory=list)
    since: dt.date | None = None
    is_counted: bool = False
    inventory: Decimal = ZERO
    inventory_pieces: Pieces = field(default_factory=list)
    inventory_since: dt.date | None = None
    inventory_is_counted: bool = False

    @property
    def total(self) -> Decimal:
        return self.validated + self.manual + self.counted

    @property
    def without_pieces(self) -> Decimal:
        """What of validated and counted cash nobody told by denomination."""
        return self.validated + self.counted - _amount(self.pieces)

    @property
    def inventory_without_pieces(self) -> Decimal:
        return self.inventory - _amount(self.inventory_pieces)


def add_up(lines: Iterable[Line], moves: Iterable[Moved]) -> list[Contents]:
    """What is in one safe, by currency in order; the order of lines makes no difference."""
    found: dict[str, Contents] = {}
    pieces: dict[str, dict[Decimal, int]] = defaultdict(lambda: defaultdict(int))
    for line in lines:
        one = found.setdefault(line.currency, Contents(line.currency))
        one.validated += line.validated
        one.manual += line.manual
        one.counted += line.counted
        one.is_counted |= line.is_opening
        one.since = line.date if one.since is None else min(one.since, line.date)
        _add(pieces[line.currency], line.pieces)
    for moved in moves:
        one = found.setdefault(moved.currency, Contents(moved.currency))
        one.inventory = moved.amount + (moved.opening or ZERO)
        one.inventory_is_counted = moved.opening is not None
        one.inventory_since = moved.since
        inventory: dict[Decimal, int] = defaultdict(int)
        _add(inventory, moved.opening_pieces)
        _add(inventory, moved.pieces)
        one.inventory_pieces = _ordered(inventory)
    for currency, one in found.items():
        one.pieces = _ordered(pieces[currency])
    return [found[currency] for currency in sorted(found)]


def _add(pieces: dict[Decimal, int], told: Told) -> None:
    for unit, count in told:
        pieces[Decimal(unit)] += count


def _ordered(pieces: dict[Decimal, int]) -> Pieces:
    return [(unit, count) for unit, count in sorted(pieces.items()) if count]


def _amount(pieces: Pieces) -> Decimal:
    return sum((unit * count for unit, count in pieces), ZERO)
