"""Safe days: what each safe opened with, took in, gave out and closed with; each has its worksheet."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from safes.admin.bases import EstimatingPaginator, link, money, nowrap
from safes.admin.filters import RecentFilter, SerialNumberFilter
from safes.models import Site
from transactions.admin.worksheets.addresses import of_safe
from transactions.admin.worksheets.bulk import SignsInBulk, StatusFilter
from transactions.admin.worksheets.desk import WorksheetAdmin
from transactions.admin.worksheets.findings import findings_section
from transactions.admin.worksheets.safe_day import sheet_of
from transactions.admin.worksheets.sheet import Section, Sheet
from transactions.admin.worksheets.walking import Days, days_around
from transactions.catalogue import Kind
from transactions.models import SafeDay

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
class SafeDayAdmin(SignsInBulk, WorksheetAdmin):
    paginator = EstimatingPaginator
    totals_template = "staff/safe_day_totals.html"
    walks_by = "safe__serial_number"
    list_display = (
        "date", "safe", "of_site", "signing", "sum_opening", "sum_validated", "sum_manual", "sum_taken", "sum_closing",
        "sum_inventory",
    )  # fmt: skip
    list_display_links = ("date",)
    list_filter = (("business_date", RecentFilter), SerialNumberFilter, OfSiteFilter, StatusFilter)
    list_select_related = ("safe", "site")
    search_fields = ("=safe__serial_number",)
    search_help_text = "Serial number"
    when_empty = "Days come here with their transactions, by push or by file."
    ordering = ("-business_date", "safe", "currency")
    sortable_by = ()
    list_per_page = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet[SafeDay]:
        return super().get_queryset(request).select_related("safe", "site")

    def sheet(self, row: SafeDay) -> tuple[Sheet, Days]:
        days = days_around(row, safe=row.safe_id)
        return sheet_of(row, days.before), days

    def findings(self, row: SafeDay) -> Section:
        return findings_section(row.business_date, [row.safe_id], row.site_id, of_site=False)

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


def _shown(row: SafeDay, amount: Decimal) -> SafeString:
    return nowrap(money(amount, row.currency))


def _leading(row: SafeDay, amount: Decimal, kind: Kind) -> SafeString:
    """An amount, and a click away the transactions it is the sum of."""
    shown = _shown(row, amount)
    url = of_safe(row.safe.serial_number, row.business_date, kind__exact=kind.value)
    return link(url, shown) if amount else shown
