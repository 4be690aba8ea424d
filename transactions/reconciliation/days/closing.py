"""missing_end_of_day: a day with transactions that nobody closed. DOMAIN.md section 2, "Business date".

Judged when the next day has begun and a grace is over; never for a safe of which no close was ever seen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from safes.estate import Standings
from safes.findings import Facts
from safes.localtime import instant
from transactions.business_day import window
from transactions.models import Book, DayClose, SafeDay
from transactions.recording.marks import touch


def sends_closes(safe_id: int) -> bool:
    """Whether a close of this safe was ever seen, in the production book."""
    return DayClose.objects.filter(safe=safe_id, book=Book.PRODUCTION).exists()


def judged_at(date: dt.date, stands: Standings) -> dt.datetime:
    """When a missing close of a business date is a finding, in UTC: a grace after the next day's rollover.

    By the site's wall clock; where nobody knows the site's zone, in UTC.
    """
    _, end = window(date, stands.rollover)
    moment, _ = instant(end + settings.CLOSE_GRACE, stands.on(date).time_zone or "UTC")
    if moment is None:
        raise AssertionError("a wall clock with a zone has an instant")
    return moment


def mark_others(safe_id: int, dates: Collection[dt.date], *, had: bool, has: bool) -> None:
    """Mark the days without a close when the first close of a safe came, or the last one went: they are judged anew."""
    if had != has:
        others = SafeDay.objects.filter(safe=safe_id, closed_at=None).exclude(business_date__in=dates)
        touch({(safe_id, date) for date in others.values_list("business_date", flat=True)})


def had_closes(safe_id: int) -> bool:
    """Whether the days of this safe were drawn as those of one that sends closes."""
    return SafeDay.objects.filter(safe=safe_id, closed_at__isnull=False).exists()


def facts_of(safe_id: int, missing: Mapping[dt.date, Mapping[str, Decimal]]) -> dict[dt.date, Facts]:
    """What is wrong with days that were not closed, by the cash they took in each currency."""
    return {date: _facts(safe_id, date, cash) for date, cash in missing.items()}


def _facts(safe_id: int, date: dt.date, cash: Mapping[str, Decimal]) -> Facts:
    named = {currency for currency, amount in cash.items() if amount}
    return Facts(
        summary=(
            "The safe has transactions of that day, and no end of day closed it. What came after the site closed may "
            "stand on this date or the next: ask the site when it closed, and Loomis for the close."
        ),
        safe_id=safe_id,
        business_date=date,
        cash_at_stake=sum(cash.values(), Decimal(0)),
        currency=named.pop() if len(named) == 1 else "",
        detail={"cash_in": {currency or "not known": str(amount) for currency, amount in sorted(cash.items())}},
    )


def mark_due() -> int:
    """Mark the days whose close is due by now and has not come; how many there were. By the clock."""
    due = set(SafeDay.objects.filter(close_due_at__lte=timezone.now()).values_list("safe_id", "business_date"))
    if due:
        touch(due)
    return len(due)
