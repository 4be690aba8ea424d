"""What other systems ask for: its shape, read from JSON. Whether it can be sent is for incidents.wanted to say."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rest_framework.exceptions import ValidationError

from incidents.wanted import LONGEST, LONGEST_TEXT, Wanted

_TEXTS = (
    *("account", "device", "fault_code", "subject", "description", "contact_name", "contact_number", "contact_email"),
    *("device_status", "notes"),
)
_FIELDS = (*_TEXTS, "fault_time", "amounts")

_TEXT = {"type": ["string", "integer", "null"]}
ASKED: dict[str, Any] = {
    "type": "object",
    "required": ["account", "device", "fault_time"],
    "additionalProperties": False,
    "properties": {
        "account": {"type": "string", "minLength": 1},
        "device": {"type": ["string", "integer"], "description": "Number of an ATM, or serial number of a safe."},
        "fault_code": _TEXT | {"description": "One of the account's; needed of an ATM."},
        "fault_time": {"type": "string", "format": "date-time", "description": "When it began, with its zone."},
        **{name: _TEXT | {"maxLength": LONGEST.get(name, LONGEST_TEXT)} for name in _TEXTS[3:8]},
        "device_status": {"type": ["string", "null"], "description": "Active or Inactive; ATMs alone."},
        "notes": _TEXT | {"maxLength": LONGEST_TEXT, "description": "ATMs alone."},
        "amounts": {
            "type": ["object", "null"],
            "description": 'Whole units of currency by denomination, ATMs alone: {"20": 1020}.',
            "additionalProperties": {"type": ["string", "integer"]},
        },
    },
}
CANCEL_ASKED: dict[str, Any] = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "description": "Why; Loomis is told."}
    },
}

Errors = dict[str, list[str]]


def read_wanted(said: Any) -> Wanted:
    """An incident to be raised. Raises ValidationError with sentences by field."""
    fields, errors = _fields(said, _FIELDS)
    texts = {name: _text(name, fields.get(name), errors) for name in _TEXTS}
    fault_time = _moment(fields.get("fault_time"), errors)
    amounts = _amounts(fields.get("amounts"), errors)
    if errors:
        raise ValidationError(errors)
    return Wanted(fault_time=fault_time, amounts=amounts, **texts)


def read_cancel(said: Any) -> str:
    """Why somebody asks for a cancel. Raises ValidationError with sentences by field."""
    fields, errors = _fields(said, ("text",))
    text = _text("text", fields.get("text"), errors)
    if errors:
        raise ValidationError(errors)
    return text


def _fields(said: Any, known: tuple[str, ...]) -> tuple[dict[str, Any], Errors]:
    if not isinstance(said, dict):
        raise ValidationError({"body": ["Give one JSON object."]})
    unknown = {name: [f"There is no such field here; there are {', '.join(known)}."] for name in said.keys() - known}
    return said, unknown


def _text(name: str, value: Any, errors: Errors) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        errors[name] = ["Give a text."]
        return ""
    text = str(value)
    if not _is_plain(text):
        errors[name] = ["It has signs in it that no text has."]
    return text


def _moment(value: Any, errors: Errors) -> dt.datetime | None:
    if value is None:
        return None
    try:
        # A date alone is no time, though Python reads it as midnight.
        moment = dt.datetime.fromisoformat(value) if isinstance(value, str) and len(value) > 10 else None
        if moment is not None and moment.tzinfo is not None:
            moment = moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        errors["fault_time"] = ["Give date, time and zone, such as 2026-11-16T15:17:48Z."]
    return moment


def _amounts(value: Any, errors: Errors) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(amount, str | int) for amount in value.values()):
        errors["amounts"] = ['Give whole amounts by denomination, such as {"20": 1020}.']
        return {}
    if len(value) > 50:
        errors["amounts"] = ["There are not so many denominations."]
    return value


def _is_plain(text: str) -> bool:
    """Whether the database has a way to keep it: no zero bytes, no halves of a pair."""
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)
