"""What a list shows, as cells of a file: text without markup, exact numbers, nothing that begins a formula. Pure."""

from __future__ import annotations

import datetime as dt
import html
import re
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString

from safes.api.spreadsheet import cell as harmless

Cell = str | int | Decimal
"""A text, a count or an amount. Nothing at all is an empty text."""

_TAG = re.compile(r"<[^>]*>")
# As safes.admin.bases.money writes it: no other text has commas by the thousand, a point and the currency behind.
_AMOUNT = re.compile(r"(-?(?:0|[1-9]\d{0,2}(?:,\d{3})*)\.\d{2,4})(?: ([A-Z]{3}))?", re.ASCII)
_NOTHING = ("", "–")
# Spreadsheets keep fifteen digits of a number, and make zeros of the others.
_DIGITS = 15


def cell_of(shown: Any, currency: str | None = None) -> Cell:
    """A value as a list shows it. Amounts are numbers if they are in ``currency``, or if they do not say theirs."""
    if isinstance(shown, bool):
        return "yes" if shown else "no"
    if isinstance(shown, int | Decimal):
        return _number(shown)
    if isinstance(shown, tuple):  # a label, and what it is called
        return cell_of(shown[-1], currency)
    text = "" if shown is None else _text(shown)
    if text in _NOTHING:
        return ""
    amount = _AMOUNT.fullmatch(text)
    if amount and amount[2] in (None, currency):
        return _number(Decimal(amount[1].replace(",", "")))
    return harmless(text)


def _text(shown: Any) -> str:
    if isinstance(shown, dt.datetime):
        if shown.tzinfo is None:
            return shown.isoformat(" ")
        return f"{shown.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(shown, SafeString):
        return html.unescape(_TAG.sub(" ", shown) if "</td>" in shown else _TAG.sub("", shown)).strip()
    return str(shown)


def _number(number: int | Decimal) -> Cell:
    digits = len(str(number).replace("-", "").replace(".", "").lstrip("0"))
    return number if digits <= _DIGITS else str(number)
