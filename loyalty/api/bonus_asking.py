"""What is asked of the ledger: its shape, read from JSON. Whether it can be done is for loyalty.bonuses to say.

CONTRACT.md, "bonuses". Each function gives named arguments of the service, or raises ValidationError with sentences by
field.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from rest_framework.exceptions import ValidationError

from loyalty.bonuses.checking import LONGEST_REFERENCE
from loyalty.bonuses.ledger import REVERSIBLE
from loyalty.codes import BonusType

Asked = dict[str, Any]
Errors = dict[str, list[str]]

_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _described(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


_AMOUNT_ASKED = {
    "description": "Above 0 and below 10^10, two decimals at most; a string or a number.",
    "oneOf": [
        {"type": "string", "pattern": r"^\d{1,10}(\.\d{1,2})?$"},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 10_000_000_000},
    ],
}
_REFERENCE_ASKED = {
    "type": ["string", "integer"],
    "minLength": 1,
    "maxLength": LONGEST_REFERENCE,
    "description": "The caller's own: repeated, nothing is done again.",
}
_DAY_ASKED = {"type": ["string", "null"], "format": "date"}
ACCRUAL_ASKED = _described(
    ["amount", "type_code", "reference"],
    amount=_AMOUNT_ASKED,
    type_code={"type": ["string", "integer"], "enum": BonusType.values},
    active_from={**_DAY_ASKED, "description": "Today, if it is not said."},
    expires_on={**_DAY_ASKED, "description": "The day on which they are gone; never, if it is not said."},
    reference=_REFERENCE_ASKED,
)
SPEND_ASKED = _described(["amount", "reference"], amount=_AMOUNT_ASKED, reference=_REFERENCE_ASKED)
REVERSAL_ASKED = _described(
    ["reference", "reverses"],
    reference=_REFERENCE_ASKED,
    reverses={**_REFERENCE_ASKED, "description": "The reference of what is undone."},
    kind={
        "type": ["string", "null"],
        "enum": [*REVERSIBLE, None],
        "description": "Which of the two, where one reference is of both.",
    },
)
CONFIRM_ASKED = _described([], amount={"oneOf": [*_AMOUNT_ASKED["oneOf"], {"type": "null"}]})
VOID_ASKED = _described([])


def read_accrual(said: Any) -> Asked:
    read = _Reader(said, ACCRUAL_ASKED)
    return read.all(
        amount=read.amount(),
        type=read.text("type_code"),
        active_from=read.day("active_from"),
        expires_on=read.day("expires_on"),
        reference=read.text("reference"),
    )


def read_spend(said: Any) -> Asked:
    """Of a hold, too."""
    read = _Reader(said, SPEND_ASKED)
    return read.all(amount=read.amount(), reference=read.text("reference"))


def read_reversal(said: Any) -> Asked:
    read = _Reader(said, REVERSAL_ASKED)
    return read.all(
        reference=read.text("reference"),
        reverses=read.text("reverses"),
        kind=read.text("kind") if read.is_said("kind") else None,
    )


def read_confirm(said: Any) -> Asked:
    read = _Reader(said, CONFIRM_ASKED)
    return read.all(amount=read.amount() if read.is_said("amount") else None)


def read_void(said: Any) -> Asked:
    return _Reader(said, VOID_ASKED).all()


class _Reader:
    """The fields of one object, and what is wrong with them; null is not said."""

    def __init__(self, said: Any, described: dict[str, Any]) -> None:
        if not isinstance(said, dict):
            raise ValidationError({"body": ["Give one JSON object."]})
        known = ", ".join(described["properties"]) or "none"
        self._said = {name: value for name, value in said.items() if value is not None}
        self._errors: Errors = {
            name: [f"There is no such field here; there are {known}."]
            for name in said
            if name not in described["properties"]
        }
        self._errors |= {name: ["Give it; it is needed."] for name in described["required"] if not self.is_said(name)}

    def is_said(self, name: str) -> bool:
        return name in self._said

    def all(self, **fields: Any) -> Asked:
        if self._errors:
            raise ValidationError(self._errors)
        return fields

    def amount(self) -> Decimal:
        value = self._said.get("amount")
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            return Decimal(value)
        if isinstance(value, str) and _AMOUNT.fullmatch(value):
            return Decimal(value)
        self._wrong("amount", "Give an amount above 0 and below 10000000000, with two decimals at most.")
        return Decimal(0)

    def text(self, name: str) -> str:
        value = self._said.get(name)
        # Numbers of receipts come as such from systems that have them as such.
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**LONGEST_REFERENCE:
            return str(value)
        if isinstance(value, str):
            return value
        self._wrong(name, "Give a text.")
        return ""

    def day(self, name: str) -> dt.date | None:
        value = self._said.get(name)
        if value is None:
            return None
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                pass
        self._wrong(name, "Give a date, such as 2026-11-21.")
        return None

    def _wrong(self, name: str, sentence: str) -> None:
        self._errors.setdefault(name, [sentence])
