"""What is signed: a day's figures, to be kept, told by a token, and held against others. Pure: no ORM, no clock.

Figures are a list of entries, one a safe, a till and the site itself, each in one currency; amounts are texts with four
decimals. A figure of nothing is left out, and so is an entry without figures: a row that the books hold with zeros, and
one that they do not hold, say the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Entry = dict[str, Any]
"""``of`` ("safe", "site" or "till"), ``name`` (serial number, site code, register), ``cashier``, ``currency`` and
``figures``, amounts by name."""
Figures = list[Entry]

# In the order of the day; what is not named here comes after.
ORDER = (
    "opening", "validated", "manual", "taken", "closing", "picked_up", "change_ordered", "inventory_opening",
    "dispensed", "inventory_change", "inventory_closing", "till_in", "till_out", "safe_total", "safe", "takings",
    "variance", "deposits", "petty_cash", "unexplained",
)  # fmt: skip
_PLACES = {name: place for place, name in enumerate(ORDER)}
_OF = ("site", "safe", "till")


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that is another than it was signed; None where there was, or is, no such figure."""

    of: str
    name: str
    cashier: str
    currency: str
    figure: str
    signed: Decimal | None
    now: Decimal | None

    @property
    def difference(self) -> Decimal:
        return (self.now or Decimal(0)) - (self.signed or Decimal(0))


def entry(
    of: str, name: str, currency: str, amounts: Mapping[str, Decimal | None], *, cashier: str = "", keeps: str = ""
) -> Entry:
    """An entry of these amounts. Zeros are left out, but for those ``keeps`` names: there a zero says something."""
    kept = keeps.split()
    return {
        "of": of,
        "name": name,
        "cashier": cashier,
        "currency": currency,
        "figures": {
            figure: f"{amount:.4f}"
            for figure, amount in amounts.items()
            if amount is not None and (amount or figure in kept)
        },
    }


def in_order(entries: Iterator[Entry]) -> Figures:
    """The figures of a day: those that say something, in one order whoever reads them."""
    return sorted((one for one in entries if one["figures"]), key=_told)


def _told(one: Entry) -> tuple[Any, ...]:
    return _OF.index(one["of"]), one["name"], one["cashier"], one["currency"]


def token(figures: Figures) -> str:
    """Tells these figures from any others: what somebody has seen, and signs."""
    return hashlib.sha256(json.dumps(figures, sort_keys=True).encode()).hexdigest()


def changes(signed: Figures, now: Figures) -> list[Change]:
    """What is otherwise, in the order of entries and figures."""
    before, after = ({_told(one): one["figures"] for one in figures} for figures in (signed, now))
    found = []
    for told in sorted({*before, *after}):
        place, name, cashier, currency = told
        was, is_now = before.get(told, {}), after.get(told, {})
        for figure in sorted({*was, *is_now}, key=lambda one: (_PLACES.get(one, len(ORDER)), one)):
            if was.get(figure) != is_now.get(figure):
                amounts = _amount(was.get(figure)), _amount(is_now.get(figure))
                found.append(Change(_OF[place], name, cashier, currency, figure, *amounts))
    return found


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
