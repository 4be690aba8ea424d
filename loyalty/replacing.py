"""Replacing a card in one step: the old one is blocked for it, the new one issued, bound, and given the bonuses."""

from __future__ import annotations

from django.db.transaction import atomic

from loyalty import transitions
from loyalty.acting import Actor
from loyalty.cards import lock_by_number
from loyalty.codes import BlockReason, CardStatus
from loyalty.models import Card, Contact
from loyalty.reasons import may_block
from loyalty.results import Key, Refused
from safes.models.machine_account import Role

# Somebody's lost card is replaced; who is on a list, or was locked out by an administrator, gets no new one.
_MAY_BE_BLOCKED_FOR = ("", BlockReason.LOSS, BlockReason.REPLACEMENT)


@atomic
def replace(old_number: str, new_number: str, actor: Actor) -> Card:
    """The new card, which was New, or Issued and nobody's. Raises Refused."""
    if not may_block(actor.role, BlockReason.REPLACEMENT):
        raise Refused(Key.BLOCK_REASON_ERROR, "Your role may not replace cards.")
    old = lock_by_number(old_number)
    if old.status == CardStatus.NEW or old.contact_id is None:
        raise Refused(Key.STATUS_ERROR, "The card is bound to nobody: there is nothing to replace.")
    if old.replaced_by_id is not None:
        raise Refused(Key.STATUS_ERROR, "The card was replaced already.")
    if old.block_reason not in _MAY_BE_BLOCKED_FOR or old.blocked_by_role == Role.ADMINISTRATOR:
        raise Refused(
            Key.STATUS_ERROR,
            f"The card is blocked ({old.get_block_reason_display()}): unblock it before it is replaced.",
        )
    if new_number == old_number:
        raise Refused(Key.STATUS_ERROR, "The new card is the old one: give the number of another.")
    new = lock_by_number(new_number)
    contact = Contact.objects.select_for_update(no_key=True).get(pk=old.contact_id)
    transitions.block(old, BlockReason.REPLACEMENT, actor)
    if new.status == CardStatus.NEW:
        transitions.issue(new, actor)
    transitions.bind(new, contact, actor)
    return new
