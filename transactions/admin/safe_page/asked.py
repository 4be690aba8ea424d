"""Which month and which day of a safe the address of its page asks for."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest
from django.utils import timezone

from safes.models import Safe
from transactions.models import SafeDay


def month_asked(request: HttpRequest) -> dt.date | None:
    """The first of the month that the address names, as 2026-11; None where it names none."""
    try:
        month = dt.date.fromisoformat(f"{request.GET.get('month', '').strip()}-01")
    except ValueError:
        return None
    return month if 1990 <= month.year <= 2200 else None


def day_asked(request: HttpRequest) -> dt.date | None:
    """The date that the address names; None where it names none."""
    try:
        date = dt.date.fromisoformat(request.GET.get("day", "").strip())
    except ValueError:
        return None
    return date if 1990 <= date.year <= 2200 else None


def latest_day(safe: Safe) -> dt.date:
    """The last business date it has; one query."""
    latest = SafeDay.objects.filter(safe=safe).order_by("-business_date").values_list("business_date", flat=True)
    return latest.first() or timezone.now().date()
