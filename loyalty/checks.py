"""What Django's check says of the settings of the card service, before a till meets them."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from django.conf import settings
from django.core.checks import CheckMessage, Error

from loyalty.enough import FIELDS
from loyalty.throttle import read_limit

_PATTERNS = ("LOYALTY_CARD_NUMBER_PATTERN", "LOYALTY_CONTACT_CODE_PATTERN")
_LIMITS = ("LOYALTY_MISS_LIMIT", "LOYALTY_SAME_MISS_LIMIT")


def card_service(**_: Any) -> list[CheckMessage]:
    return [*_patterns(), *_region(), *_fields(), *_limits(), *_zone()]


def _patterns() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name in _PATTERNS:
        try:
            pattern = re.compile(getattr(settings, name), re.ASCII)
        except re.error as error:
            found.append(Error(f"{name} is no regular expression: {error}. Correct it.", id="loyalty.E001"))
            continue
        if pattern.fullmatch(""):
            found.append(Error(f"{name} matches an empty text: ask for a digit at least.", id="loyalty.E002"))
    return found


def _region() -> list[CheckMessage]:
    if settings.PHONE_DEFAULT_REGION in phonenumbers.SUPPORTED_REGIONS:
        return []
    sentence = f"PHONE_DEFAULT_REGION is “{settings.PHONE_DEFAULT_REGION}”: set it to a country's two letters, as US."
    return [Error(sentence, id="loyalty.E003")]


def _fields() -> list[CheckMessage]:
    unknown = [name for name in settings.LOYALTY_REQUIRED_CONTACT_FIELDS if name not in FIELDS]
    if not unknown:
        return []
    sentence = f"LOYALTY_REQUIRED_CONTACT_FIELDS names {', '.join(unknown)}: choose among {', '.join(FIELDS)}."
    return [Error(sentence, id="loyalty.E004")]


def _limits() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name in _LIMITS:
        try:
            read_limit(getattr(settings, name))
        except ValueError as error:
            found.append(Error(f"{name}: {error}", id="loyalty.E005"))
    if settings.LOYALTY_PROBING_MISSES < 1:
        found.append(Error("LOYALTY_PROBING_MISSES is below 1: set it to how many misses an hour.", id="loyalty.E006"))
    return found


def _zone() -> list[CheckMessage]:
    try:
        ZoneInfo(settings.LOYALTY_TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a directory
        sentence = f"LOYALTY_TIME_ZONE is “{settings.LOYALTY_TIME_ZONE}”: set it to an IANA zone, as America/New_York."
        return [Error(sentence, id="loyalty.E007")]
    return []
