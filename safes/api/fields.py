"""How values are written: money, instants, wall clocks. CONTRACT.md, "Reading API"."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


def money_text(amount: Decimal) -> str:
    """Two decimals, and more only where they are not zero: 1560.00, 0.0001."""
    if not amount:
        return "0.00"  # there is no minus zero in a cash office
    whole, _, decimals = format(amount, "f").partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def instant_text(moment: dt.datetime) -> str:
    """UTC with Z."""
    return moment.astimezone(dt.UTC).isoformat().removesuffix("+00:00") + "Z"


class ReadField(serializers.Field):
    """A field that is only ever written out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_internal_value(self, data: Any) -> Any:
        raise NotImplementedError("Nothing is read in through this field.")


@extend_schema_field({"type": "string", "pattern": r"^-?\d+\.\d{2,}$", "examples": ["1560.00"]})
class MoneyField(ReadField):
    """An amount as a string, exact."""

    def to_representation(self, value: Decimal) -> str:
        return money_text(value)


@extend_schema_field({"type": "string", "format": "date-time", "examples": ["2026-11-21T23:39:57Z"]})
class InstantField(ReadField):
    """A point in time, in UTC."""

    def to_representation(self, value: dt.datetime) -> str:
        return instant_text(value)


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$",
        "description": "What the safe's own clock read; it has no offset.",
        "examples": ["2026-11-21T17:39:57"],
    }
)
class WallClockField(ReadField):
    """What the safe's own clock read, in no time zone."""

    def to_representation(self, value: dt.datetime) -> str:
        return value.isoformat()
