"""Cells of an uploaded table as what they mean. A cell that cannot be read raises ValueError, with a sentence."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from import_export.widgets import Widget

from safes.models import Site

# What a spreadsheet takes for the beginning of a formula. OWASP, "CSV Injection".
FORMULA = ("=", "+", "-", "@", "\t", "\r")

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?\Z")


class Text(Widget):
    """A text. A spreadsheet makes numbers of codes: 1042.0 was 1042."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        text = "" if value is None else str(value).strip()
        # An export of ours put the apostrophe there, lest a spreadsheet take the rest for a formula.
        return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class Upper(Text):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return super().clean(value).upper()


class Clock(Widget):
    """How long after midnight: 06:00 is six hours. What a spreadsheet holds as a time of day is one, too."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> dt.timedelta:
        if isinstance(value, dt.time):
            return dt.timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
        match = _CLOCK.match(str(value or "06:00").strip())
        if match is None or int(match[1]) > 23:
            raise ValueError(f"“{str(value)[:20]}” is not a time of day: write 06:00.")
        return dt.timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3] or 0))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        minutes = int(value.total_seconds() // 60) if value is not None else 0
        return f"{minutes // 60:02d}:{minutes % 60:02d}" if value is not None else ""


class Amount(Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal:
        if value is None or str(value).strip() == "":
            return Decimal("5.00")
        try:
            amount = Decimal(str(value).strip())
        except InvalidOperation:
            raise ValueError(f"“{str(value)[:20]}” is not an amount: write 5.00.") from None
        if not amount.is_finite():
            raise ValueError(f"“{str(value)[:20]}” is not an amount: write 5.00.")
        return amount

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else f"{value:.2f}"


class Day(Widget):
    """A date as 2026-11-21, or a spreadsheet's own; empty stays empty."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> dt.date | None:
        if isinstance(value, dt.datetime):
            return value.date()
        if isinstance(value, dt.date):
            return value
        text = str(value or "").strip()
        try:
            return dt.date.fromisoformat(text) if text else None
        except ValueError:
            raise ValueError(f"“{text[:20]}” is not a date: write 2026-11-21.") from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


class SiteCode(Widget):
    """A site by its code, whatever its case."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Site:
        code = Text().clean(value)
        site = Site.objects.filter(code__iexact=code).first() if code else None
        if site is None:
            raise ValueError(f"There is no site “{code[:40]}”: upload sites first." if code else "Give a site's code.")
        return site

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return value.code if isinstance(value, Site) else ""
