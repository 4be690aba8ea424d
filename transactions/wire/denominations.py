"""Denominations of a row: like ones summed, in one order. Pure: no ORM, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from transactions.wire.numbers import plain, read_money, read_whole
from transactions.wire.values import RowError, is_absent, pairs_of

MOST_DENOMINATIONS = 1000
_LONGEST = 60
_NAMES = {"UnitValue", "Count", "Currency"}


@dataclass(slots=True, frozen=True)
class Denomination:
    """``count`` notes or coins of ``unit_value``; the currency is None where none was sent."""

    unit_value: Decimal
    count: int
    currency: str | None
    # Like ones share the order; the text is ["unit value", count, "currency" or null], one spelling for the key and for
    # the table. Both are made once for each denomination that ever comes.
    order: tuple[int, str] = field(init=False, repr=False, compare=False)
    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        currency = f'"{self.currency}"' if self.currency else "null"
        # In whole ten-thousandths, which a unit value has at most: much faster to compare than decimals.
        object.__setattr__(self, "order", (int(self.unit_value.scaleb(4)), self.currency or ""))
        object.__setattr__(self, "text", f'["{plain(self.unit_value)}",{self.count},{currency}]')


def read_denominations(value: Any) -> tuple[Denomination, ...]:
    if is_absent(value):
        return ()
    if isinstance(value, dict):
        # The XML form wraps them: <Denominations><DenominationValue>…
        wrapped: list[Any] = []
        for name, inner in pairs_of(value):
            if name.strip().lower() != "denominationvalue":
                raise RowError("“Denominations” is not a list.")
            if not is_absent(inner):
                wrapped.extend(inner if isinstance(inner, list) else [inner])
        value = wrapped
    if not isinstance(value, list):
        raise RowError("“Denominations” is not a list.")
    if len(value) > MOST_DENOMINATIONS:
        raise RowError(f"“Denominations” lists more than {MOST_DENOMINATIONS:,} entries.")
    return in_order([_denomination(entry) for entry in value])


def in_order(found: list[Denomination]) -> tuple[Denomination, ...]:
    """Denominations in the order that all spellings share, like ones summed."""
    if len(found) > 1:
        found.sort(key=_ORDER)
        if len(set(map(_ORDER, found))) < len(found):
            found = _summed(found)
    return tuple(found)


_ORDER = attrgetter("order")


def _summed(denominations: list[Denomination]) -> list[Denomination]:
    """Like ones made one; the list is in order."""
    summed: list[Denomination] = []
    for _, like in groupby(denominations, key=_ORDER):
        first, *rest = like
        count = first.count + sum(other.count for other in rest)
        if not -(2**31) <= count < 2**31:
            raise RowError("“Count” is out of range.")
        summed.append(Denomination(first.unit_value, count, first.currency))
    return summed


def _denomination(entry: Any) -> Denomination:
    if type(entry) is dict and entry.keys() == _NAMES:
        unit_value, count, currency = entry["UnitValue"], entry["Count"], entry["Currency"]
        if type(currency) is str and len(currency) == 3:
            # As JSON has them, and as XML does; nothing long is remembered.
            if type(unit_value) is Decimal and type(count) is int:
                return _known_denomination(unit_value, count, currency)
            if type(unit_value) is type(count) is str and len(unit_value) + len(count) < _LONGEST:
                return _known_denomination(unit_value, count, currency)
    if not isinstance(entry, dict):
        raise RowError("A denomination is not an object with properties.")
    found: dict[str, Any] = {}
    for name, value in pairs_of(entry):
        lower = name.strip().lower()
        if lower in found and found[lower] != value:
            raise RowError(f"“{name[:60]}” of a denomination is given twice with different values.")
        found[lower] = value
    return read_denomination(found.get("unitvalue"), found.get("count"), found.get("currency"))


def read_denomination(unit_value: Any, count: Any, currency: Any) -> Denomination:
    if is_absent(unit_value):
        raise RowError("A denomination has no “UnitValue”.")
    if is_absent(count):
        raise RowError("A denomination has no “Count”.")
    return Denomination(read_money(unit_value, "UnitValue"), read_whole(count, "Count", 32), _currency(currency))


_known_denomination = lru_cache(maxsize=65536)(read_denomination)


def _currency(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise RowError("“Currency” must be a text.")
    code = value.strip().upper()
    if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise RowError(f"“Currency” must be three letters, not “{code[:20]}”.")
    return code or None
