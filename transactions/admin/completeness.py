"""Completeness: each safe day by channel, what one told and the other did not, and certificates of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from safes.admin.bases import EstimatingPaginator, link, money, nowrap, table
from safes.admin.filters import DAYS_SHOWN, RecentFilter, SafeSiteFilter, SerialNumberFilter
from safes.admin.findings import LEADS
from safes.dashboard import Figure, Panel, hang
from safes.models import Finding
from transactions.admin.certificates import Certifies
from transactions.admin.channels import day_url, days_url, told_url
from transactions.admin.totals import AddsUp
from transactions.models import ChannelCompleteness

Verdict = ChannelCompleteness.Verdict

# A day that lacks something in both is listed under either.
_LISTED: dict[str, tuple[str, list[str]]] = {
    "complete": ("complete", [Verdict.COMPLETE]),
    "waiting": ("waiting for the other channel", [Verdict.WAITING]),
    "missing_in_push": ("missing in push", [Verdict.MISSING_IN_PUSH, Verdict.MISSING_IN_BOTH]),
    "missing_in_file": ("missing in file", [Verdict.MISSING_IN_FILE, Verdict.MISSING_IN_BOTH]),
    "not_compared": ("not compared", [Verdict.NOT_COMPARED]),
}

_TOLD = ("push", "file", "both", "missing_in_push", "missing_in_file")


class VerdictFilter(DropdownFilter):
    title = "verdict"
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in _LISTED.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(verdict__in=_LISTED[value][1]) if value in _LISTED else queryset


@admin.register(ChannelCompleteness)
class CompletenessAdmin(Certifies, AddsUp):
    paginator = EstimatingPaginator
    totals_template = "staff/completeness_totals.html"
    list_before_template = "staff/completeness_above.html"
    list_display = ("date", "safe", "standing", "pushed", "filed", "in_both", "lacking_push", "lacking_file")
    list_display_links = ("date",)
    list_filter = (("business_date", RecentFilter), SerialNumberFilter, SafeSiteFilter, VerdictFilter)
    list_select_related = ("safe",)
    search_fields = ("=safe__serial_number",)
    search_help_text = "Serial number"
    when_empty = "Days come here with their transactions, by push or by file."
    ordering = ("-business_date", "safe", "currency")
    sortable_by = ()
    list_per_page = 100
    actions_detail = ("certificate",)
    readonly_fields = ("date", "place", "standing", "figures", "all_of_it")
    fieldsets = ((None, {"fields": (("date", "place"), ("standing", "all_of_it"), "figures")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChannelCompleteness]:
        return super().get_queryset(request).select_related("safe")

    def add_up(self, rows: QuerySet[Any]) -> list[dict[str, Any]]:
        sums = {f"{told}_{what}_sum": Sum(f"{told}_{what}") for told in _TOLD for what in ("count", "cash")}
        lines = rows.order_by().values("currency").annotate(days=Count("pk"), **sums).order_by("currency")
        return [
            {
                "currency": line["currency"] or "not known",
                "days": line["days"],
                "told": [
                    {"count": f"{line[f'{told}_count_sum']:,}", "cash": money(line[f"{told}_cash_sum"], None)}
                    for told in _TOLD
                ],
            }
            for line in lines
        ]

    @display(
        description="verdict",
        label={
            "complete": "success",
            "waiting": "info",
            "missing in push": "danger",
            "missing in file": "danger",
            "missing in both": "danger",
            "not compared": "warning",
        },
    )
    def standing(self, row: ChannelCompleteness) -> str:
        return str(row.get_verdict_display())

    @display(description="by push")
    def pushed(self, row: ChannelCompleteness) -> SafeString:
        return _told(row, "push", row.push_count, row.push_cash)

    @display(description="by file")
    def filed(self, row: ChannelCompleteness) -> SafeString:
        return _told(row, "file", row.file_count, row.file_cash)

    @display(description="by both")
    def in_both(self, row: ChannelCompleteness) -> SafeString:
        return _told(row, "both", row.both_count, row.both_cash)

    @display(description="missing in push")
    def lacking_push(self, row: ChannelCompleteness) -> SafeString:
        return _told(row, "file_only", row.missing_in_push_count, row.missing_in_push_cash)

    @display(description="missing in file")
    def lacking_file(self, row: ChannelCompleteness) -> SafeString:
        return _told(row, "push_only", row.missing_in_file_count, row.missing_in_file_cash)

    @display(description="all counted transactions")
    def all_of_it(self, row: ChannelCompleteness) -> SafeString:
        return _told(row, "", row.count, row.cash)

    @display(description="by channel")
    def figures(self, row: ChannelCompleteness) -> SafeString:
        columns = (self.pushed, self.filed, self.in_both, self.lacking_push, self.lacking_file)
        return table(
            ("By push", "By file", "By both", "Missing in push", "Missing in file"), [[c(row) for c in columns]]
        )


def _told(row: ChannelCompleteness, channel: str, count: int, cash: Decimal) -> SafeString:
    """So many and so much, and a click away the transactions that were counted."""
    shown = nowrap(f"{count:,} · {money(cash, row.currency)}")
    if not count:
        return shown
    return link(told_url(row.safe.serial_number, row.business_date, channel), shown)


def _panel(request: HttpRequest) -> dict[str, Any]:
    """The days that the list shows unless told otherwise, by verdict; one query."""
    since = timezone.now().date() - dt.timedelta(days=DAYS_SHOWN)
    counts = dict(
        ChannelCompleteness.objects.filter(business_date__gte=since)
        .order_by()
        .values("verdict")
        .annotate(days=Count("pk"))
        .values_list("verdict", "days")
    )
    figures = []
    for name, (words, verdicts) in _LISTED.items():
        number = sum(counts.get(verdict, 0) for verdict in verdicts)
        url = days_url(verdict=name)
        figures.append(Figure(f"{number:,}", words, url, name.startswith("missing") and number > 0))
    return {"figures": figures}


hang(
    Panel(
        "Completeness of the last 31 days",
        35,
        "transactions.view_channelcompleteness",
        "staff/panels/figures.html",
        _panel,
    )
)


def _lead(finding: Finding) -> list[tuple[str, str]]:
    if finding.safe is None or finding.business_date is None:
        return []
    serial, date = finding.safe.serial_number, finding.business_date
    channel, words = {
        "missing_in_push": ("file_only", "transactions that were never pushed"),
        "missing_in_file": ("push_only", "transactions that are in no file"),
    }[finding.kind]
    return [
        (told_url(serial, date, channel), words),
        (day_url(serial, date), "the day by channel"),
    ]


LEADS.update({"missing_in_push": _lead, "missing_in_file": _lead})
