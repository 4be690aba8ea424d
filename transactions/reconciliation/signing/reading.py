"""A day's figures as the books have them now."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from transactions.models import SafeDay, SiteDay, TillDay
from transactions.reconciliation.signing.figures import Entry, Figures, entry, in_order
from transactions.reconciliation.sites.marks import SiteDate

_OF_SAFE = (
    "opening", "validated", "manual", "taken", "closing", "picked_up", "change_ordered", "dispensed",
    "inventory_change", "till_in", "till_out",
)  # fmt: skip
_INVENTORY = ("inventory_opening", "inventory_closing")
_OF_SITE = ("safe_total", "takings", "variance", "deposits", "petty_cash", "unexplained")
_OF_TILL = ("safe", "takings", "variance")
# Empty before there are takings: then zero is an amount.
_TOLD = "takings variance unexplained"


def figures_of(days: Collection[SiteDate]) -> dict[SiteDate, Figures]:
    """The figures of each of these days; three queries.

    What a safe's inventory opened and closed with is of them only where somebody counted it: since it was first seen
    is no statement that anybody could sign.
    """
    found: dict[SiteDate, list[Entry]] = defaultdict(list)
    where = {"site__in": {site for site, _ in days}, "business_date__in": {date for _, date in days}}
    for row in SafeDay.objects.filter(**where).select_related("safe"):
        names = (*_OF_SAFE, *(_INVENTORY if row.inventory_is_counted else ()))
        found[_day(row)].append(entry("safe", row.safe.serial_number, row.currency, _amounts(row, names)))
    for site_day in SiteDay.objects.filter(**where).select_related("site"):
        amounts = _amounts(site_day, _OF_SITE)
        found[_day(site_day)].append(entry("site", site_day.site.code, site_day.currency, amounts, keeps=_TOLD))
    for till in TillDay.objects.filter(**where):
        amounts = _amounts(till, _OF_TILL)
        one = entry("till", till.register, till.currency, amounts, cashier=till.cashier, keeps=_TOLD)
        found[_day(till)].append(one)
    return {day: in_order(iter(found[day])) for day in days}


def figures_on(site_id: int, date: dt.date) -> Figures:
    """The figures of one day."""
    return figures_of([(site_id, date)])[site_id, date]


def _day(row: Any) -> SiteDate:
    return row.site_id, row.business_date


def _amounts(row: Any, names: Collection[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
