"""What other systems say of contacts and cards: its shape, read from JSON. What it means is for the services to say.

CONTRACT.md, "contacts, cards".
"""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from loyalty.codes import CardType, Category
from loyalty.contacts import FIELDS
from safes.api.writing import read_json, refuse_parameters

_CODED = {"type": ["string", "integer"]}


def _described(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


_CONTACT: dict[str, Any] = {
    "code": {"type": "string", "minLength": 1, "maxLength": 40, "description": "As other systems know the contact."},
    "name": {"type": ["string", "null"], "maxLength": 200},
    "mobile_number": {
        "type": ["string", "integer"],
        "description": "E.164, or as people of the configured region write it; of one contact alone.",
    },
    "email": {"type": ["string", "null"], "maxLength": 254},
    "birth_date": {"type": ["string", "null"], "format": "date"},
}
CONTACT_ASKED = _described(["code", "name", "mobile_number"], **_CONTACT)
CHANGE_ASKED = _described([], **_CONTACT)
CARD_ASKED = _described(
    ["number", "category_code", "type_code"],
    number={"type": ["string", "integer"], "description": "As it stands on the card."},
    category_code={**_CODED, "enum": Category.values},
    type_code={**_CODED, "enum": CardType.values},
)

Errors = dict[str, list[str]]


def read_contact(request: Request) -> dict[str, str]:
    """A contact to be registered, by loyalty.contacts.FIELDS. Raises ValidationError with sentences by field."""
    return _read(request, FIELDS, required=("code", "name", "mobile_number"))


def read_change(request: Request) -> dict[str, str]:
    """Of a contact, what is to be changed; null empties a field. Raises ValidationError as above."""
    return _read(request, FIELDS)


def read_card(request: Request) -> dict[str, str]:
    """A card to be made. Raises ValidationError as above."""
    names = ("number", "category_code", "type_code")
    return _read(request, names, required=names)


def _read(request: Request, known: tuple[str, ...], required: tuple[str, ...] = ()) -> dict[str, str]:
    refuse_parameters(request)
    said = read_json(request)
    if not isinstance(said, dict):
        raise ValidationError({"body": ["Give one JSON object."]})
    errors: Errors = {
        name: [f"There is no such field here; there are {', '.join(known)}."] for name in said if name not in known
    }
    errors |= {name: ["Give it; it is needed."] for name in required if name not in said}
    fields = {name: _text(name, said[name], errors) for name in known if name in said}
    if errors:
        raise ValidationError(errors)
    return fields


def _text(name: str, value: Any, errors: Errors) -> str:
    if value is None:
        return ""
    # Numbers of cards and phones come as such from systems that have them as such.
    if isinstance(value, bool) or not isinstance(value, str | int):
        errors[name] = ["Give a text."]
        return ""
    if isinstance(value, int) and abs(value) >= 10**40:
        errors[name] = ["The number is too long."]
        return ""
    return str(value)
