"""Cards and contacts in the box that searches everything, as at the card desk; what is found is masked."""

from __future__ import annotations

from loyalty.admin.looking import Line, look
from loyalty.admin.words import masked_name, masked_phone, standing
from safes.admin.bases import EMPTY, change_url
from safes.search import Finder, Found, Hit, Question, hang


def _cards(question: Question) -> Found | None:
    if question.date is not None:
        return None
    try:
        seen = look(question.text)
    except ValueError:
        # Too little for a card or a person, enough perhaps for something else.
        return None
    return Found([_hit(line) for line in seen.lines])


def _hit(line: Line) -> Hit:
    """A card with whose it is, or a contact that has none."""
    card, contact = line.card, line.contact
    whose = [masked_name(contact), masked_phone(contact)]
    if card is not None:
        return Hit(change_url(card), str(card), _words(standing(card), *whose, contact.code if contact else ""))
    return Hit(change_url(contact), contact.code, _words(*whose)) if contact is not None else Hit("", "")


def _words(*parts: str) -> str:
    return ", ".join(part for part in parts if part not in ("", EMPTY))


hang(
    Finder(
        "Loyalty cards",
        45,
        "loyalty.view_card",
        "all cards, by number or its last digits; all contacts, by code, phone and name",
        _cards,
    )
)
