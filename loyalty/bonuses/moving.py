"""Bonuses follow their holder from a card that was replaced to the one after it: whole lots, and an entry on each side.

The caller holds the locks on both cards.
"""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from loyalty.acting import Actor
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
        _enter(old, -amount, new, actor)
        _enter(new, amount, old, actor)
    write_event(old, CardEvent.What.REPLACED, actor, other_card=new)
    write_event(new, CardEvent.What.REPLACES, actor, other_card=old)


def _enter(card: Card, change: Decimal, other: Card, actor: Actor) -> None:
    Entry.objects.create(
        card=card,
        kind=Entry.Kind.TRANSFER,
        reference=mask_number(other.number),
        amount=abs(change),
        change=change,
        at=timezone.now(),
        by=actor.name,
        role=actor.role,
    )
