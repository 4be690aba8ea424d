"""What can become of a card: each function looks at the present state, changes it, and writes the history.

The caller holds the lock on the contact, after it that on the card, and is in a transaction; who may do what was looked
at before (loyalty.cards). Nothing else writes a card's status. DOMAIN.md, section 4.
"""

from __future__ import annotations

from django.utils import timezone

from loyalty.acting import Actor
from loyalty.bonuses.moving import hand_over
from loyalty.codes import BlockReason, CardStatus, UnblockReason
from loyalty.enough import is_enough, missing
from loyalty.events import write_event
from loyalty.models import Card, CardEvent, Contact
from loyalty.reasons import ANSWERS, is_stricter
from loyalty.results import Key, Refused
from safes.models.machine_account import Role

_What = CardEvent.What
_BLOCK = ("block_reason", "blocked_by", "blocked_by_role", "blocked_at")


def issue(card: Card, actor: Actor) -> None:
    """New becomes Issued; what is Issued stays it."""
    if card.status == CardStatus.NEW:
        _become(card, CardStatus.ISSUED, _What.ISSUED, actor)
    elif card.status != CardStatus.ISSUED:
        raise Refused(Key.STATUS_ERROR, f"The card is {card.get_status_display()}: only a New card can be issued.")


def bind(card: Card, contact: Contact, actor: Actor) -> None:
    """An Issued card becomes this contact's, and Active at once if enough is known of it. Bound already: as it is.

    What a replaced card of the contact left behind comes along.
    """
    if card.status == CardStatus.NEW:
        raise Refused(Key.STATUS_ERROR, "The card is New: issue it before it is bound.")
    if card.status == CardStatus.BLOCKED:
        raise Refused(Key.STATUS_ERROR, "The card is Blocked: it can be bound to nobody.")
    if card.contact_id not in (None, contact.pk):
        raise Refused(Key.BOUND_TO_ANOTHER_CONTACT, "The card is bound to another contact: take another card.")
    if contact.cards.exclude(pk=card.pk).exclude(block_reason=BlockReason.REPLACEMENT).exists():
        raise Refused(
            Key.CONTACT_HAS_ANOTHER_CARD,
            "The contact has another card: block that one for replacement before this one is bound.",
        )
    if card.contact_id is None:
        card.contact = contact
        card.save(update_fields=["contact"])
        write_event(card, _What.BOUND, actor)
        hand_over(contact, card, actor)
    if card.status == CardStatus.ISSUED and is_enough(contact):
        _become(card, CardStatus.ACTIVE, _What.ACTIVATED, actor)


def activate(card: Card, contact: Contact | None, actor: Actor) -> None:
    """Issued, bound and enough known: Active. What is Active stays it."""
    if card.status == CardStatus.ACTIVE:
        return
    if card.status != CardStatus.ISSUED:
        raise Refused(Key.STATUS_ERROR, f"The card is {card.get_status_display()}: only an Issued card becomes Active.")
    if contact is None:
        raise Refused(Key.STATUS_ERROR, "The card is bound to nobody: bind it to a contact before it is activated.")
    if not is_enough(contact):
        raise Refused(Key.STATUS_ERROR, f"Not enough is known of the contact: fill in {', '.join(missing(contact))}.")
    _become(card, CardStatus.ACTIVE, _What.ACTIVATED, actor)


def block(card: Card, code: str, actor: Actor) -> None:
    """A bound card becomes Blocked. On a blocked one a stricter reason takes the place of the one before.

    An administrator's lock stays the administrator's, whoever gives a stricter reason.
    """
    if card.status == CardStatus.BLOCKED:
        if is_stricter(code, card.block_reason):
            if card.blocked_by_role != Role.ADMINISTRATOR:
                card.blocked_by, card.blocked_by_role = actor.name, actor.role
            card.block_reason, card.blocked_at = code, timezone.now()
            card.save(update_fields=_BLOCK)
            write_event(card, _What.STRICTER, actor, reason=code)
        return
    if card.status == CardStatus.NEW or card.contact_id is None:
        raise Refused(
            Key.STATUS_ERROR,
            f"The card is {card.get_status_display()} and bound to nobody: only a card that is bound can be blocked.",
        )
    card.block_reason, card.blocked_by, card.blocked_by_role = code, actor.name, actor.role
    card.blocked_at = timezone.now()
    _become(card, CardStatus.BLOCKED, _What.BLOCKED, actor, reason=code, more=_BLOCK)


def lock_up(card: Card, actor: Actor) -> None:
    """Block a card of a contact that is erased, for refusal to use or what is stricter, so that it stays the actor's.

    One that is blocked for good stays as it is.
    """
    if card.is_final:
        return
    block(card, BlockReason.REFUSAL, actor)
    if card.blocked_by_role != Role.ADMINISTRATOR:
        card.blocked_by, card.blocked_by_role, card.blocked_at = actor.name, actor.role, timezone.now()
        card.save(update_fields=_BLOCK)
        write_event(card, _What.STRICTER, actor, reason=card.block_reason)


def unblock(card: Card, contact: Contact | None, code: str, actor: Actor) -> None:
    """Blocked becomes Active if enough is known of the contact, else Issued.

    Without a contact it was nobody's, and so not Blocked, a moment ago.
    """
    if card.status != CardStatus.BLOCKED or contact is None:
        raise Refused(Key.STATUS_ERROR, "The card is not Blocked: there is nothing to unblock.")
    if card.is_final:
        raise Refused(Key.UNBLOCK_REASON_ERROR, "The card was replaced: nobody unblocks it. Use the card after it.")
    if ANSWERS[UnblockReason(code)] != card.block_reason:
        raise Refused(
            Key.UNBLOCK_REASON_ERROR,
            f"The card is blocked for another reason: {card.get_block_reason_display()}. Give the one that answers it.",
        )
    if card.blocked_by_role == Role.ADMINISTRATOR and actor.role != Role.ADMINISTRATOR:
        raise Refused(Key.UNBLOCK_REASON_ERROR, "An administrator blocked the card: only an administrator unblocks it.")
    card.block_reason, card.blocked_by, card.blocked_by_role, card.blocked_at = "", "", "", None
    status = CardStatus.ACTIVE if is_enough(contact) else CardStatus.ISSUED
    _become(card, status, _What.UNBLOCKED, actor, reason=code, more=_BLOCK)


def _become(
    card: Card,
    status: CardStatus,
    what: CardEvent.What,
    actor: Actor,
    *,
    reason: str = "",
    more: tuple[str, ...] = (),
) -> None:
    card.status = status
    card.save(update_fields=["status", *more])
    write_event(card, what, actor, reason=reason)
