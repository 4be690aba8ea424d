"""What amounts, references, types and dates may be, whoever gives them. No database, no clock.

Each function gives the sentences about one field; `refuse` raises them, if there are any.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.core.exceptions import ValidationError

from loyalty.codes import BonusType

LONGEST_REFERENCE = 100
# An amount is below this; loyalty.models.Lot has columns for it.
BEYOND = Decimal(10) ** 10
_CENT = Decimal("0.01")
_EARLIEST = dt.date(1900, 1, 1)


def refuse(**sentences: list[str]) -> None:
    """Raise ValidationError with the sentences by field."""
    said = {name: some for name, some in sentences.items() if some}
    if said:
        raise ValidationError(said)


def of_amount(amount: Decimal) -> list[str]:
    if not amount.is_finite() or not 0 < amount < BEYOND or amount != amount.quantize(_CENT):
        return ["Give an amount above 0 and below 10000000000, with two decimals at most."]
    return []


def of_reference(reference: str) -> list[str]:
    if not 0 < len(reference) <= LONGEST_REFERENCE or not reference.isprintable() or reference != reference.strip():
        return [f"Give 1 to {LONGEST_REFERENCE} plain characters, none of them a space at an end."]
    return []


def of_hold_reference(reference: str) -> list[str]:
    """The reference of a hold is a part of its address, where slashes, and dots alone, mean something else."""
    if "/" in reference or reference in (".", ".."):
        return ["The reference of a hold stands in an address: give one without a slash that is more than dots."]
    return of_reference(reference)


def of_type(code: str) -> list[str]:
    if code not in BonusType.values:
        return [f"There is no such type of bonuses: give {' or '.join(BonusType.values)}."]
    return []


def of_dates(active_from: dt.date | None, expires_on: dt.date | None) -> dict[str, list[str]]:
    """By field; an end needs no beginning given."""
    named = {"active_from": active_from, "expires_on": expires_on}
    said = {name: [f"Give a date from {_EARLIEST} on."] for name, date in named.items() if date and date < _EARLIEST}
    if not said and active_from and expires_on and expires_on <= active_from:
        said["expires_on"] = ["Give a date after that on which they become active: that day they are gone."]
    return said


def beginning(active_from: dt.date | None, expires_on: dt.date | None, today: dt.date) -> dt.date:
    """When bonuses become active where that is not said: today, or in time to expire if they are too late for that."""
    if active_from is not None:
        return active_from
    return today if expires_on is None else min(today, expires_on - dt.timedelta(days=1))
