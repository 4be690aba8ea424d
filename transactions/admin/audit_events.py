"""Audit events, view-only: doors, locks, log-ins."""

from __future__ import annotations

from django.contrib import admin

from safes.admin.filters import RecentFilter, SafeSiteFilter, SerialNumberFilter
from transactions.admin.records import BookFilter, MessageFilter, RecordAdmin, TypeFilter, UserFilter
from transactions.catalogue import KIND_OF, Kind
from transactions.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(RecordAdmin):
    types = tuple(name for name, kind in KIND_OF.items() if kind is Kind.AUDIT)
    list_display = ("clock", "safe", "type", "door_name", "who", "date")
    list_filter = (
        ("business_date", RecentFilter),
        SerialNumberFilter,
        SafeSiteFilter,
        TypeFilter,
        UserFilter,
        BookFilter,
        MessageFilter,
    )
    search_fields = ("safe__serial_number",)  # and more: RecordAdmin.get_search_results
    searched_by_beginning = ("door_name",)
    when_empty = "Audit events come with the pushes of Loomis: doors, locks, log-ins."
    search_help_text = "Serial number, user or door"
    readonly_fields = (
        "shown_time", "utc_time", "date", "named", "sent_type", "unlisted", "key", "book_name", "counts", "retrieved",
        "pushed", "filed", "deliveries",
    )  # fmt: skip
    fieldsets = (
        (
            None,
            {"fields": (("shown_time", "utc_time"), ("date", "safe"), ("named", "door_name"), "user_name", "unlisted")},
        ),
        (
            "Where it comes from",
            {
                "fields": (
                    "deliveries",
                    ("sent_type", "retrieved"),
                    ("pushed", "filed"),
                    "key",
                    ("book_name", "counts"),
                )
            },
        ),
    )
