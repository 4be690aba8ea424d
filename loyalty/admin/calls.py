"""Calls of the card service: errors always, all while LOYALTY_LOG_CALLS is on. For looking at alone, masked."""

from __future__ import annotations

import datetime as dt
import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter, TextFilter
from unfold.decorators import display

from loyalty.admin.words import role_in_words
from loyalty.models import CardCall
from loyalty.results import MISSES, Fault, Key
from safes.admin.bases import EMPTY, EstimatingPaginator, ViewOnlyAdmin, instant
from safes.admin.filters import RecentMomentFilter

_WITHIN = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1), "week": dt.timedelta(days=7)}


class WithinFilter(DropdownFilter):
    """The last hours, which dates cannot say."""

    title = "within"
    parameter_name = "within"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("hour", "the last hour"), ("day", "the last 24 hours"), ("week", "the last 7 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CardCall]) -> QuerySet[CardCall]:
        span = _WITHIN.get(self.value() or "")
        return queryset if span is None else queryset.filter(at__gte=timezone.now() - span)


class OutcomeFilter(DropdownFilter):
    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("error", "errors"), ("miss", "misses: not found"), ("ok", "done")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CardCall]) -> QuerySet[CardCall]:
        value = self.value()
        if value == "miss":
            return queryset.filter(is_error=True, key__in=MISSES)
        return queryset.filter(is_error=value == "error") if value in ("error", "ok") else queryset


class KeyFilter(DropdownFilter):
    title = "key"
    parameter_name = "key"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(key, key) for key in (*Key, *Fault)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CardCall]) -> QuerySet[CardCall]:
        return queryset.filter(key=self.value()) if self.value() else queryset


class AccountFilter(TextFilter):
    title = "account"
    parameter_name = "account"

    def queryset(self, request: HttpRequest, queryset: QuerySet[CardCall]) -> QuerySet[CardCall]:
        value = (self.value() or "").strip()
        return queryset.filter(account=value) if value else queryset


@admin.register(CardCall)
class CardCallAdmin(ViewOnlyAdmin):
    paginator = EstimatingPaginator
    list_display = ("when", "account", "what", "key", "took")
    list_filter = (WithinFilter, ("at", RecentMomentFilter), OutcomeFilter, KeyFilter, AccountFilter)
    list_filter_submit = True
    when_empty = "No call was noted within these dates. Errors always are; others while LOYALTY_LOG_CALLS is on."
    ordering = ("-at", "-id")
    sortable_by = ()
    fieldsets = (
        (None, {"fields": (("when", "took"), ("account", "in_role"), "what")}),
        ("What was asked", {"fields": ("asked",)}),
        ("What was answered", {"fields": (("status", "key"), "answered")}),
    )
    readonly_fields = ("when", "took", "account", "in_role", "what", "asked", "status", "key", "answered")

    @display(description="when")
    def when(self, call: CardCall) -> str:
        return instant(call.at)

    @display(description="what")
    def what(self, call: CardCall) -> str:
        return f"{call.verb} {call.path}"

    @display(description="took")
    def took(self, call: CardCall) -> str:
        return f"{call.duration_ms:,} ms"

    @display(description="role")
    def in_role(self, call: CardCall) -> str:
        return role_in_words(call.role)

    @display(description="parameters, masked")
    def asked(self, call: CardCall) -> SafeString:
        return _shown(call.parameters)

    @display(description="answer, masked")
    def answered(self, call: CardCall) -> str | SafeString:
        return EMPTY if call.answer is None else _shown(call.answer)


def _shown(said: object) -> SafeString:
    text = json.dumps(said, ensure_ascii=False, indent=2)
    return format_html('<pre class="staff-raw font-mono overflow-x-auto text-sm" tabindex="0">{}</pre>', text)
