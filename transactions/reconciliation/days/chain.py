"""What days opened and closed with, each going on from the one before. DOMAIN.md section 2, "Safe day".

Pure: no ORM, no clock. All days are of one safe and one currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Moved:
    """What came into a compartment on a business date, less what left it."""

    date: dt.date
    contents: Decimal
    inventory: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """What a compartment holds, and whether a count stands behind that; else it is since first seen."""

    amount: Decimal = ZERO
    is_counted: bool = False


@dataclass(frozen=True, slots=True)
class Balances:
    contents: Balance = Balance()
    inventory: Balance = Balance()


Counted = Mapping[dt.date, Decimal]
"""Counted openings by business date."""


def carry(
    start: Balances, days: Iterable[Moved], contents: Counted, inventory: Counted
) -> Iterator[tuple[dt.date, Balances]]:
    """What each day opened with, in the order of dates; ``start`` is what the day before the first closed with.

    A counted opening replaces what the day before closed with.
    """
    held = start
    for day in days:
        opened = Balances(
            _opened(held.contents, contents.get(day.date)), _opened(held.inventory, inventory.get(day.date))
        )
        yield day.date, opened
        held = Balances(
            Balance(opened.contents.amount + day.contents, opened.contents.is_counted),
            Balance(opened.inventory.amount + day.inventory, opened.inventory.is_counted),
        )


def _opened(held: Balance, counted: Decimal | None) -> Balance:
    return held if counted is None else Balance(counted, is_counted=True)
