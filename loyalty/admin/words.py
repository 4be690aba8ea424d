"""Cards and contacts in words: what is shown of them to everybody, and what happened to them."""

from __future__ import annotations

from decimal import Decimal

from loyalty.codes import BlockReason, CardStatus, UnblockReason
from loyalty.enough import missing
from loyalty.masking import mask_name, mask_number
from loyalty.models import Card, CardEvent, Contact
from safes.admin.bases import EMPTY, instant
from safes.models.machine_account import Role

# How the staff site colours a status; its name stands beside the colour.
STATUS_LABELS = {"New": "default", "Issued": "info", "Active": "success", "Blocked": "danger"}

_FIELDS = {"name": "name", "mobile_number": "mobile number", "email": "e-mail", "birth_date": "birth date"}
_ERASED = "erased"


def masked_number(card: Card | None) -> str:
    return mask_number(card.number) if card else EMPTY


def masked_name(contact: Contact | None) -> str:
    if contact is None:
        return EMPTY
    return _ERASED if contact.erased_at else mask_name(contact.name) or EMPTY


def masked_phone(contact: Contact | None) -> str:
    return mask_number(contact.mobile_number or "") or EMPTY if contact else EMPTY


def masked_email(contact: Contact | None) -> str:
    return mask_email(contact.email) if contact and contact.email else EMPTY


def mask_email(text: str) -> str:
    """a•••@•••; not the house either, which may be a family's own."""
    return f"{text[0]}•••@•••"


def masked_birth_date(contact: Contact | None) -> str:
    return "known, not shown" if contact and contact.birth_date else EMPTY


def lacks(contact: Contact) -> str:
    """“birth date is not known”: what is missing for an active card; "" when nothing is."""
    names = [_FIELDS.get(name, name) for name in missing(contact)]
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} not known" if names else ""


def role_in_words(role: str) -> str:
    return str(dict(Role.choices).get(role, role))


def bonuses(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def standing(card: Card) -> str:
    """Where a card stands, in a sentence."""
    if card.status == CardStatus.NEW:
        return "It lies in a drawer: nobody was given it yet."
    if card.status == CardStatus.ISSUED:
        if card.contact_id is None:
            return "It was given out and is bound to nobody."
        return "It is bound, and not active: not enough was known of the contact when it was."
    if card.status == CardStatus.ACTIVE:
        return "It is in use: bonuses are earned and spent."
    by = f"by {card.blocked_by}" + (f" ({role_in_words(card.blocked_by_role)})" if card.blocked_by_role else "")
    return f"Blocked for {card.get_block_reason_display()}, {by}, {instant(card.blocked_at)}. Its bonuses are frozen."


def happened(event: CardEvent) -> str:
    """What an event was, with its reason and the other card."""
    said = event.get_what_display()
    if event.what == CardEvent.What.UNBLOCKED:
        return f"{said}: {dict(UnblockReason.choices).get(event.reason, event.reason)}"
    if event.reason:
        return f"{said}: {dict(BlockReason.choices).get(event.reason, event.reason)}"
    if event.other_card is not None:
        return f"{said}, {event.other_card}"
    return str(said)


def who(by: str, role: str) -> str:
    return f"{by}, {role_in_words(role)}" if role else by


def signed(amount: Decimal) -> str:
    """+12.00 or −12.00."""
    return f"{amount:+,.2f}".replace("-", "\N{MINUS SIGN}")
