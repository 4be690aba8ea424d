"""Deliveries: what arrived, what became of it, the raw bytes, and reading them again."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter, TextFilter
from unfold.decorators import action

from safes.admin.bases import EstimatingPaginator, change_url
from safes.admin.filters import RecentMomentFilter
from safes.admin.raw_text import laid_out
from transactions.admin.delivery_fields import DeliveryFields
from transactions.admin.raw import shown_text
from transactions.bodies import Missing, Purged
from transactions.drawing import draw_soon
from transactions.models import Delivery, Feed, Message, PushEndpoint
from transactions.replaying import replay_one
from transactions.sending import raw_response


class HourFilter(TextFilter):
    """One hour of arrivals, in UTC: 2026-11-21T09."""

    title = "hour (UTC), as 2026-11-21T09"
    parameter_name = "hour"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        value = self.value()
        if not value:
            return queryset
        try:
            hour = dt.datetime.strptime(value.strip(), "%Y-%m-%dT%H").replace(tzinfo=dt.UTC)
        except ValueError:
            return queryset.none()
        return queryset.filter(received_at__gte=hour, received_at__lt=hour + dt.timedelta(hours=1))


class ArrivalFilter(RecentMomentFilter):
    """Who asks for a delivery by its number or id means it, however long ago it came, unless they say which days."""

    lifted = False

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        asked = any(request.GET.get(f"{self.parameter_name}_{end}") for end in ("from", "to"))
        self.lifted = bool(request.GET.get(SEARCH_VAR, "").strip()) and not asked
        return queryset if self.lifted else super().queryset(request, queryset)

    def in_words(self) -> str:
        return "Whenever it arrived" if self.lifted else super().in_words()


# Characters of a body that its page shows; the download has all.
_SHOWN_TEXT = 400_000


@admin.register(Delivery)
class DeliveryAdmin(DeliveryFields):
    paginator = EstimatingPaginator
    list_display = (
        "number",
        "arrived",
        "source",
        "outcome",
        "rows",
        "new",
        "known_rows",
        "refused",
        "how_big",
        "again",
    )
    list_display_links = ("number", "arrived")
    list_filter = (
        ("received_at", ArrivalFilter),
        HourFilter,
        ("status", ChoicesDropdownFilter),
        ("endpoint", RelatedDropdownFilter),
        ("feed", RelatedDropdownFilter),
        ("channel", ChoicesDropdownFilter),
    )
    list_select_related = ("endpoint", "feed")
    search_fields = ("=id", "$message__key")  # said here, found in get_search_results
    list_before_template = "staff/range_above.html"
    when_empty = "Whatever Loomis pushes or files is listed here the moment it arrives. Nothing has, or nothing lately."
    search_help_text = "Number of a delivery, MessageId, or name of a file"
    ordering = ("-id",)
    sortable_by = ()
    actions_detail = ("read_again", "raw", "download")
    readonly_fields = (
        "arrived", "source", "outcome", "rows", "new", "known_rows", "refused", "how_big", "again", "message_id",
        "sha256", "mishap", "sent_headers", "quarantine", "remarks", "recorded", "tried", "same_again",
        "its_rows", "purged", "file",
    )  # fmt: skip
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("arrived", "source"),
                    ("outcome", "file"),
                    ("rows", "refused"),
                    ("new", "known_rows"),
                    "its_rows",
                )
            },
        ),
        ("What could not be understood", {"fields": ("quarantine",)}),
        ("How it went", {"fields": ("mishap", "remarks", ("recorded", "tried"))}),
        (
            "What was sent",
            {"fields": ("message_id", ("how_big", "purged"), "sha256", "sent_headers", "again", "same_again")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).select_related("endpoint", "feed", "message", "repeat_of")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        """By number, MessageId or file name, all of which an index finds: the first arrival, and what came again."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.isdecimal() and len(term) < 19:
            return queryset.filter(pk=int(term)), False
        # The indexes on messages begin with their endpoint, and with their feed.
        endpoints = list(PushEndpoint.objects.values_list("pk", flat=True))
        feeds = list(Feed.objects.values_list("pk", flat=True))
        pushed = Q(Q(endpoint__in=endpoints) | Q(endpoint=None), key=f"id:{term.lower()}")
        named = Message.objects.filter(pushed | Q(feed__in=feeds, key=term))
        firsts = list(Delivery.objects.filter(message__in=list(named[:100])).values_list("pk", flat=True)[:1000])
        return queryset.filter(Q(pk__in=firsts) | Q(repeat_of__in=firsts)), False

    @action(description="Read again", url_path="read-again", permissions=["act"], icon="replay")
    def read_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        asked: Delivery = self.row(request, object_id)
        if request.method != "POST":
            return self.act_page(
                request,
                asked,
                forms.Form(),
                title=f"Read {asked} again",
                explanation="Its raw body is read and recorded as if it had just come. What is right stays as it is: a "
                "transaction is stored once however often it is read.",
                button="Read again",
            )
        reading = replay_one(asked.repeat_of_id or asked.pk)
        draw_soon()
        if reading.error:
            return self.acted(request, asked, f"It could not be read again: {reading.error}", messages.ERROR)
        said = (
            f"Read again: {reading.status}, {reading.received} rows, {reading.created} created, {reading.known} known, "
            f"{reading.quarantined} quarantined."
        )
        return self.acted(request, asked, said)

    @action(description="Raw body", url_path="raw", permissions=["view"], icon="data_object")
    def raw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The body for reading: JSON laid out, anything else as text; all of it escaped by the template."""
        delivery: Delivery = self.row(request, object_id)
        try:
            text, whole = shown_text(delivery, _SHOWN_TEXT)
        except (Purged, Missing) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(change_url(delivery))
        shown = laid_out(text, _SHOWN_TEXT) if delivery.channel == Delivery.Channel.PUSH else None
        context = {
            **self.admin_site.each_context(request),
            "title": f"Raw body of {delivery}",
            "opts": self.model._meta,
            "original": delivery,
            "is_json": shown is not None,
            "body": (text if shown is None else shown)[:_SHOWN_TEXT],
            "cut": not whole or len(text if shown is None else shown) > _SHOWN_TEXT,
            "is_file": delivery.channel == Delivery.Channel.FILE,
            "size": filesizeformat(delivery.size),
            "back": change_url(delivery),
            "download": reverse("admin:transactions_delivery_download", args=[delivery.pk]),
        }
        return TemplateResponse(request, "staff/raw.html", context)

    @action(description="Download", url_path="raw/download", permissions=["view"], icon="download")
    def download(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """The exact bytes, as a file that no browser runs."""
        delivery: Delivery = self.row(request, object_id)
        try:
            return raw_response(delivery, f"delivery-{delivery.pk}.raw")
        except (Purged, Missing) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(change_url(delivery))
