"""Till sessions on recyclers, view-only: what went out to a till, and what came back."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from safes.admin.bases import EstimatingPaginator, ViewOnlyAdmin, link, money, nowrap, wall_clock
from safes.admin.filters import RecentFilter, SafeSiteFilter, SerialNumberFilter
from transactions.admin.leads import transactions_url
from transactions.models import TillSession


@admin.register(TillSession)
class TillSessionAdmin(ViewOnlyAdmin):
    paginator = EstimatingPaginator
    list_display = ("began", "safe", "till", "sum_out", "sum_in", "came_back", "who")
    list_display_links = ("began",)
    list_filter = (("business_date", RecentFilter), SerialNumberFilter, SafeSiteFilter)
    list_select_related = ("safe",)
    search_fields = ("=safe__serial_number", "=register", "users")
    search_help_text = "Serial number, register or user"
    when_empty = "Sessions come with the check-outs and check-ins of tills at recyclers."
    ordering = ("-business_date", "safe", "-began_local_time")
    sortable_by = ()
    list_per_page = 100
    readonly_fields = ("date", "place", "till", "went_out", "came_back", "sum_out", "sum_in", "who", "look_at")
    fieldsets = (
        (None, {"fields": (("date", "place"), ("till", "who"), "look_at")}),
        ("Check-outs, then check-ins", {"fields": (("went_out", "sum_out"), ("came_back", "sum_in"))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[TillSession]:
        return super().get_queryset(request).select_related("safe")

    @display(description="began, safe's clock")
    def began(self, row: TillSession) -> SafeString:
        return nowrap(wall_clock(row.began_local_time))

    @display(description="register")
    def till(self, row: TillSession) -> str:
        return row.register or "none named"

    @display(description="checked out")
    def sum_out(self, row: TillSession) -> SafeString:
        return nowrap(money(row.checked_out, row.currency))

    @display(description="checked in")
    def sum_in(self, row: TillSession) -> SafeString:
        return nowrap(money(row.checked_in, row.currency))

    @display(description="first check-out")
    def went_out(self, row: TillSession) -> str:
        return wall_clock(row.checked_out_local_time) if row.checked_out_local_time else "never: it only came back"

    @display(description="last check-in")
    def came_back(self, row: TillSession) -> str:
        return wall_clock(row.checked_in_local_time) if row.checked_in_local_time else "still out"

    @display(description="users")
    def who(self, row: TillSession) -> str:
        return row.users

    @display(description="look at")
    def look_at(self, row: TillSession) -> SafeString:
        filters = {"serial_number": row.safe.serial_number, "register": row.register}
        return link(transactions_url(business_date_from=row.business_date.isoformat(), **filters), "its transactions")
