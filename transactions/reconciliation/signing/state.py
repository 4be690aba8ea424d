"""What a day's status is, given what was prepared, what was signed, and what the books say. Pure: no ORM, no clock."""

from __future__ import annotations

from transactions.reconciliation.signing.figures import Figures

OPEN, PREPARED, SIGNED, REOPENED = "open", "prepared", "signed", "reopened"


def status_of(now: Figures, *, prepared: Figures | None, signed: Figures | None, is_taken_back: bool) -> str:
    """A function of figures alone, so that it is the same in whatever order they came about.

    A signature stands as long as the books have what was signed, unless a person took it back; so does a preparation.
    """
    if signed is not None and not is_taken_back and signed == now:
        return SIGNED
    if prepared is not None and prepared == now:
        return PREPARED
    return OPEN if signed is None else REOPENED
