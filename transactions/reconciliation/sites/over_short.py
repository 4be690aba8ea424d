"""What the safes of a site say against what its tills say: over and short, by site, register and cashier.

DOMAIN.md section 2, "Site day". Pure: no ORM, no clock. Amounts are in the currency they are told in; over/short is
safe − takings, and None, not minus, before takings exist.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)
NO_REGISTER = ""

Till = tuple[str, str]
"""Register and cashier; empty where none is named."""


@dataclass(frozen=True, slots=True)
class Line:
    """An amount with the till it is told of: banked by it, or its takings."""

    register: str
    cashier: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Other:
    """Cash of the day that is in no safe, of a register where one is named."""

    register: str
    amount: Decimal
    is_deposit: bool


@dataclass(slots=True)
class Figures:
    """What the safe has, and what the tills say."""

    safe: Decimal = ZERO
    takings: Decimal | None = None
    deposits: Decimal = ZERO
    petty_cash: Decimal = ZERO

    @property
    def variance(self) -> Decimal | None:
        return None if self.takings is None else self.safe - self.takings

    @property
    def unexplained(self) -> Decimal | None:
        """What is left when cash that is in no safe is reckoned with: it explains a short."""
        return None if self.variance is None else self.variance + self.deposits + self.petty_cash

    def take(self, amount: Decimal) -> None:
        self.takings = (self.takings or ZERO) + amount

    def spare(self, other: Other) -> None:
        if other.is_deposit:
            self.deposits += other.amount
        else:
            self.petty_cash += other.amount


@dataclass(slots=True)
class Day:
    """A site's business day in one currency."""

    site: Figures = field(default_factory=Figures)
    registers: dict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    tills: dict[Till, Figures] = field(default_factory=lambda: defaultdict(Figures))


def compare(banked: Iterable[Line], takings: Iterable[Line], other: Iterable[Other] = ()) -> Day:
    """Hold what tills banked against their takings.

    A cashier is one whatever the case of the name. Takings of a register that name no cashier stand beside all of it
    but what those cashiers banked whom takings of that register do name.
    """
    banked, takings = list(banked), list(takings)
    day = Day()
    whole = {line.register for line in takings if not line.cashier}
    named = {(line.register, line.cashier.casefold()) for line in takings}
    spelt = _spellings(banked, takings)
    for line in banked:
        day.site.safe += line.amount
        day.registers[line.register].safe += line.amount
        known = (line.register, line.cashier.casefold())
        day.tills[_till(known, spelt, whole, named)].safe += line.amount
    for line in takings:
        day.site.take(line.amount)
        day.registers[line.register].take(line.amount)
        day.tills[(line.register, spelt[line.register, line.cashier.casefold()])].take(line.amount)
    for one in other:
        day.site.spare(one)
        day.registers[one.register].spare(one)
    return day


def _till(known: Till, spelt: dict[Till, str], whole: set[str], named: set[Till]) -> Till:
    """The line that banked cash belongs to."""
    register = known[0]
    return (register, "") if register in whole and known not in named else (register, spelt[known])


def _spellings(banked: list[Line], takings: list[Line]) -> dict[Till, str]:
    """One spelling of each name, the same in whatever order they were told: as the safe has it, where it has."""
    spelt: dict[Till, str] = {}
    for lines in (banked, takings):
        told: dict[Till, str] = {}
        for line in lines:
            known = (line.register, line.cashier.casefold())
            told[known] = min(told.get(known, line.cashier), line.cashier)
        spelt = told | spelt
    return spelt


def stake_of(day: Day, tolerance: Decimal) -> Decimal:
    """How much of a day's over/short needs a person.

    What the site as a whole cannot explain; or, where registers make up for one another, what those beyond the
    tolerance come to, but for what lines that name no register may explain.
    """
    if day.site.unexplained is None:
        return ZERO
    beyond = sum((abs(left) for left in unexplained(day).values() if abs(left) > tolerance), ZERO)
    nameless = day.registers.get(NO_REGISTER, Figures())
    loose = nameless.safe + nameless.deposits + nameless.petty_cash
    return max(abs(day.site.unexplained), beyond - abs(loose))


def unexplained(day: Day) -> dict[str, Decimal]:
    """What each register with takings cannot explain."""
    return {
        register: figures.unexplained
        for register, figures in sorted(day.registers.items())
        if register != NO_REGISTER and figures.unexplained is not None
    }
