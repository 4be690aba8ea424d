"""Charts of Today: cash in the safes, and over/short, by the day. Read from the drawn days, never from transactions."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q, Sum
from django.http import HttpRequest
from django.utils import timezone

from safes.admin.bases import money
from safes.admin.filters import DAYS_SHOWN
from safes.dashboard import Panel, hang
from transactions.admin.safe_days import safe_days_url
from transactions.admin.today.bars import Chart, Day, draw
from transactions.admin.today.days import site_days_url
from transactions.models import Drops, SafeDay, SiteDay

ZERO = Decimal(0)
_CURRENCIES = 3  # so many are drawn, those with the most cash; a chain has one or two

# A safe without a day holds what it held. So what is in the safes at the end of a date is what they opened with, each
# on its first day of the range, and what each day changed since; and the cash of safes that had no day at all.
_HELD = f"""
WITH days AS (
    SELECT safe_id, currency, business_date, opening, closing, lag(closing) OVER past AS before
    FROM {SafeDay._meta.db_table}
    WHERE business_date BETWEEN %(first)s AND %(last)s
    WINDOW past AS (PARTITION BY safe_id, currency ORDER BY business_date)
), quiet AS (
    SELECT currency, sum(validated + manual + counted) AS amount
    FROM {Drops._meta.db_table} d
    WHERE leaves_on IS NULL AND counted_on IS NULL AND NOT EXISTS (
        SELECT FROM {SafeDay._meta.db_table} s
        WHERE s.safe_id = d.safe_id AND s.currency = d.currency AND s.business_date BETWEEN %(first)s AND %(last)s
    )
    GROUP BY currency
)
SELECT currency, business_date, sum(closing - coalesce(before, opening)), coalesce(sum(opening) FILTER (
    WHERE before IS NULL), 0) FROM days GROUP BY currency, business_date
UNION ALL SELECT currency, NULL, 0, amount FROM quiet
"""


def cash_in_safes(first: dt.date, last: dt.date) -> dict[str, dict[dt.date, Decimal]]:
    """What waits for the courier in all safes at the end of each date, by currency. One query over the drawn days."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    moved: dict[str, dict[dt.date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"first": first, "last": last})
        for currency, date, change, opened in cursor.fetchall():
            held[currency] += opened
            if date is not None:
                moved[currency][date] += change
    found: dict[str, dict[dt.date, Decimal]] = {}
    for currency, total in held.items():
        found[currency] = {}
        for date in dates(first, last):
            total += moved[currency][date]
            found[currency][date] = total
    return found


def over_and_short(first: dt.date, last: dt.date) -> dict[str, dict[dt.date, tuple[Decimal, Decimal]]]:
    """What sites were over, and what others were short, each as a positive sum: one does not make up for the other."""
    rows = (
        SiteDay.objects.filter(business_date__range=(first, last))
        .exclude(unexplained=0)
        .order_by()
        .values_list("currency", "business_date")
        .annotate(
            over=Sum("unexplained", filter=Q(unexplained__gt=0)), short=Sum("unexplained", filter=Q(unexplained__lt=0))
        )
    )
    found: dict[str, dict[dt.date, tuple[Decimal, Decimal]]] = defaultdict(dict)
    for currency, date, over, short in rows:
        found[currency][date] = over or ZERO, -(short or ZERO)
    return found


def dates(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]


def _range() -> tuple[dt.date, dt.date]:
    last = timezone.now().date()
    return last - dt.timedelta(days=DAYS_SHOWN - 1), last


def _cash(request: HttpRequest) -> dict[str, Any]:
    first, last = _range()
    found = cash_in_safes(first, last)
    # What has no currency yet is a finding, not a sum.
    known = [currency for currency in found if currency and any(found[currency].values())]
    most = sorted(known, key=lambda currency: -max(found[currency].values()))[:_CURRENCIES]
    return {"charts": [_of_cash(currency, found[currency]) for currency in most]}


def _of_cash(currency: str, held: dict[dt.date, Decimal]) -> Chart:
    days = []
    for date, amount in held.items():
        # Below zero are books that nobody began with a count; they are drawn, too.
        above, below = max(amount, ZERO), max(-amount, ZERO)
        url = safe_days_url(business_date_from=date.isoformat(), business_date_to=date.isoformat())
        days.append(Day(date, above, below, f"{date:%Y-%m-%d %a}: {money(amount, currency)}", url))
    now, most = list(held.values())[-1], max(held.values())
    return draw(
        f"{money(now, currency)} now",
        f"Cash in the safes at the end of each day, in {currency}; {money(most, currency)} at most",
        days,
    )


def _balance(request: HttpRequest) -> dict[str, Any]:
    first, last = (date - dt.timedelta(days=1) for date in _range())  # today is not over, and its takings are to come
    found = over_and_short(first, last)
    sums = {currency: sum(over + short for over, short in days.values()) for currency, days in found.items()}
    known = [currency for currency, total in sums.items() if currency and total]
    most = sorted(known, key=lambda currency: -sums[currency])[:_CURRENCIES]
    return {"charts": [_of_balance(currency, found[currency], first, last) for currency in most]}


def _of_balance(currency: str, found: dict[dt.date, tuple[Decimal, Decimal]], first: dt.date, last: dt.date) -> Chart:
    days = []
    for date in dates(first, last):
        over, short = found.get(date, (ZERO, ZERO))
        url = site_days_url(business_date_from=date.isoformat(), business_date_to=date.isoformat())
        words = f"{date:%Y-%m-%d %a}: over by {money(over, currency)}, short by {money(short, currency)}"
        days.append(Day(date, over, short, words, url))
    over, short = (sum(amounts, ZERO) for amounts in zip(*found.values(), strict=True))
    return draw(
        f"{money(over, currency)} over, {money(short, currency)} short",
        f"Over, above the line, and short, below it, by the day in {currency}",
        days,
    )


_CHARTS = "staff/panels/charts.html"
hang(Panel("Cash in the safes, 31 days", 12, "transactions.view_safeday", _CHARTS, _cash))
hang(Panel("Over and short, 31 days", 14, "transactions.view_siteday", _CHARTS, _balance))
