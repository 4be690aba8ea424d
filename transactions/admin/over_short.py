"""Over and short by till: each register's day, and each cashier's where known, with sums and how they go by weeks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Abs, Coalesce, TruncWeek
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter, TextFilter
from unfold.decorators import display

from safes.admin.bases import EMPTY, EstimatingPaginator, day, money, nowrap
from safes.admin.filters import RecentFilter, SiteFilter
from transactions.admin.site_days import days_url, leads_of, links, over_short
from transactions.admin.totals import AddsUp
from transactions.models import TillDay

# Sums by till: nobody reads more, and those that are furthest off come first.
_SUMMED = 100
_WEEKS = 60


class RegisterFilter(TextFilter):
    title = "register"
    parameter_name = "register"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(register=value.strip()) if value else queryset


class CashierFilter(TextFilter):
    title = "cashier"
    parameter_name = "cashier"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(cashier__iexact=value.strip()) if value else queryset


class ComesOutFilter(DropdownFilter):
    title = "over/short"
    parameter_name = "over_short"
    _choices: dict[str, dict[str, Any]] = {
        "over": {"variance__gt": 0},
        "short": {"variance__lt": 0},
        "waiting": {"takings": None},
    }

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("over", "over"), ("short", "short"), ("waiting", "no takings yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**self._choices.get(self.value() or "", {}))


@admin.register(TillDay)
class TillDayAdmin(AddsUp):
    paginator = EstimatingPaginator
    totals_template = "staff/till_day_totals.html"
    list_before_template = "staff/till_day_above.html"
    list_display = ("date", "site", "till", "person", "sum_banked", "sum_told", "sum_over")
    list_display_links = ("date",)
    list_filter = (("business_date", RecentFilter), SiteFilter, RegisterFilter, CashierFilter, ComesOutFilter)
    list_select_related = ("site",)
    search_fields = ("=site__code", "=register", "cashier")
    search_help_text = "Code of a site, register or cashier"
    when_empty = "Tills come here with the transactions that name them, or with their takings."
    ordering = ("-business_date", "site", "register", "cashier", "currency")
    sortable_by = ()
    list_per_page = 100
    readonly_fields = ("date", "site", "till", "person", "sum_banked", "sum_told", "sum_over", "look_at")
    fieldsets = (
        (None, {"fields": (("date", "site"), ("till", "person"), ("sum_banked", "sum_told", "sum_over"), "look_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[TillDay]:
        return super().get_queryset(request).select_related("site")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context is not None and "cl" in context:
            context["weeks"] = weeks_of(context["cl"].queryset)
        return response

    def add_up(self, rows: QuerySet[Any]) -> list[dict[str, Any]]:
        off = Abs(Coalesce(Sum("variance"), Decimal(0)))
        lines = (
            rows.order_by()
            .values("site__code", "register", "cashier", "currency")
            .annotate(days=Count("pk"), safe_sum=Sum("safe"), takings_sum=Sum("takings"), variance_sum=Sum("variance"))
            .annotate(off=off)
            .order_by("-off", "site__code", "register", "cashier", "currency")
        )
        return [
            {
                "site": line["site__code"],
                "register": line["register"] or "none",
                "cashier": line["cashier"] or "any",
                "days": line["days"],
                "safe": money(line["safe_sum"], line["currency"]),
                "takings": money(line["takings_sum"], line["currency"]),
                "variance": over_short(line["variance_sum"], line["currency"]),
            }
            for line in lines[:_SUMMED]
        ]

    @display(description="register")
    def till(self, row: TillDay) -> str:
        return row.register or "none"

    @display(description="cashier")
    def person(self, row: TillDay) -> str:
        return row.cashier or EMPTY

    @display(description="safes")
    def sum_banked(self, row: TillDay) -> SafeString:
        return nowrap(money(row.safe, row.currency))

    @display(description="takings")
    def sum_told(self, row: TillDay) -> SafeString:
        return nowrap(money(row.takings, row.currency))

    @display(description="over/short")
    def sum_over(self, row: TillDay) -> SafeString:
        return over_short(row.variance, row.currency)

    @display(description="look at")
    def look_at(self, row: TillDay) -> SafeString:
        of_day = days_url("siteday", site=row.site.code, date=row.business_date)
        return links([(of_day, "the day of the site"), *leads_of(row.site, row.business_date)])


def weeks_of(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    """Over/short of the tills that have takings, by weeks from their Mondays, the latest first; one query."""
    weeks = (
        rows.filter(takings__isnull=False)
        .order_by()
        .annotate(week=TruncWeek("business_date"))
        .values("week", "currency")
        .annotate(
            over=Coalesce(Sum("variance", filter=Q(variance__gt=0)), Decimal(0)),
            short=Coalesce(Sum("variance", filter=Q(variance__lt=0)), Decimal(0)),
            all=Sum("variance"),
        )
        .order_by("-week", "currency")
    )
    return [
        {
            "week": day(line["week"]),
            **{name: over_short(line[name], line["currency"]) for name in ("over", "short", "all")},
        }
        for line in weeks[:_WEEKS]
    ]
