"""Writing down what happened to a card, in the transaction in which it happens."""

from __future__ import annotations

from django.utils import timezone

from loyalty.acting import Actor
from loyalty.models import Card, CardEvent


def write_event(
    card: Card, what: CardEvent.What, actor: Actor, *, reason: str = "", other_card: Card | None = None
) -> None:
    CardEvent.objects.create(
        card=card,
        what=what,
        status=card.status,
        at=timezone.now(),
        by=actor.name,
        role=actor.role,
        by_person=actor.is_person,
        reason=reason,
        contact_id=card.contact_id,
        other_card=other_card,
    )
