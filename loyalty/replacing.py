"""Replacing a card in one step: the old one is blocked for it, the new one issued, bound, and given the bonuses."""

from __future__ import annotations

from django.db.transaction import atomic

from loyalty import transitions
from loyalty.acting import Actor
from loyalty.cards import lock_by_number, lock_contact_of
from loyalty.codes import BlockReason, CardStatus
from loyalty.formats import is_card_number
from loyalty.models import Card, Contact
from loyalty.reasons import may_block
from loyalty.results import Key, Refused
from safes.models.machine_account import Role

# Somebody's lost card is replaced; who is on a list, or was locked out by an administrator, gets no new one.
_MAY_BE_BLOCKED_FOR = ("", BlockReason.LOSS, BlockReason.REPLACEMENT)
_NOBODYS = "The card is bound to nobody: there is nothing to replace."


@atomic
def replace(old_number: str, new_number: str, actor: Actor) -> Card:
    """The new card, which was New, or Issued and nobody's. Raises Refused."""
    if not may_block(actor.role, BlockReason.REPLACEMENT):
        raise Refused(Key.BLOCK_REASON_ERROR, "Your role may not replace cards.")
    contact = lock_contact_of(old_number)
    old = lock_by_number(old_number)
    if contact is None:
        raise Refused(Key.STATUS_ERROR, _NOBODYS)
    refused = refusal(old, contact)
    if refused is not None:
        raise refused
    if new_number == old_number:
        raise Refused(Key.STATUS_ERROR, "The new card is the old one: give the number of another.")
    new = _lock_new(new_number)
    transitions.block(old, BlockReason.REPLACEMENT, actor)
    if new.status == CardStatus.NEW:
        transitions.issue(new, actor)
    transitions.bind(new, contact, actor)
    return new


def refusal(card: Card, contact: Contact | None) -> Refused | None:
    """Why a card of this contact cannot be replaced as it stands, whoever asks; None: it can."""
    if contact is None or card.status == CardStatus.NEW:
        return Refused(Key.STATUS_ERROR, _NOBODYS)
    if contact.erased_at is not None:
        return Refused(Key.STATUS_ERROR, "The contact of the card was erased: nobody gets a card for it.")
    if card.replaced_by_id is not None:
        return Refused(Key.STATUS_ERROR, "The card was replaced already.")
    if card.block_reason not in _MAY_BE_BLOCKED_FOR or card.blocked_by_role == Role.ADMINISTRATOR:
        return Refused(
            Key.STATUS_ERROR,
            f"The card is blocked ({card.get_block_reason_display()}): unblock it before it is replaced.",
        )
    return None


def _lock_new(number: str) -> Card:
    """A card that may come after another: two that replace each other would wait for each other for ever."""
    if is_card_number(number) and Card.objects.filter(number=number, contact__isnull=False).exists():
        raise Refused(Key.BOUND_TO_ANOTHER_CONTACT, "The new card is somebody's already: take another card.")
    return lock_by_number(number)
