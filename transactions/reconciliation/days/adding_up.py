"""A safe's days, added up from lines of transactions. DOMAIN.md section 2, "Safe day". Pure: no ORM, no clock."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from transactions.catalogue import KIND_OF, Kind
from transactions.reconciliation.effects import (
    CHECK_IN,
    CHECK_OUT,
    DROPS,
    EXCHANGE,
    TO_BANKED,
    TO_INVENTORY,
)

ZERO = Decimal(0)

Pieces = dict[Decimal, Decimal]
"""How many of each unit value; negative where they went out."""


@dataclass(frozen=True, slots=True)
class Line:
    """Counted transactions of one safe that agree in all of this. Times are wall clocks, but for ``first_at``, UTC."""

    date: dt.date
    currency: str
    type: str
    register: str
    user_name: str
    group: int | None
    before: dt.datetime | None
    count: int
    amount: Decimal
    first: dt.datetime
    last: dt.datetime
    first_at: dt.datetime | None

    @property
    def kind(self) -> Kind:
        return KIND_OF.get(self.type, Kind.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Denominated:
    """So many pieces of one unit value, in the transactions that agree in the rest."""

    date: dt.date
    currency: str
    type: str
    group: int | None
    before: dt.datetime | None
    unit: Decimal
    count: Decimal


@dataclass(slots=True)
class Sums:
    """A safe's day in one currency; amounts as CONTRACT.md, "Sums", has them."""

    transaction_count: int = 0
    cash_count: int = 0
    validated: Decimal = ZERO
    manual: Decimal = ZERO
    dispensed: Decimal = ZERO
    picked_up: Decimal = ZERO
    change_ordered: Decimal = ZERO
    inventory_change: Decimal = ZERO
    till_in: Decimal = ZERO
    till_out: Decimal = ZERO
    inventory_moves: Pieces = field(default_factory=lambda: defaultdict(Decimal))


@dataclass(slots=True)
class Dropped:
    """What was dropped on a day with one pickup group, up to one servicing."""

    first_local_time: dt.datetime
    last_local_time: dt.datetime
    first_at: dt.datetime | None
    validated: Decimal = ZERO
    manual: Decimal = ZERO
    count: int = 0
    denominations: Pieces = field(default_factory=lambda: defaultdict(Decimal))


@dataclass(slots=True)
class Brought:
    """What one till brought on a day, and one person."""

    amount: Decimal = ZERO
    count: int = 0


Day = tuple[dt.date, str]
"""Business date and currency; an empty one is not known."""
DropKey = tuple[dt.date, str, int | None, dt.datetime | None]
"""Business date, currency, pickup group, the day's next servicing."""
TillKey = tuple[dt.date, str, str, str]
"""Business date, currency, register, user."""


@dataclass(slots=True)
class Added:
    days: dict[Day, Sums] = field(default_factory=lambda: defaultdict(Sums))
    drops: dict[DropKey, Dropped] = field(default_factory=dict)
    banked: dict[TillKey, Brought] = field(default_factory=lambda: defaultdict(Brought))


def add_up(lines: Iterable[Line], pieces: Iterable[Denominated]) -> Added:
    """The sums of all days that the lines are of. The order of lines makes no difference."""
    added = Added()
    for line in lines:
        _add_to_day(added.days[line.date, line.currency], line)
        if line.kind in DROPS:
            _add_to_drops(added, line)
        if line.type in TO_BANKED:
            brought = added.banked[line.date, line.currency, line.register, line.user_name]
            brought.amount += TO_BANKED[line.type] * line.amount
            brought.count += line.count
    for piece in pieces:
        sign = 1 if piece.type == EXCHANGE else TO_INVENTORY.get(piece.type, 0)
        if sign:
            added.days[piece.date, piece.currency].inventory_moves[piece.unit] += sign * piece.count
        elif KIND_OF.get(piece.type) == Kind.VALIDATED:
            added.drops[piece.date, piece.currency, piece.group, piece.before].denominations[piece.unit] += piece.count
    return added


def _add_to_day(sums: Sums, line: Line) -> None:
    sums.transaction_count += line.count
    if line.kind not in (Kind.MARKER, Kind.UNKNOWN):
        sums.cash_count += line.count
    sums.inventory_change += TO_INVENTORY.get(line.type, 0) * line.amount
    match line.kind:
        case Kind.VALIDATED:
            sums.validated += line.amount
        case Kind.MANUAL:
            sums.manual += line.amount
        case Kind.DISPENSE:
            sums.dispensed += line.amount
        case Kind.PICKUP:
            sums.picked_up += line.amount
        case Kind.CHANGE_ORDER:
            sums.change_ordered += line.amount
    if line.type == CHECK_IN:
        sums.till_in += line.amount
    elif line.type == CHECK_OUT:
        sums.till_out += line.amount


def _add_to_drops(added: Added, line: Line) -> None:
    key = line.date, line.currency, line.group, line.before
    dropped = added.drops.get(key)
    if dropped is None:
        dropped = added.drops[key] = Dropped(line.first, line.last, line.first_at)
    dropped.first_local_time = min(dropped.first_local_time, line.first)
    dropped.last_local_time = max(dropped.last_local_time, line.last)
    if line.first_at is not None:
        dropped.first_at = line.first_at if dropped.first_at is None else min(dropped.first_at, line.first_at)
    dropped.count += line.count
    if line.kind == Kind.VALIDATED:
        dropped.validated += line.amount
    else:
        dropped.manual += line.amount


def spelt(pieces: Pieces) -> list[list[str | int]]:
    """As it is stored: [[unit value, count], …] in the order of values, without those that came to nothing."""
    return [[format(unit.normalize(), "f"), int(count)] for unit, count in sorted(pieces.items()) if count]
