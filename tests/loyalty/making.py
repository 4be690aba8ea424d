"""Contacts, cards and accounts as the tests of the card service need them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from loyalty import cards
from loyalty.acting import Actor
from loyalty.models import Card, Contact
from safes.models.machine_account import Role

ADMINISTRATOR = Actor("root", Role.ADMINISTRATOR)
NUMBER = "4000123412341234"
PHONE = "+12015550123"


def contact(code: str = "C100001", mobile: str = PHONE, **other: Any) -> Contact:
    """One of whom enough is known, unless told otherwise."""
    known = {"name": "Anna Berg", "birth_date": dt.date(1984, 2, 29)} | other
    return Contact.objects.create(code=code, mobile_number=mobile, **known)


def card(number: str = NUMBER, *, of: Contact | None = None, issued: bool = True) -> Card:
    """A card that is Issued, and Active if it is somebody's of whom enough is known; New if not ``issued``."""
    made = cards.make(number, "0", "0", ADMINISTRATOR)
    if issued or of:
        made = cards.issue(number, ADMINISTRATOR)
    if of:
        made = cards.bind(number, of.mobile_number or "", ADMINISTRATOR)
    return made
