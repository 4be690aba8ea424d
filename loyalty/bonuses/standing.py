"""How a card's bonuses stand on a date, from its lots. No database, no clock.

DOMAIN.md, section 4: a lot is active from its date on and gone when its expiry date begins, whether or not the daily
task has burnt it yet; while the card is blocked what is left is frozen; the lot that expires next is told beside.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from loyalty.codes import BonusStatus, BonusType


@dataclass(frozen=True, slots=True)
class LotFacts:
    """A lot as the ledger has it; see loyalty.models.Lot."""

    type: str
    remaining: Decimal
    burnt: Decimal
    active_from: dt.date
    expires_on: dt.date | None

    def is_over(self, today: dt.date) -> bool:
        return self.expires_on is not None and self.expires_on <= today

    def is_usable(self, today: dt.date) -> bool:
        return self.remaining > 0 and self.active_from <= today and not self.is_over(today)


@dataclass(frozen=True, slots=True)
class BonusRow:
    """So much of one type stands so. ``expires_on`` with EXPIRES_NEXT alone, whose amount is counted above already."""

    amount: Decimal
    status: BonusStatus
    type: BonusType
    expires_on: dt.date | None = None


def bonus_rows(lots: Iterable[LotFacts], *, is_blocked: bool, today: dt.date) -> list[BonusRow]:
    """By status, then by type; what is nothing is left out."""
    lots = list(lots)
    sums: dict[tuple[BonusStatus, BonusType], Decimal] = defaultdict(Decimal)
    for lot in lots:
        sums[BonusStatus.BURNT, BonusType(lot.type)] += lot.burnt
        sums[_status(lot, is_blocked, today), BonusType(lot.type)] += lot.remaining
    rows = [BonusRow(amount, status, type) for (status, type), amount in sums.items() if amount]
    return sorted(rows + _next(lots, today), key=lambda row: (row.status, row.type))


def spendable(lots: Iterable[LotFacts], today: dt.date) -> Decimal:
    """What can be spent of a card that is Active."""
    return sum((lot.remaining for lot in lots if lot.is_usable(today)), Decimal(0))


def _status(lot: LotFacts, is_blocked: bool, today: dt.date) -> BonusStatus:
    if lot.is_over(today):
        return BonusStatus.BURNT
    if is_blocked:
        return BonusStatus.FROZEN
    return BonusStatus.ACTIVE if lot.active_from <= today else BonusStatus.INACTIVE


def _next(lots: list[LotFacts], today: dt.date) -> list[BonusRow]:
    """What expires on the nearest date; of both types where both do."""
    coming = [lot for lot in lots if lot.remaining > 0 and lot.expires_on is not None and not lot.is_over(today)]
    nearest = min((lot.expires_on for lot in coming if lot.expires_on), default=None)
    amounts: dict[BonusType, Decimal] = defaultdict(Decimal)
    for lot in coming:
        if lot.expires_on == nearest:
            amounts[BonusType(lot.type)] += lot.remaining
    return [BonusRow(amount, BonusStatus.EXPIRES_NEXT, type, nearest) for type, amount in amounts.items()]
