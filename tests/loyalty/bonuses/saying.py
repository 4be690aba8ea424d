"""The ledger in few words, for its tests: cards that can be spent from, and what is done to them.

Entries and amounts come as Any, so that they can be compared with plain numbers.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import count
from typing import Any

from loyalty import cards, replacing
from loyalty.acting import Actor
from loyalty.bonuses import holds, ledger
from loyalty.models import Card, Entry, Lot, LotChange
from safes.models.machine_account import Role
from tests.loyalty import making
from tests.loyalty.making import NUMBER

TILL = Actor("till-1", Role.TILL)
NEXT = "4000123412349999"
TODAY = dt.date(2026, 3, 14)
NOON = "2026-03-14T12:00:00Z"

_references = count(1)


def active_card(number: str = NUMBER) -> Card:
    return making.card(number, of=making.contact())


def day(days: int) -> dt.date:
    """So many days from TODAY."""
    return TODAY + dt.timedelta(days=days)


def accrue(
    amount: Any, reference: str = "", *, number: str = NUMBER, type: str = "0", begins: int | None = None,
    ends: int | None = None,
) -> Any:  # fmt: skip
    """Earned on TODAY; it begins and ends so many days from then."""
    return ledger.accrue(
        number,
        Decimal(amount),
        type,
        None if begins is None else day(begins),
        None if ends is None else day(ends),
        reference or _new(),
        TILL,
    )


def spend(amount: Any, reference: str = "", *, number: str = NUMBER) -> Any:
    return ledger.spend(number, Decimal(amount), reference or _new(), TILL)


def reverse(reverses: str, reference: str = "", *, number: str = NUMBER, kind: str | None = None) -> Any:
    return ledger.reverse(number, reference or _new(), reverses, TILL, kind)


def hold(amount: Any, reference: str, *, number: str = NUMBER) -> Any:
    return holds.hold(number, Decimal(amount), reference, TILL)


def confirm(reference: str, amount: Any = None, *, number: str = NUMBER) -> Any:
    return holds.confirm(number, reference, TILL, None if amount is None else Decimal(amount))


def void(reference: str, *, number: str = NUMBER) -> Any:
    return holds.void(number, reference, TILL)


def block(number: str = NUMBER, reason: str = "0") -> None:
    cards.block(number, "", reason, making.ADMINISTRATOR)


def replace(old: str = NUMBER, new: str = NEXT) -> Card:
    """The new card, which is made for it if it is not there."""
    if not Card.objects.filter(number=new).exists():
        making.card(new, issued=False)
    return replacing.replace(old, new, making.ADMINISTRATOR)


def balance(number: str = NUMBER) -> Any:
    return Card.objects.get(number=number).bonus_balance


def remains(number: str = NUMBER) -> list[Any]:
    """Of each lot of the card, in the order in which they were earned."""
    return list(Lot.objects.filter(card__number=number).order_by("earned_at", "pk").values_list("remaining", flat=True))


def kinds(number: str = NUMBER) -> list[str]:
    return list(Entry.objects.filter(card__number=number).order_by("pk").values_list("kind", flat=True))


def written() -> tuple[int, int, int]:
    """How much there is in the ledger."""
    return Lot.objects.count(), Entry.objects.count(), LotChange.objects.count()


def _new() -> str:
    return f"any-{next(_references)}"
