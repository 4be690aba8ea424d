"""Transactions by the channels that told of them, and where days by channel and their transactions are listed."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from unfold.contrib.filters.admin import DropdownFilter

from transactions.admin.leads import transactions_url
from transactions.models import Book, Transaction

_CHANNELS = [
    ("push", "told by push"),
    ("file", "told by file"),
    ("both", "told by both"),
    ("push_only", "by push alone"),
    ("file_only", "by file alone"),
]
_BY_CHANNEL = {
    "push": Q(seen_by_push__isnull=False),
    "file": Q(seen_by_file__isnull=False),
    "both": Q(seen_by_push__isnull=False, seen_by_file__isnull=False),
    "push_only": Q(seen_by_push__isnull=False, seen_by_file__isnull=True),
    "file_only": Q(seen_by_push__isnull=True, seen_by_file__isnull=False),
}


class ChannelFilter(DropdownFilter):
    """Counted transactions by the channels that told of them: the rows behind a day's figures."""

    title = "channel"
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return _CHANNELS

    def queryset(self, request: HttpRequest, queryset: QuerySet[Transaction]) -> QuerySet[Transaction]:
        value = self.value()
        return queryset.filter(_BY_CHANNEL[value], counted=True) if value in _BY_CHANNEL else queryset


def days_url(**filters: str) -> str:
    """The list of days by channel."""
    return f"{reverse('admin:transactions_channelcompleteness_changelist')}?{urlencode(filters)}"


def day_url(serial_number: str, date: dt.date) -> str:
    """One day in that list, in all its currencies."""
    return days_url(serial_number=serial_number, **_only(date))


def told_url(serial_number: str, date: dt.date, channel: str) -> str:
    """A day's transactions in the books, of one of the channels above; of any for an empty one."""
    chosen = {"channel": channel} if channel else {}
    return transactions_url(serial_number=serial_number, **_only(date), book=Book.PRODUCTION.value, **chosen)


def _only(date: dt.date) -> dict[str, str]:
    return {"business_date_from": date.isoformat(), "business_date_to": date.isoformat()}
