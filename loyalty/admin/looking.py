"""What was typed at the card desk, and the cards and contacts that it may mean. Each look-up is by an index.

Parts are not put in order by the database, which might read all rows in that order for the few that fit: of a name
that half the town has, the first rows are as good as others, and who typed it is asked for more of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection
from django.db.models.functions import Right
from django.db.transaction import atomic

from loyalty.cards import by_preference
from loyalty.formats import as_e164, is_card_number, is_contact_code
from loyalty.models import Card, Contact
from loyalty.models.card import LAST_DIGITS

SHOWN = 20
LONGEST = 200
_FIRST_DIGITS = 6
# As people group the digits of cards and phones.
_GROUPING = re.compile(r"[\s\-./()]+")
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_WORD = re.compile(r"[^\W_]+")
_LEAST_LETTERS = 2
_MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A card and its contact, or one of the two."""

    card: Card | None
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Up to SHOWN lines. ``is_sure``: there is one, and nothing else can be meant."""

    lines: list[Line]
    has_more: bool = False
    is_sure: bool = False


def look(typed: str) -> Seen:
    """Raises ValueError, a sentence, when nothing can be looked for by it."""
    text = _read(typed)
    digits = _GROUPING.sub("", text)
    numbers = _numbers(text, digits)
    known = Card.objects.select_related("contact")
    cards: Sequence[Card] = list(known.filter(number__in=numbers)) if numbers else []
    contacts: Sequence[Contact] = _by_phone_and_code(text)
    if cards or contacts:
        return Seen(_lines_of_cards(cards) + _lines_of_contacts(contacts), is_sure=len(cards) + len(contacts) == 1)
    if _DIGITS.fullmatch(digits):
        cards = _by_part(digits)
        return Seen(_lines_of_cards(cards[:SHOWN]), has_more=len(cards) > SHOWN)
    if as_e164(text) or is_contact_code(text.upper()):
        return Seen([])
    contacts = _by_name(text)
    return Seen(_lines_of_contacts(contacts[:SHOWN]), has_more=len(contacts) > SHOWN)


def by_phone_or_code(typed: str) -> Contact | None:
    """The living contact that is meant, for binding a card to."""
    return next(iter(_by_phone_and_code(_read(typed))), None)


def _read(typed: str) -> str:
    text = " ".join(typed.replace("\x00", " ").split())
    if len(text) > LONGEST:
        raise ValueError(f"That is too long to look for: {LONGEST} characters at most.")
    return text


def _numbers(text: str, digits: str) -> set[str]:
    return {number for number in (text, digits) if is_card_number(number)}


def _by_phone_and_code(text: str) -> list[Contact]:
    living = Contact.objects.filter(erased_at__isnull=True)
    phone = as_e164(text)
    found = list(living.filter(mobile_number=phone)) if phone else []
    codes = {code for code in (text, text.upper()) if is_contact_code(code)}
    if codes:
        found += living.filter(code__in=codes).exclude(pk__in=[one.pk for one in found])
    return found


def _by_part(digits: str) -> Sequence[Card]:
    """By the last digits, and of six and more also by the first."""
    if len(digits) < LAST_DIGITS:
        raise ValueError(f"Give the last {LAST_DIGITS} digits of a card at least.")
    rows = Card.objects.select_related("contact").order_by()
    last = rows.annotate(end=Right("number", LAST_DIGITS)).filter(end=digits[-LAST_DIGITS:], number__endswith=digits)
    found: list[Card] = list(last[: SHOWN + 1])
    if len(digits) >= _FIRST_DIGITS:
        known = {card.pk for card in found}
        found += [card for card in rows.filter(number__startswith=digits)[: SHOWN + 1] if card.pk not in known]
    return found


def _by_name(text: str) -> Sequence[Contact]:
    """By what words of the name begin with, in any order."""
    words = _WORD.findall(text)[:_MOST_WORDS]
    if max(map(len, words), default=0) < _LEAST_LETTERS or all(word.isdecimal() for word in words):
        raise ValueError(
            f"Give a card number or its last {LAST_DIGITS} digits, a whole phone number, a contact code, or "
            f"{_LEAST_LETTERS} letters of a name at least."
        )
    asked = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
    rows = Contact.objects.order_by().annotate(words=SearchVector("name", config="simple")).filter(words=asked)
    with atomic(), connection.cursor() as cursor:
        # Of a word that nobody is called by the planner expects some, and reads all names for the first of them.
        cursor.execute("SET LOCAL enable_seqscan = off")
        return sorted(rows[: SHOWN + 1], key=lambda one: one.name)


def _lines_of_cards(cards: Sequence[Card]) -> list[Line]:
    return [Line(card, card.contact) for card in cards]


def _lines_of_contacts(contacts: Sequence[Contact]) -> list[Line]:
    """Each with the card that is in use, else the last that was."""
    cards = by_preference(Card.objects.filter(contact__in=contacts)) if contacts else []
    in_use: dict[int | None, Card] = {}
    for card in cards:
        in_use.setdefault(card.contact_id, card)
    return [Line(in_use.get(one.pk), one) for one in contacts]
