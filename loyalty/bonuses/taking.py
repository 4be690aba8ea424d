"""What is taken for a purchase, of which lots: the oldest earned first, whatever their type."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from loyalty.bonuses.refusals import Conflict
from loyalty.bonuses.standing import LotFacts, spendable
from loyalty.codes import CardStatus
from loyalty.masking import mask_number
from loyalty.models import Card, Lot
from loyalty.today import today

Portions = list[tuple[Lot, Decimal]]


def take(card: Card, amount: Decimal) -> Portions:
    """Lots of a card that is locked, and what is taken of each, below 0. Raises Conflict."""
    _refuse_unless_active(card)
    now = today()
    lots = list(card.lots.filter(remaining__gt=0).order_by("earned_at", "pk"))
    usable = [lot for lot in lots if facts(lot).is_usable(now)]
    enough = spendable(map(facts, usable), now)
    if amount > enough:
        raise Conflict(f"No more than {enough} can be spent of this card: give a smaller amount.")
    return portions(((lot, lot.remaining) for lot in usable), amount)


def portions(lots: Iterable[tuple[Lot, Decimal]], amount: Decimal) -> Portions:
    """``amount`` out of what there is to take of each lot, from the first on until it is all there."""
    taken: Portions = []
    for lot, there in lots:
        if not amount:
            break
        part = min(there, amount)
        taken.append((lot, -part))
        amount -= part
    return taken


def facts(lot: Lot) -> LotFacts:
    return LotFacts(
        type=lot.type,
        remaining=lot.remaining,
        burnt=lot.burnt,
        active_from=lot.active_from,
        expires_on=lot.expires_on,
    )


def _refuse_unless_active(card: Card) -> None:
    if card.replaced_by_id is not None:
        # In full it is for who has it in hand.
        after = mask_number(Card.objects.get(pk=card.replaced_by_id).number)
        raise Conflict(f"The card was replaced: use the one after it, {after}.")
    if card.status != CardStatus.ACTIVE:
        raise Conflict(f"The card is {card.get_status_display()}: bonuses can be spent only of an Active card.")
