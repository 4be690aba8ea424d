"""How card numbers, contact codes and phones are written. Patterns and the region come from the settings.

CONTRACT.md, "contacts, cards": LOYALTY_CARD_NUMBER_PATTERN, LOYALTY_CONTACT_CODE_PATTERN, PHONE_DEFAULT_REGION.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from django.conf import settings
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

# What the columns hold; no pattern can allow more.
LONGEST_NUMBER = 40
LONGEST_CODE = 40

_PHONE = re.compile(r"[+(]?[0-9][0-9 ().\-/]{2,38}", re.ASCII)


def is_card_number(text: str) -> bool:
    return _is(text, settings.LOYALTY_CARD_NUMBER_PATTERN, LONGEST_NUMBER)


def is_contact_code(text: str) -> bool:
    return _is(text, settings.LOYALTY_CONTACT_CODE_PATTERN, LONGEST_CODE)


def _is(text: str, pattern: str, longest: int) -> bool:
    # Printable, whatever the pattern allows: PostgreSQL takes no null bytes, and UTF-8 has no half characters.
    return len(text) <= longest and text.isprintable() and _pattern(pattern).fullmatch(text) is not None


@lru_cache
def _pattern(text: str) -> re.Pattern[str]:
    # ASCII: digits of other scripts are none of a card's.
    return re.compile(text, re.ASCII)


def as_e164(text: str) -> str | None:
    """A phone as +12015550123, from E.164 or as people of PHONE_DEFAULT_REGION write it; None if it is no phone.

    By its length, not by whether the network has given it out: numbering plans change sooner than libraries do.
    """
    # In a query and in a form an unescaped + is a space; a phone begins with no space by itself.
    text = f"+{text[1:]}" if text[:1] == " " and text[1:2].isdigit() else text
    text = text.strip()
    if not _PHONE.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, settings.PHONE_DEFAULT_REGION)
    except NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
