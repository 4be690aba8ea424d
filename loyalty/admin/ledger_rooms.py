"""Lists for looking at alone: entries of the ledger, lots, what happened to cards, and who saw what in full."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, FieldTextFilter, RangeDateFilter
from unfold.decorators import display

from loyalty.admin.words import happened, signed, who
from loyalty.models import CardEvent, Entry, Lot, Reveal
from safes.admin.bases import EMPTY, EstimatingPaginator, ViewOnlyAdmin, change_url, day, instant, link
from safes.admin.filters import RecentMomentFilter


class _LedgerRoom(ViewOnlyAdmin):
    """Cards are masked, and nothing is looked for by what is not shown of them."""

    paginator = EstimatingPaginator
    ordering = ("-id",)
    sortable_by = ()
    list_select_related: tuple[str, ...] = ("card",)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup == "card__id__exact" or not lookup.startswith(("card__", "contact__", "other_card__"))

    @display(description="card")
    def of_card(self, row: Any) -> str | SafeString:
        return link(change_url(row.card), row.card) if row.card else EMPTY

    @display(description="when")
    def when(self, row: Any) -> str:
        return instant(row.at)

    @display(description="by")
    def by_whom(self, row: Any) -> str:
        return who(row.by, row.role)


class At(RecentMomentFilter):
    """Within a card's own rows all of them are wanted, however old."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        is_of_card = "card__id__exact" in request.GET and "at_from" not in request.GET
        return queryset if is_of_card else super().queryset(request, queryset)


@admin.register(Entry)
class EntryAdmin(_LedgerRoom):
    list_display = ("when", "of_card", "kind", "reference", "type", "expires", "sum_change", "sum_balance", "by_whom")
    list_filter = (("at", At), ("kind", ChoicesDropdownFilter), ("type", ChoicesDropdownFilter))
    exported_instead = {"sum_change": "change"}  # a number, whose minus is a hyphen
    when_empty = "No bonuses were moved within these dates."
    fields = (
        ("when", "of_card"), ("kind", "reference"), ("sum_change", "sum_balance"), ("type", "expires"), "by_whom",
    )  # fmt: skip

    @display(description="expires")
    def expires(self, entry: Entry) -> str:
        return day(entry.expires_on)

    @display(description="change")
    def sum_change(self, entry: Entry) -> str:
        return signed(entry.change)

    @display(description="balance")
    def sum_balance(self, entry: Entry) -> str:
        return f"{entry.balance:,.2f}"


class LeftFilter(DropdownFilter):
    title = "anything left"
    parameter_name = "left"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", "yes"), ("no", "no")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lot]) -> QuerySet[Lot]:
        value = self.value()
        if value == "yes":
            return queryset.filter(remaining__gt=0)
        return queryset.filter(remaining=0) if value == "no" else queryset


@admin.register(Lot)
class LotAdmin(_LedgerRoom):
    list_display = ("of_card", "type", "sum_amount", "sum_remaining", "sum_burnt", "earned", "begins", "expires")
    list_filter = (("expires_on", RangeDateFilter), LeftFilter, ("type", ChoicesDropdownFilter))
    when_empty = "No bonuses were earned."
    fields = (
        ("of_card", "type"), ("sum_amount", "sum_remaining", "sum_burnt"), ("earned", "begins", "expires"),
    )  # fmt: skip

    @display(description="earned")
    def earned(self, lot: Lot) -> str:
        return instant(lot.earned_at)

    @display(description="usable from")
    def begins(self, lot: Lot) -> str:
        return day(lot.active_from)

    @display(description="gone when this date begins")
    def expires(self, lot: Lot) -> str:
        return day(lot.expires_on)

    @display(description="earned amount")
    def sum_amount(self, lot: Lot) -> str:
        return f"{lot.amount:,.2f}"

    @display(description="left")
    def sum_remaining(self, lot: Lot) -> str:
        return f"{lot.remaining:,.2f}"

    @display(description="burnt")
    def sum_burnt(self, lot: Lot) -> str:
        return f"{lot.burnt:,.2f}"


@admin.register(CardEvent)
class CardEventAdmin(_LedgerRoom):
    list_display = ("when", "of_card", "in_words", "status", "by_whom")
    list_filter = (("at", At), ("what", ChoicesDropdownFilter), ("role", ChoicesDropdownFilter))
    list_select_related = ("card", "other_card")
    when_empty = "Nothing happened to any card within these dates."
    fields = (("when", "of_card"), ("in_words", "status"), "by_whom")

    @display(description="what")
    def in_words(self, event: CardEvent) -> str:
        return happened(event)


@admin.register(Reveal)
class RevealAdmin(_LedgerRoom):
    list_display = ("when", "by", "of_card", "of_contact")
    list_filter = (("at", At), ("by", FieldTextFilter))
    list_select_related = ("card", "contact")
    when_empty = "Nobody looked at personal data in full within these dates."
    fields = (("when", "by"), ("of_card", "of_contact"))

    @display(description="contact")
    def of_contact(self, reveal: Reveal) -> str | SafeString:
        return (
            link(change_url(reveal.contact), "erased" if reveal.contact.erased_at else reveal.contact)
            if reveal.contact
            else EMPTY
        )
