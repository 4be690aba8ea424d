"""Which card holds the bonuses, and what was written on the cards before it.

Cards that replaced one another are a chain, and the last of it holds all the lots. Its row lock is the lock of the
ledger: whoever has it, and finds that the card was not replaced, knows that nobody writes anywhere in the chain.
No function here waits for a card while it holds another.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from loyalty.bonuses.refusals import NoSuchCard
from loyalty.formats import is_card_number
from loyalty.models import Card, Entry

# A card and all before it. UNION ends it even if somebody should tie cards into a ring by hand.
_CHAIN = f"""
    WITH RECURSIVE chain(id) AS (
        SELECT %s::bigint
        UNION SELECT card.id FROM {Card._meta.db_table} card JOIN chain ON card.replaced_by_id = chain.id
    )
    SELECT id FROM chain
"""


def lock_card(number: str) -> Card:
    """The card itself, wherever its bonuses are."""
    card = _locked().filter(number=number).first() if is_card_number(number) else None
    return card or _missing()


def lock_holder(number: str) -> Card:
    """The card that holds the bonuses of this one: itself, or the last of those after it."""
    if not is_card_number(number):
        _missing()
    holder = _locked().filter(number=number, replaced_by=None).first()
    if holder is not None:
        return holder
    card = Card.objects.filter(number=number).first() or _missing()
    return lock_holder_of(card.pk)


def lock_holder_of(card_id: int) -> Card:
    """The same, of a card that is known to be there."""
    while True:
        holder = _locked().filter(pk=card_id, replaced_by=None).first()
        if holder is not None:
            return holder
        card_id = Card.objects.get(replaces=card_id).pk


def written(card: Card, kinds: Iterable[str], reference: str, *, number: str) -> list[Entry]:
    """Entries of these kinds with this reference on the card and those before it, of the card ``number`` first.

    Two cards can have the same reference only if both were in use before one took the place of the other.
    """
    chain = RawSQL(_CHAIN, [card.pk])  # noqa: S611  no text of anybody's is in it
    found = Entry.objects.filter(card__in=chain, kind__in=list(kinds), reference=reference)
    return sorted(found.select_related("card", "reverses"), key=lambda entry: (entry.card.number != number, -entry.pk))


def _locked() -> QuerySet[Card]:
    # Not the stronger lock, which would wait for whoever merely refers to the card.
    return Card.objects.select_for_update(no_key=True)


def _missing() -> Card:
    raise NoSuchCard("There is no card with this number.")
