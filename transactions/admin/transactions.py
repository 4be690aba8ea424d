"""Transactions, view-only."""

from __future__ import annotations

import re
from decimal import Decimal

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, TextFilter
from unfold.decorators import display

from safes.admin.bases import EMPTY, change_url, link, money, nowrap, table, wall_clock
from safes.admin.filters import RecentFilter, SafeSiteFilter, SerialNumberFilter
from transactions.admin.channels import ChannelFilter
from transactions.admin.records import BookFilter, ExactFilter, MessageFilter, TypeFilter, UserFilter
from transactions.admin.totals import TotalsAdmin
from transactions.catalogue import KIND_OF, Kind
from transactions.models import Transaction

_NUMBER = re.compile(r"-?[0-9]{1,18}")


class RegisterFilter(ExactFilter):
    title = "register"
    parameter_name = "register"


class PickupGroupFilter(TextFilter):
    title = "pickup group"
    parameter_name = "pickup_group_id"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Transaction]) -> QuerySet[Transaction]:
        value = (self.value() or "").strip()
        if not value:
            return queryset
        return queryset.filter(pickup_group_id=int(value)) if _NUMBER.fullmatch(value) else queryset.none()


@admin.register(Transaction)
class TransactionAdmin(TotalsAdmin):
    types = tuple(name for name, kind in KIND_OF.items() if kind is not Kind.AUDIT)
    list_display = ("clock", "safe", "type", "cash", "who", "register", "group", "date")
    list_filter = (
        ("business_date", RecentFilter),
        SerialNumberFilter,
        SafeSiteFilter,
        TypeFilter,
        ("kind", ChoicesDropdownFilter),
        PickupGroupFilter,
        RegisterFilter,
        UserFilter,
        BookFilter,
        MessageFilter,
        ChannelFilter,
    )
    search_fields = ("safe__serial_number",)  # and more: RecordAdmin.get_search_results
    has_groups = True
    searched_exactly = ("register", "deposit_reference_number", "change_purchase_number")
    when_empty = "Transactions come with the pushes of Loomis; deliveries show what arrived."
    search_help_text = "Serial number, user, register, pickup group, deposit reference or change purchase"
    readonly_fields = (
        "shown_time", "utc_time", "date", "cash", "named", "counted_as", "coins_and_notes", "sent_type", "unlisted",
        "key", "book_name", "counts", "retrieved", "pushed", "filed", "partner", "deliveries",
    )  # fmt: skip
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("shown_time", "utc_time"),
                    ("date", "safe"),
                    ("named", "counted_as"),
                    ("cash", "user_name"),
                    ("register", "pickup_group_id"),
                )
            },
        ),
        (
            "What was sent with it",
            {
                "fields": (
                    "coins_and_notes",
                    ("change_purchase_number", "deposit_reference_number"),
                    ("tube_column", "tube_count"),
                    ("sent_type", "retrieved"),
                    "unlisted",
                )
            },
        ),
        (
            "Where it comes from",
            {"fields": ("deliveries", ("pushed", "filed"), "partner", "key", ("book_name", "counts"))},
        ),
    )

    @display(description="group")
    def group(self, row: Transaction) -> int | str:
        return row.pickup_group_id or EMPTY

    @display(description="kind")
    def counted_as(self, row: Transaction) -> str:
        return row.kind.replace("_", " ")

    @display(description="paired with")
    def partner(self, row: Transaction) -> SafeString | str:
        """The same transaction as the other channel told it; of the two the file's counts."""
        other = Transaction.objects.filter(pk=row.paired_with).first() if row.paired_with else None
        if other is None:
            return EMPTY
        channel = "the push" if other.file_message_id is None else "the file"
        group = "no group" if other.pickup_group_id is None else f"group {other.pickup_group_id}"
        told = link(change_url(other), f"what {channel} told")
        return format_html("{}: {}, {}", told, wall_clock(other.local_time), group)

    @display(description="denominations")
    def coins_and_notes(self, row: Transaction) -> SafeString:
        return table(
            ("unit value", "count", "currency"),
            (
                (nowrap(money(value, None)), nowrap(str(count)), currency or "")
                for value, count, currency in _numbers(row)
            ),
        )


def _numbers(row: Transaction) -> list[tuple[Decimal, int, str | None]]:
    return [(Decimal(str(value)), count, currency) for value, count, currency in row.denominations or ()]
