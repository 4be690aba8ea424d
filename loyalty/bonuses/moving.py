"""Bonuses follow their holder from a card that was replaced to the one after it: whole lots, and an entry on each side.

The caller holds the locks on both cards.
"""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from loyalty.acting import Actor
from loyalty.bonuses.entering import write
from loyalty.codes import BlockReason
from loyalty.events import write_event
from loyalty.masking import mask_number
from loyalty.models import Card, CardEvent, Contact, Entry, Lot


def hand_over(contact: Contact, card: Card, actor: Actor) -> None:
    """If a card of this contact was blocked for replacement and nothing took its place yet, this one does."""
    left = Card.objects.select_for_update().filter(
        contact=contact, block_reason=BlockReason.REPLACEMENT, replaced_by__isnull=True
    )
    before = left.exclude(pk=card.pk).order_by("-blocked_at").first()
    if before is not None:
        move(before, card, actor)


def move(old: Card, new: Card, actor: Actor) -> None:
    """Make ``new`` the card after ``old``, and its lots that of ``new``, those that are empty too: a reversal may
    come that fills them again.
    """
    old.replaced_by = new
    old.save(update_fields=["replaced_by"])
    amount = old.lots.aggregate(sum=Sum("remaining"))["sum"] or Decimal(0)
    Lot.objects.filter(card=old).update(card=new)
    if amount:
        write(old, Entry.Kind.TRANSFER, -amount, mask_number(new.number), actor)
        write(new, Entry.Kind.TRANSFER, amount, mask_number(old.number), actor)
    write_event(old, CardEvent.What.REPLACED, actor, other_card=new)
    write_event(new, CardEvent.What.REPLACES, actor, other_card=old)
