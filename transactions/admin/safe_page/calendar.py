"""A safe's days as a month of squares: how each stands, told by a sign and a title and not by colour alone."""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q
from django.http import HttpRequest

from safes.admin.bases import change_url, money
from safes.admin.safe_panels import SafePanel, hang_on_safe
from safes.models import Finding, Safe
from transactions.admin.safe_days import safe_days_url
from transactions.admin.safe_page.asked import latest_day, month_asked
from transactions.models import SafeDay, SiteDay
from transactions.reconciliation.signing.status import with_status

# Of a day in several currencies the one that asks most for somebody.
_WORST = ("reopened", "open", "prepared", "signed")
_SIGNS = {"signed": "✓", "prepared": "P", "open": "O", "reopened": "R"}


@dataclass(frozen=True, slots=True)
class Square:
    """A date, and for one with transactions its page, its status and what is the matter with it, in words."""

    date: dt.date
    status: str = ""
    sign: str = ""
    differs: bool = False
    words: str = ""
    url: str = ""


def _calendar(request: HttpRequest, safe: Safe) -> Mapping[str, Any]:
    """Four queries: the last day it has, the days of the month, what was found on them, and how the site came out."""
    first = month_asked(request) or latest_day(safe).replace(day=1)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    squares = _squares(safe, first, last)
    # Weeks from Monday; what is of other months stays blank.
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return {
        "month": f"{first:%B %Y}",
        "weeks": [[squares.get(date) if date.month == first.month else None for date in week] for week in weeks],
        "weekdays": list(calendar.day_abbr),
        "before": (first - dt.timedelta(days=1)).strftime("%Y-%m"),
        "after": (last + dt.timedelta(days=1)).strftime("%Y-%m"),
        "day": request.GET.get("day", ""),
        "legend": [(sign, status) for status, sign in _SIGNS.items()],
    }


def _squares(safe: Safe, first: dt.date, last: dt.date) -> dict[dt.date, Square]:
    rows: dict[dt.date, list[Any]] = defaultdict(list)
    for row in with_status(SafeDay.objects.filter(safe=safe, business_date__range=(first, last))).order_by("currency"):
        rows[row.business_date].append(row)
    open_here = dict(
        Finding.objects.filter(safe=safe, business_date__range=(first, last), state=Finding.State.OPEN)
        .order_by()
        .values_list("business_date")
        .annotate(Count("pk"))
    )
    tolerance = F("site__tolerance")
    unbalanced = set(
        SiteDay.objects.filter(
            Q(unexplained__gt=tolerance) | Q(unexplained__lt=-tolerance),
            site__in={row.site_id for found in rows.values() for row in found if row.site_id},
            business_date__range=(first, last),
        ).values_list("site", "business_date")
    )
    days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    return {date: _square(safe, date, rows.get(date, []), open_here.get(date, 0), unbalanced) for date in days}


def _square(safe: Safe, date: dt.date, rows: list[Any], open_here: int, unbalanced: set[tuple[int, dt.date]]) -> Square:
    if not rows and not open_here:
        return Square(date, words=f"{date}: no transactions")
    status = next((one for one in _WORST if any(row.status == one for row in rows)), "")
    matters = []
    if open_here:
        matters.append(f"{open_here} open finding{'' if open_here == 1 else 's'}")
    if any((row.site_id, date) in unbalanced for row in rows):
        matters.append("its site is over or short")
    closing = ", ".join(money(row.closing, row.currency) for row in rows)
    said = [status or "no transactions", *matters, *([f"{closing} at close"] if closing else [])]
    return Square(
        date,
        status,
        _SIGNS.get(status, ""),
        bool(matters),
        f"{date}: {'; '.join(said)}",
        change_url(rows[0])
        if len(rows) == 1
        else safe_days_url(serial_number=safe.serial_number, business_date_from=str(date), business_date_to=str(date))
        if rows
        else "",
    )


hang_on_safe(
    SafePanel(
        "Its days",
        20,
        ("transactions.view_safeday", "transactions.view_signoff"),
        "staff/panels/safe_calendar.html",
        _calendar,
        "calendar",
    )
)
