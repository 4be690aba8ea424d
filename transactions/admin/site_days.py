"""Site days: what the safes of a site say against what its tills say; each has its worksheet."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Count, F, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from safes.admin.bases import EMPTY, EstimatingPaginator, change_url, day, link, money, nowrap
from safes.admin.filters import RecentFilter, SiteFilter
from safes.admin.findings import LEADS
from safes.models import Finding, Register, Site
from transactions.admin.worksheets.bulk import SignsInBulk, StatusFilter
from transactions.admin.worksheets.desk import WorksheetAdmin
from transactions.admin.worksheets.findings import findings_section
from transactions.admin.worksheets.sheet import Section, Sheet
from transactions.admin.worksheets.site_day import sheet_of
from transactions.admin.worksheets.walking import Days, days_around
from transactions.models import SafeDay, SiteDay

_SUMS = ("safe_total", "takings", "variance", "deposits", "petty_cash", "unexplained")


class OverShortFilter(DropdownFilter):
    """Days by how they come out; beyond the tolerance of their site or within it."""

    title = "over/short"
    parameter_name = "over_short"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("beyond", "beyond the tolerance"),
            ("within", "within the tolerance"),
            ("waiting", "no takings yet"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        tolerance = F("site__tolerance")
        within = queryset.filter(unexplained__lte=tolerance, unexplained__gte=-tolerance)
        if value == "within":
            return within
        if value == "beyond":
            return queryset.filter(takings__isnull=False).exclude(pk__in=within.order_by().values("pk"))
        return queryset.filter(takings=None) if value == "waiting" else queryset


@admin.register(SiteDay)
class SiteDayAdmin(SignsInBulk, WorksheetAdmin):
    paginator = EstimatingPaginator
    totals_template = "staff/site_day_totals.html"
    walks_by = "site__code"
    list_display = (
        "date",
        "site",
        "signing",
        "sum_safes",
        "sum_told",
        "sum_over",
        "sum_outside",
        "sum_petty",
        "sum_left",
    )
    list_display_links = ("date",)
    list_filter = (("business_date", RecentFilter), SiteFilter, OverShortFilter, StatusFilter)
    list_select_related = ("site",)
    search_fields = ("=site__code", "site__name")
    search_help_text = "Code or name of a site"
    when_empty = "Days come here with the transactions of a site's safes, or with the takings of its tills."
    ordering = ("-business_date", "site", "currency")
    sortable_by = ()
    list_per_page = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet[SiteDay]:
        return super().get_queryset(request).select_related("site")

    def sheet(self, row: SiteDay) -> tuple[Sheet, Days]:
        return sheet_of(row), days_around(row, site=row.site_id)

    def findings(self, row: SiteDay) -> Section:
        safes = SafeDay.objects.filter(site=row.site_id, business_date=row.business_date).order_by().values("safe")
        return findings_section(row.business_date, safes, row.site_id, of_site=True)

    def add_up(self, rows: QuerySet[Any]) -> list[dict[str, Any]]:
        sums = {f"{name}_sum": Sum(name) for name in _SUMS}
        lines = rows.order_by().values("currency").annotate(days=Count("pk"), **sums).order_by("currency")
        return [
            {
                "currency": line["currency"] or "not known",
                "days": line["days"],
                "sums": [money(line[f"{name}_sum"], None) for name in _SUMS],
            }
            for line in lines
        ]

    @display(description="safes")
    def sum_safes(self, row: SiteDay) -> SafeString:
        return nowrap(money(row.safe_total, row.currency))

    @display(description="takings")
    def sum_told(self, row: SiteDay) -> SafeString:
        return nowrap(money(row.takings, row.currency))

    @display(description="over/short")
    def sum_over(self, row: SiteDay) -> SafeString:
        return over_short(row.variance, row.currency)

    @display(description="deposits")
    def sum_outside(self, row: SiteDay) -> SafeString:
        return nowrap(money(row.deposits, row.currency))

    @display(description="petty cash")
    def sum_petty(self, row: SiteDay) -> SafeString:
        return nowrap(money(row.petty_cash, row.currency))

    @display(description="unexplained")
    def sum_left(self, row: SiteDay) -> SafeString:
        return over_short(row.unexplained, row.currency)


def over_short(amount: Decimal | None, currency: str) -> SafeString:
    """With its sign, so that over and short are told apart at a glance; nothing before takings."""
    if amount is None:
        return EMPTY
    return nowrap(f"{'+' if amount > 0 else ''}{money(amount, currency)}")


def leads_of(site: Site, date: dt.date) -> list[tuple[str, str]]:
    """Where the figures of a site's day come from."""
    return [
        (days_url("taking", site=site.code, date=date), "its takings"),
        (days_url("tillday", site=site.code, date=date), "its tills"),
        (days_url("safeday", site=site.code, date=date), "its safe days"),
        (days_url("othercash", site=site.code, date=date), "deposits and petty cash"),
    ]


def days_url(room: str, *, site: str, date: dt.date) -> str:
    """The list of a room, for one day of a site."""
    query = {"site": site, "business_date_from": day(date), "business_date_to": day(date)}
    return f"{reverse(f'admin:transactions_{room}_changelist')}?{urlencode(query)}"


def links(leads: list[tuple[str, str]]) -> SafeString:
    return format_html_join(SafeString(" · "), "{}", ((link(url, text),) for url, text in leads))


def _of_day(finding: Finding) -> list[tuple[str, str]]:
    if finding.site is None or finding.business_date is None:
        return []
    return [
        (days_url("siteday", site=finding.site.code, date=finding.business_date), "the day of the site"),
        *leads_of(finding.site, finding.business_date),
    ]


def _of_register(finding: Finding) -> list[tuple[str, str]]:
    known = Register.objects.select_related("site")
    register = known.filter(site=finding.site_id, code=finding.detail.get("register", "")).first()
    if register is None:
        return []
    query = urlencode({"site": register.site.code, "q": register.code, "business_date_from": "2000-01-01"})
    return [
        (change_url(register), f"register {register}, where it is confirmed"),
        (f"{reverse('admin:transactions_taking_changelist')}?{query}", "its takings"),
    ]


LEADS.update({"till_variance": _of_day, "late_after_sign_off": _of_day, "unknown_register": _of_register})
