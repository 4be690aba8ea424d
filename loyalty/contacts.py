"""Registering contacts and changing what is known of them. One function writes; the history is kept beside.

Cards stay as they are: whether enough is known now is looked at when somebody activates or unblocks one.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError
from django.db.transaction import atomic

from loyalty.formats import as_e164, is_contact_code
from loyalty.models import Contact
from loyalty.today import today

FIELDS = ("code", "name", "mobile_number", "email", "birth_date")

_LONGEST_NAME = 200
_LONGEST_EMAIL = 254
_NOBODY_BEFORE = dt.date(1900, 1, 1)
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

Errors = dict[str, str]


@atomic
def register(values: Mapping[str, Any]) -> Contact:
    """A new contact; ``values`` by FIELDS, of which code and mobile_number are needed. Texts as they were sent, the
    date of birth as a date or as 1985-03-02; None is not given. Raises ValidationError with sentences by field.
    """
    return _write(Contact(), {"code": "", "mobile_number": "", **values})


@atomic
def change(code: str, values: Mapping[str, Any]) -> Contact:
    """Change what ``values`` names and leave the rest. Raises Contact.DoesNotExist, and ValidationError as above."""
    contact = Contact.objects.select_for_update(no_key=True).get(code=code)
    if contact.erased_at is not None:
        raise ValidationError({"code": "The contact was erased: nothing is written of it any more."})
    return _write(contact, values)


def _write(contact: Contact, values: Mapping[str, Any]) -> Contact:
    errors: Errors = {}
    for name, value in values.items():
        try:
            setattr(contact, name, _READERS[name](value))
        except ValueError as error:
            errors[name] = str(error)
    errors |= {name: said for name, said in _taken(contact).items() if name in values and name not in errors}
    if errors:
        raise ValidationError(errors)
    try:
        with atomic():
            contact.save()
    except IntegrityError:
        # Somebody was quicker by a moment.
        taken = _taken(contact)
        if not taken:
            raise
        raise ValidationError(taken) from None
    return contact


def _taken(contact: Contact) -> Errors:
    others = Contact.objects.exclude(pk=contact.pk)
    errors = {}
    if contact.code and others.filter(code=contact.code).exists():
        errors["code"] = "There is a contact with this code already: change that one, or give another code."
    if contact.mobile_number and others.filter(mobile_number=contact.mobile_number).exists():
        errors["mobile_number"] = "Another contact has this mobile number: one number, one contact."
    return errors


def _code(value: Any) -> str:
    text = _text(value)
    if not text:
        raise ValueError("Give the contact's code.")
    if not is_contact_code(text):
        raise ValueError("This is no contact code: give it as other systems know it, such as C000123.")
    return text


def _name(value: Any) -> str:
    text = " ".join(_text(value).split())
    if len(text) > _LONGEST_NAME:
        raise ValueError(f"The name has more than {_LONGEST_NAME} signs.")
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Co", "Cn") for sign in text):
        raise ValueError("It has signs in it that no name has.")
    return text


def _mobile_number(value: Any) -> str:
    # Not stripped: the space that an unescaped + has become says something.
    text = "" if value is None else str(value)
    if not text.strip():
        raise ValueError("Give the mobile number.")
    number = as_e164(text)
    if number is None:
        raise ValueError("This is no phone number: give it with its country, as +12015550123.")
    return number


def _email(value: Any) -> str:
    text = _text(value)
    if not text:
        return ""
    try:
        validate_email(text)
    except ValidationError:
        text = ""
    if not text or len(text) > _LONGEST_EMAIL or not text.isprintable():
        raise ValueError("This is no e-mail address: give it as name@example.com, or leave it out.")
    return text


def _birth_date(value: Any) -> dt.date | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    day = value if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else _day(_text(value))
    if not _NOBODY_BEFORE <= day < today():
        raise ValueError("A date of birth lies in the past, and after 1900.")
    return day


def _day(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text) if _ISO_DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError("Write the date of birth as 1985-03-02.")
    return day


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


_READERS = {"code": _code, "name": _name, "mobile_number": _mobile_number, "email": _email, "birth_date": _birth_date}
