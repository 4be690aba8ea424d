"""What callers may do with cards: found, locked, allowed for their role, then done (loyalty.transitions).

Each function is one transaction, raises Refused, and checks in the order of DOMAIN.md, section 4: format, found,
role × reason, status. What is required is looked at by whoever reads the parameters. Texts come as they were sent.

Locks: the contact, then its cards, a replaced one before the one after it, and a card of nobody last.
Bonuses alone are locked by their card alone.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Case, QuerySet, Value, When
from django.db.transaction import atomic

from loyalty import transitions
from loyalty.acting import Actor
from loyalty.codes import BlockReason, CardStatus, CardType, Category, UnblockReason
from loyalty.events import write_event
from loyalty.formats import as_e164, is_card_number
from loyalty.models import Card, CardEvent, Contact
from loyalty.reasons import may_block, may_unblock
from loyalty.results import Key, Refused

_NO_NUMBER = "This is no card number: give it as it stands on the card, digits alone."


def make(number: str, category: str, type: str, actor: Actor) -> Card:
    """A New card. Raises ValidationError with sentences by field."""
    errors = {}
    if not is_card_number(number):
        errors["number"] = _NO_NUMBER
    if category not in Category.values:
        errors["category"] = f"There is no such category: give {_listed(Category.values)}."
    if type not in CardType.values:
        errors["type"] = f"There is no such type: give {_listed(CardType.values)}."
    if errors:
        raise ValidationError(errors)
    card = Card(number=number, category=category, type=type)
    try:
        with atomic():
            card.save(force_insert=True)
            write_event(card, CardEvent.What.MADE, actor)
    except IntegrityError:
        raise ValidationError({"number": "There is a card with this number already."}) from None
    return card


@atomic
def issue(number: str, actor: Actor) -> Card:
    card = lock_by_number(number, missing=Key.CARD_NUMBER_CANNOT_FIND)
    transitions.issue(card, actor)
    return card


@atomic
def bind(number: str, mobile: str, actor: Actor) -> Card:
    """``mobile``: as people write it."""
    _refuse_malformed(number, mobile)
    contact = _lock_contact(mobile)
    card = lock_by_number(number)
    transitions.bind(card, contact, actor)
    return card


@atomic
def activate(number: str, actor: Actor) -> Card:
    contact = lock_contact_of(number)
    card = lock_by_number(number, malformed=Key.CANNOT_FIND_CARD_NUMBER)
    transitions.activate(card, contact, actor)
    return card


@atomic
def block(number: str, mobile: str, code: str, actor: Actor) -> Card:
    """By number, by the contact's phone, or by both, which then have to mean the same card; empty is not given."""
    card, _ = _lock(number, mobile)
    if not may_block(actor.role, code):
        raise Refused(Key.BLOCK_REASON_ERROR, _not_allowed(BlockReason.values, code, "block"))
    transitions.block(card, code, actor)
    return card


@atomic
def unblock(number: str, mobile: str, code: str, actor: Actor) -> Card:
    """As `block`."""
    card, contact = _lock(number, mobile)
    if not may_unblock(actor.role, code):
        raise Refused(Key.UNBLOCK_REASON_ERROR, _not_allowed(UnblockReason.values, code, "unblock"))
    transitions.unblock(card, contact, code, actor)
    return card


def by_preference(cards: QuerySet[Card]) -> QuerySet[Card]:
    """Of the cards of one contact: those not finally blocked first, of these the active one, then the latest."""
    last = Case(When(block_reason=BlockReason.REPLACEMENT, then=Value(1)), default=Value(0))
    first = Case(When(status=CardStatus.ACTIVE, then=Value(0)), default=Value(1))
    return cards.order_by(last, first, "-id")


def lock_by_number(
    number: str, *, missing: Key = Key.CANNOT_FIND_CARD_NUMBER, malformed: Key = Key.INVALID_CARD_NUMBER
) -> Card:
    """The card, locked until the transaction ends. Raises Refused with the key that the caller's method has for it."""
    if not is_card_number(number):
        raise Refused(malformed, _NO_NUMBER)
    card = Card.objects.select_for_update().filter(number=number).first()
    if card is None:
        raise Refused(missing, "There is no card with this number.")
    return card


def lock_contact_of(number: str) -> Contact | None:
    """The contact of the card with this number, locked; None while it is nobody's.

    A card may be bound between this and its own lock: then what is done comes a moment before that.
    """
    if not is_card_number(number):
        return None
    return Contact.objects.select_for_update(no_key=True, of=("self",)).filter(cards__number=number).first()


def _lock(number: str, mobile: str) -> tuple[Card, Contact | None]:
    _refuse_malformed(number, mobile)
    contact = _lock_contact(mobile) if mobile else lock_contact_of(number)
    if number:
        card = lock_by_number(number)
        if mobile and contact is not None and card.contact_id != contact.pk:
            raise Refused(
                Key.CANNOT_FIND_CARD_NUMBER, "The number and the phone are of different cards: give one of the two."
            )
        return card, contact
    found = by_preference(Card.objects.filter(contact=contact)).select_for_update().first()
    if found is None:
        raise Refused(Key.CANNOT_FIND_CARD_NUMBER, "The contact with this mobile number has no card.")
    return found, contact


def _refuse_malformed(number: str, mobile: str) -> None:
    if number and not is_card_number(number):
        raise Refused(Key.INVALID_CARD_NUMBER, _NO_NUMBER)
    if mobile and as_e164(mobile) is None:
        raise Refused(Key.INVALID_MOBILE_NUMBER, "This is no phone number: give it with its country, as +12015550123.")


def _lock_contact(mobile: str) -> Contact:
    contact = Contact.objects.select_for_update(no_key=True).filter(mobile_number=as_e164(mobile)).first()
    if contact is None:
        raise Refused(Key.CANNOT_FIND_MOBILE, "There is no contact with this mobile number: register it first.")
    return contact


def _not_allowed(codes: list[str], code: str, verb: str) -> str:
    if code not in codes:
        return f"There is no such reason: give {_listed(codes)}."
    return f"Your role may not {verb} cards for this reason."


def _listed(codes: list[str]) -> str:
    return f"{', '.join(codes[:-1])} or {codes[-1]}"
