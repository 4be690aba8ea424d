"""The ledger as somebody with pencil and paper keeps it: lots, what is left of each, and the calls that were taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass
class Told:
    """One lot."""

    earned: dt.datetime
    amount: Decimal
    begins: dt.date
    ends: dt.date | None
    left: Decimal
    burnt: Decimal = Decimal(0)

    def is_over(self, today: dt.date) -> bool:
        return self.ends is not None and today >= self.ends


@dataclass
class Done:
    """A call that was taken, and what it took from which lot."""

    kind: str
    reference: str
    amount: Decimal
    parts: list[tuple[int, Decimal]]
    again: Callable[[], Any]
    entry: Any
    state: str = ""
    at: dt.datetime | None = None


@dataclass
class Paper:
    lots: list[Told] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)

    def of(self, *kinds: str) -> list[Done]:
        return [one for one in self.done if one.kind in kinds]

    def balance(self) -> Decimal:
        return sum((lot.left for lot in self.lots), Decimal(0))

    def usable(self, today: dt.date) -> list[int]:
        """Places of lots, the oldest first; clocks go wrong, so that need not be the order of writing."""
        places = sorted(range(len(self.lots)), key=lambda at: (self.lots[at].earned, at))
        lots = [(at, self.lots[at]) for at in places]
        return [at for at, lot in lots if lot.left and lot.begins <= today and not lot.is_over(today)]

    def spendable(self, today: dt.date) -> Decimal:
        return sum((self.lots[at].left for at in self.usable(today)), Decimal(0))

    def take(self, amount: Decimal, today: dt.date) -> list[tuple[int, Decimal]]:
        parts = []
        for at in self.usable(today):
            part = min(amount, self.lots[at].left)
            if part:
                parts.append((at, part))
                self.lots[at].left -= part
                amount -= part
        assert not amount
        return parts

    def put_back(self, parts: list[tuple[int, Decimal]]) -> None:
        for at, part in parts:
            self.lots[at].left += part
