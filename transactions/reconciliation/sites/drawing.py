"""Site days, drawn from what their safes and their tills say: the rows, and the findings about them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection

import structlog
from django.db import DatabaseError
from django.db.models import Sum
from django.db.transaction import atomic

from safes.estate import lock_sites
from safes.models import Site
from transactions.models import Banked, OtherCash, SiteDay, Taking, TillDay, TouchedSiteDay
from transactions.reconciliation.drawn import keep_drawn
from transactions.reconciliation.signing.following import follow_figures
from transactions.reconciliation.sites.findings import settle_site
from transactions.reconciliation.sites.over_short import NO_REGISTER, Day, Line, Other, compare

log = structlog.get_logger(__name__)

DateCurrency = tuple[dt.date, str]


def draw_sites_touched(limit: int = 1000) -> int:
    """Work off marks, and say how many; those of a site that cannot be drawn stay, and are not among them.

    Nor are those of a site that somebody works at just now, since a push that touched it must not wait for a table of
    takings. Who has kept takings draws when he is done, and the clock comes round for the rest.
    """
    drawn = 0
    days: dict[int, list[dt.date]] = defaultdict(list)
    marks = TouchedSiteDay.objects.order_by("site_id", "business_date").values_list("site_id", "business_date")[:limit]
    for site_id, date in marks:
        days[site_id].append(date)
    for site_id, dates in days.items():
        try:
            if draw_site_day(site_id, dates, waits=False):
                drawn += len(dates)
        except DatabaseError:
            raise
        except Exception:
            log.exception("site_not_drawn", site=site_id, consequence="its marks wait for the next turn of the clock")
    return drawn


@atomic
def draw_site_day(site_id: int, dates: Collection[dt.date], *, waits: bool = True) -> bool:
    """Bring the days of a site and their findings in step with what is stored; their marks go.

    False where there is nothing to lock: the site went, and its marks with it, or somebody holds it and nobody waits.
    """
    locked = lock_sites([site_id], skip_locked=not waits)
    if not locked:
        return False
    (site,) = locked
    # Locked in the order in which they are made: who marks several of them waits for nobody who waits for him.
    marks = TouchedSiteDay.objects.select_for_update().filter(site=site, business_date__in=dates)
    TouchedSiteDay.objects.filter(pk__in=[mark.pk for mark in marks.order_by("business_date")]).delete()
    days = _days(site, dates)
    _keep(site, dates, days)
    settle_site(site, dates, days)
    follow_figures(site, dates)
    return True


def _days(site: Site, dates: Collection[dt.date]) -> dict[DateCurrency, Day]:
    banked: dict[DateCurrency, list[Line]] = defaultdict(list)
    takings: dict[DateCurrency, list[Line]] = defaultdict(list)
    other: dict[DateCurrency, list[Other]] = defaultdict(list)
    brought = (
        Banked.objects.filter(site=site, business_date__in=dates)
        .order_by()
        .values_list("business_date", "currency", "register", "user_name")
        .annotate(Sum("amount"))
    )
    for date, currency, register, user, amount in brought:
        banked[date, currency].append(Line(register, user, amount))
    told = Taking.objects.filter(register__site=site, business_date__in=dates)
    spared = OtherCash.objects.filter(site=site, business_date__in=dates)
    # Both are in the currency of their site, also when that is put right later.
    for rows in (told, spared):
        rows.exclude(currency=site.currency).update(currency=site.currency)
    said = told.filter(withdrawn_at=None)
    for date, register, cashier, amount in said.values_list("business_date", "register__code", "cashier", "amount"):
        takings[date, site.currency].append(Line(register, cashier, amount))
    in_force = spared.filter(withdrawn_at=None)
    for date, kind, register, amount in in_force.values_list("business_date", "kind", "register__code", "amount"):
        is_deposit = kind == OtherCash.Kind.DEPOSIT
        other[date, site.currency].append(Other(register or NO_REGISTER, amount, is_deposit))
    return {day: compare(banked[day], takings[day], other[day]) for day in {*banked, *takings, *other}}


def _keep(site: Site, dates: Collection[dt.date], days: dict[DateCurrency, Day]) -> None:
    keep_drawn(
        SiteDay.objects.filter(site=site, business_date__in=dates),
        ("business_date", "currency"),
        {
            key: {
                "safe_total": day.site.safe,
                "takings": day.site.takings,
                "variance": day.site.variance,
                "deposits": day.site.deposits,
                "petty_cash": day.site.petty_cash,
                "unexplained": day.site.unexplained,
            }
            for key, day in days.items()
        },
        also={"site": site},
    )
    keep_drawn(
        TillDay.objects.filter(site=site, business_date__in=dates),
        ("business_date", "currency", "register", "cashier"),
        {
            (*key, *till): {"safe": figures.safe, "takings": figures.takings, "variance": figures.variance}
            for key, day in days.items()
            for till, figures in day.tills.items()
        },
        also={"site": site},
    )
