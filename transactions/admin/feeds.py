"""Feeds: what was arranged about each, whether it is reached, and the two buttons: try it, and look through it now."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminPasswordWidget

from safes.admin.bases import ago, instant, link
from safes.admin.history import HistoryAdmin
from safes.remote import PlaceError
from transactions.feeds import arranging
from transactions.feeds.polling import poll_soon
from transactions.feeds.reaching import try_out
from transactions.models import Delivery, Feed

# Somebody waits for the page: a server that says nothing for so many seconds is taken for away.
_PATIENCE = 8.0


class FeedForm(forms.ModelForm[Feed]):
    password = forms.CharField(
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Kept encrypted and never shown. Empty: the one that is stored stays.",
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("password") and given.get("password_env"):
            raise ValidationError("Give a password or the variable that holds it, not both.")
        return given


@admin.register(Feed)
class FeedAdmin(HistoryAdmin):
    form = FeedForm
    list_display = ("name", "environment_label", "place", "pattern", "trouble", "reached", "last_file", "active")
    list_filter = ("environment", "active")
    search_fields = ("name",)
    search_help_text = "Name"
    when_empty = "No files are fetched yet. Add a feed for each folder that Loomis delivers files to."
    actions_detail = ("try_out", "poll_now")
    readonly_fields = ("trouble", "mishap", "reached", "next_look", "last_file", "its_files")
    fieldsets = (
        (None, {"fields": (("name", "environment"), "active", ("trouble", "mishap"))}),
        ("How it goes", {"fields": (("reached", "next_look"), ("last_file", "its_files"))}),
        ("Where the files lie", {"fields": ("url", "pattern", "host_key")}),
        ("Its password", {"fields": (("password", "password_env"),)}),
        ("When, and what then", {"fields": (("poll_seconds", "settle_seconds"), ("after", "archive_folder"))}),
    )
    add_fieldsets = (
        (None, {"fields": (("name", "environment"),)}),
        *fieldsets[2:],
    )

    def get_fieldsets(self, request: HttpRequest, obj: Feed | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        if self.has_change_permission(request, obj):
            return self.fieldsets
        # Who may only look has no use for a field that shows nothing.
        return [
            (title, {"fields": ("password_env",)}) if title == "Its password" else (title, options)
            for title, options in self.fieldsets
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feed]:
        latest = Delivery.objects.filter(feed=OuterRef("pk")).order_by("-received_at").values("received_at")[:1]
        known: QuerySet[Feed] = super().get_queryset(request)
        return known.annotate(filed_at=Subquery(latest))

    def get_readonly_fields(self, request: HttpRequest, obj: Feed | None = None) -> tuple[str, ...]:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "name", "environment") if obj else fixed

    def has_delete_permission(self, request: HttpRequest, obj: Feed | None = None) -> bool:
        """What came by it refers to it for ever; one that is no longer used is made inactive."""
        return False

    def save_model(self, request: HttpRequest, obj: Feed, form: forms.ModelForm[Feed], change: bool) -> None:
        arranging.save(obj, password=form.cleaned_data.get("password", ""))

    @action(description="Test the connection", url_path="try", permissions=["act"], icon="cable")
    def try_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        feed: Feed = self.row(request, object_id)
        if request.method != "POST":
            return self.act_page(
                request,
                feed,
                forms.Form(),
                title=f"Test the connection of {feed}",
                explanation="Its folder is reached and listed, as a look through it begins. Nothing is fetched, and "
                "nothing there is changed.",
                button="Test the connection",
            )
        try:
            return self.acted(request, feed, try_out(feed, seconds=_PATIENCE))
        except PlaceError as error:
            return self.acted(request, feed, f"It did not work: {error}", messages.ERROR)

    @action(description="Look through it now", url_path="poll", permissions=["act"], icon="sync")
    def poll_now(self, request: HttpRequest, object_id: str) -> HttpResponse:
        feed: Feed = self.row(request, object_id)
        if request.method != "POST":
            return self.act_page(
                request,
                feed,
                forms.Form(),
                title=f"Look through {feed} now",
                explanation="A worker looks through its folder at once, and not only when its time has come. What has "
                "stood still is taken in.",
                button="Look through it now",
            )
        if not feed.active or not feed.url:
            return self.acted(
                request, feed, "It is inactive, or has no URL: there is nothing to look through.", messages.ERROR
            )
        if poll_soon(feed.pk):
            return self.acted(request, feed, "A worker was told. Its files are listed under Feed files.")
        said = "No worker could be told; it is looked through as soon as one is there."
        return self.acted(request, feed, said, messages.WARNING)

    @display(description="environment", ordering="environment", label={"production": "success", "test": "warning"})
    def environment_label(self, feed: Feed) -> str:
        return feed.environment

    @display(description="where", ordering="url")
    def place(self, feed: Feed) -> str:
        return feed.url or "by hand"

    @display(description="trouble", label={"fine": "success", "new": "info", "failing": "danger"})
    def trouble(self, feed: Feed) -> str:
        if not feed.active:
            return "off"
        if feed.failing_since is not None:
            return "failing"
        return "fine" if feed.reached_at or not feed.url else "new"

    @display(description="what is wrong")
    def mishap(self, feed: Feed) -> str:
        if not feed.error:
            return "Nothing."
        times = f" It was not reached {feed.failures} times in a row." if feed.failures else ""
        return f"{feed.error} So since {instant(feed.failing_since)}.{times}"

    @display(description="last reached", ordering="reached_at")
    def reached(self, feed: Feed) -> str:
        return ago(feed.reached_at, timezone.now())

    @display(description="next look")
    def next_look(self, feed: Feed) -> str:
        return instant(feed.next_poll_at) if feed.next_poll_at else "as soon as a worker is free"

    @display(description="last file", ordering="filed_at")
    def last_file(self, feed: Feed) -> str:
        filed_at = getattr(feed, "filed_at", None)
        if filed_at is None:
            return "never"
        hours = (timezone.now() - filed_at).total_seconds() / 3600
        return f"{hours:.1f} h ago" if hours < 100 else ago(filed_at, timezone.now())

    @display(description="its files")
    def its_files(self, feed: Feed) -> SafeString:
        return link(f"{reverse('admin:transactions_feedfile_changelist')}?feed__id__exact={feed.pk}", "all of them")
