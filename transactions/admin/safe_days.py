"""Safe days: what each safe opened with, took in, gave out and closed with, and the transactions behind it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from safes.admin.bases import EMPTY, EstimatingPaginator, day, link, money, nowrap, table, wall_clock
from safes.admin.filters import RecentFilter, SerialNumberFilter
from safes.models import Finding, Site
from transactions.admin.channels import day_url
from transactions.admin.leads import transactions_url
from transactions.admin.totals import AddsUp
from transactions.catalogue import Kind
from transactions.models import Banked, Book, Drops, SafeDay

_ADDED_UP = ("validated", "manual", "taken", "picked_up", "inventory_change", "change_ordered")


class OfSiteFilter(DropdownFilter):
    """Days of the safes that stood at a site on that very date."""

    title = "site"
    parameter_name = "site"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(code, f"{code} {name}") for code, name in Site.objects.order_by("code").values_list("code", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(site__code=value) if value else queryset


def safe_days_url(**filters: str) -> str:
    """The list of safe days, filtered."""
    return f"{reverse('admin:transactions_safeday_changelist')}?{urlencode(filters)}"


@admin.register(SafeDay)
class SafeDayAdmin(AddsUp):
    paginator = EstimatingPaginator
    totals_template = "staff/safe_day_totals.html"
    list_display = (
        "date", "safe", "of_site", "sum_opening", "sum_validated", "sum_manual", "sum_taken", "sum_closing",
        "sum_inventory",
    )  # fmt: skip
    list_display_links = ("date",)
    list_filter = (("business_date", RecentFilter), SerialNumberFilter, OfSiteFilter)
    list_select_related = ("safe", "site")
    search_fields = ("=safe__serial_number",)
    search_help_text = "Serial number"
    when_empty = "Days come here with their transactions, by push or by file."
    ordering = ("-business_date", "safe", "currency")
    sortable_by = ()
    list_per_page = 100
    readonly_fields = ("date", "place", "closed", "of_site", "worksheet", "inventory", "drops", "tills", "look_at")
    fieldsets = (
        (None, {"fields": (("date", "place"), ("of_site", "closed"), "look_at")}),
        ("Contents: what the courier takes", {"fields": ("worksheet", "drops")}),
        ("Inventory: what the safe gives out", {"fields": ("inventory",)}),
        ("By till", {"fields": ("tills",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SafeDay]:
        return super().get_queryset(request).select_related("safe", "site")

    def add_up(self, rows: QuerySet[Any]) -> list[dict[str, Any]]:
        sums = {f"{name}_sum": Sum(name) for name in _ADDED_UP}
        lines = rows.order_by().values("currency").annotate(days=Count("pk"), **sums).order_by("currency")
        return [
            {
                "currency": line["currency"] or "not known",
                "days": f"{line['days']:,}",
                "sums": [money(line[f"{name}_sum"], None) for name in _ADDED_UP],
            }
            for line in lines
        ]

    @display(description="site", empty_value="nowhere yet")
    def of_site(self, row: SafeDay) -> str | None:
        return row.site.code if row.site else None

    @display(description="opening")
    def sum_opening(self, row: SafeDay) -> SafeString:
        return _shown(row, row.opening)

    @display(description="validated")
    def sum_validated(self, row: SafeDay) -> SafeString:
        return _leading(row, row.validated, Kind.VALIDATED)

    @display(description="manual")
    def sum_manual(self, row: SafeDay) -> SafeString:
        return _leading(row, row.manual, Kind.MANUAL)

    @display(description="taken by the courier")
    def sum_taken(self, row: SafeDay) -> SafeString:
        return _leading(row, row.taken, Kind.PICKUP)

    @display(description="closing")
    def sum_closing(self, row: SafeDay) -> SafeString:
        return _shown(row, row.closing)

    @display(description="inventory at close")
    def sum_inventory(self, row: SafeDay) -> SafeString:
        return _shown(row, row.inventory_closing)

    @display(description="closed by the site")
    def closed(self, row: SafeDay) -> str:
        if row.closed_at is not None:
            return wall_clock(row.closed_at)
        return "not closed"

    @display(description="look at")
    def look_at(self, row: SafeDay) -> SafeString:
        serial, date = row.safe.serial_number, row.business_date
        open_here = Finding.objects.filter(safe=row.safe_id, business_date=date, state=Finding.State.OPEN).count()
        findings = f"{reverse('admin:safes_finding_changelist')}?{urlencode({'serial_number': serial})}"
        leads = [
            link(_transactions(row), f"{row.transaction_count:,} transactions"),
            link(day_url(serial, date), "the day by channel"),
            link(findings, f"{open_here} open finding{'' if open_here == 1 else 's'}") if open_here else None,
        ]
        return format_html_join(SafeString(" · "), "{}", ((lead,) for lead in leads if lead))

    @display(description="day")
    def worksheet(self, row: SafeDay) -> SafeString:
        since = "" if row.is_counted else " (since first seen: nobody has counted it yet)"
        return table(
            ("", f"amount in {row.currency or 'a currency not known'}"),
            [
                (f"Opening{since}", _plain(row.opening)),
                ("+ Validated", self.sum_validated(row)),
                ("+ Manual drops, counted by nobody yet", self.sum_manual(row)),
                ("− Taken by the courier, by the drops", _plain(-row.taken)),
                ("= Closing", _plain(row.closing)),
                ("Reported by the servicings", _leading(row, row.picked_up, Kind.PICKUP)),
                ("Change ordered", _leading(row, row.change_ordered, Kind.CHANGE_ORDER)),
            ],
        )

    @display(description="inventory")
    def inventory(self, row: SafeDay) -> SafeString:
        since = "" if row.inventory_is_counted else " (since first seen: nobody has counted it yet)"
        return table(
            ("", f"amount in {row.currency or 'a currency not known'}"),
            [
                (f"Opening{since}", _plain(row.inventory_opening)),
                ("± Dispensed, loaded, removed, to and from tills", _plain(row.inventory_change)),
                ("= Closing", _plain(row.inventory_closing)),
                ("Dispensed of it", _leading(row, row.dispensed, Kind.DISPENSE)),
            ],
        )

    @display(description="drops by pickup group")
    def drops(self, row: SafeDay) -> SafeString:
        lines = Drops.objects.filter(safe=row.safe_id, business_date=row.business_date, currency=row.currency)
        return table(
            ("pickup group", "from", "to", "validated", "manual", "counted", "left on"),
            [
                (
                    line.pickup_group_id or "none",
                    nowrap(wall_clock(line.first_local_time)),
                    nowrap(wall_clock(line.last_local_time)),
                    _plain(line.validated),
                    _plain(line.manual),
                    _plain(line.counted) if line.is_opening else EMPTY,
                    _left(line),
                )
                for line in lines.order_by("first_local_time", "pk")
            ],
        )

    @display(description="tills and people")
    def tills(self, row: SafeDay) -> SafeString:
        lines = Banked.objects.filter(safe=row.safe_id, business_date=row.business_date, currency=row.currency)
        return table(
            ("register", "user", "transactions", "brought"),
            [
                (line.register or "none", line.user_name or "nobody", f"{line.count:,}", _plain(line.amount))
                for line in lines.order_by("register", "user_name")
            ],
        )


def _left(line: Drops) -> SafeString | str:
    if line.counted_on is not None:
        return f"counted on {line.counted_on}"
    return nowrap(day(line.leaves_on)) if line.leaves_on else "still there"


def _plain(amount: Decimal) -> SafeString:
    return nowrap(money(amount, None))


def _shown(row: SafeDay, amount: Decimal) -> SafeString:
    return nowrap(money(amount, row.currency))


def _leading(row: SafeDay, amount: Decimal, kind: Kind) -> SafeString:
    """An amount, and a click away the transactions it is the sum of."""
    shown = _shown(row, amount)
    return link(_transactions(row, kind__exact=kind.value), shown) if amount else shown


def _transactions(row: SafeDay, **more: str) -> str:
    return transactions_url(
        serial_number=row.safe.serial_number, **_only(row.business_date), book=Book.PRODUCTION.value, **more
    )


def _only(date: dt.date) -> dict[str, str]:
    return {"business_date_from": date.isoformat(), "business_date_to": date.isoformat()}
