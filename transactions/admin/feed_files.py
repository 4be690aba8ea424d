"""Files of feeds: what was found, how far it has come, and what it brought. For looking at, and for trying again."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from safes.admin.bases import EMPTY, EstimatingPaginator, ViewOnlyAdmin, change_url, instant, link, nowrap
from transactions.feeds.polling import poll_soon, try_file_again
from transactions.models import Delivery, FeedFile

State = FeedFile.State


@admin.register(FeedFile)
class FeedFileAdmin(ViewOnlyAdmin):
    paginator = EstimatingPaginator
    list_display = (
        "name", "feed", "outcome", "how_far", "how_big", "rows", "new", "known", "refused", "why", "came_in",
    )  # fmt: skip
    list_filter = (("feed", RelatedDropdownFilter), ("state", ChoicesDropdownFilter))
    list_select_related = ("feed", "delivery__repeat_of")
    search_fields = ("=name",)
    search_help_text = "Name of a file"
    when_empty = "No feed has found a file. Feeds are listed beside this, with what is wrong where something is."
    ordering = ("-id",)
    sortable_by = ()
    actions_detail = ("try_again",)
    readonly_fields = (
        "name", "feed", "outcome", "how_far", "how_big", "rows", "new", "known", "refused", "why", "came_in", "changed",
        "seen", "stands_still", "sha256", "tried", "lasted", "done",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": (("name", "feed"), ("outcome", "how_far"), "why")}),
        ("What it brought", {"fields": ("came_in", ("rows", "new"), ("known", "refused"))}),
        ("How it went", {"fields": (("seen", "stands_still"), ("tried", "lasted"), "done")}),
        ("The file itself", {"fields": (("how_big", "changed"), "sha256")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[FeedFile]:
        return super().get_queryset(request).select_related("feed", "delivery__repeat_of")

    @action(description="Try again", url_path="try-again", permissions=["act"], icon="replay")
    def try_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        file: FeedFile = self.row(request, object_id)
        if request.method != "POST":
            return self.act_page(
                request,
                file,
                forms.Form(),
                title=f"Try {file} again",
                explanation="It is tried again at once, instead of when its wait is over. A file in quarantine is read "
                "again on the page of its delivery.",
                button="Try again",
            )
        if not try_file_again(file.pk):
            said = f"It is {file.state}: there is nothing to try again."
            return self.acted(request, file, said, messages.WARNING)
        poll_soon(file.feed_id)
        return self.acted(request, file, "It is tried again as soon as a worker looks through its feed.")

    @display(
        description="state",
        label={
            "seen": "default",
            "settled": "info",
            "fetched": "info",
            "recorded": "success",
            "archived": "success",
            "quarantined": "warning",
            "failed": "danger",
        },
    )
    def outcome(self, file: FeedFile) -> str:
        return file.state

    @display(description="progress")
    def how_far(self, file: FeedFile) -> SafeString:
        """Fetching is told in bytes; recording is one transaction, which nobody sees into before its end."""
        if file.state == State.FETCHED and not file.error:
            return format_html('<progress aria-label="recording"></progress> being recorded')
        if file.state in (State.SETTLED, State.FAILED) and 0 < file.progress < file.size:
            percent = 100 * file.progress // file.size
            return format_html('<progress max="100" value="{}" aria-label="fetched"></progress> {} %', percent, percent)
        return EMPTY

    @display(description="size")
    def how_big(self, file: FeedFile) -> SafeString:
        return nowrap(filesizeformat(file.size))

    @display(description="rows", empty_value="–")
    def rows(self, file: FeedFile) -> int | None:
        first = _first(file)
        return first.received if first else None

    @display(description="new", empty_value="–")
    def new(self, file: FeedFile) -> int | None:
        first = _first(file)
        if first is None or first.received is None:
            return None
        return first.created if first == file.delivery else 0

    @display(description="known", empty_value="–")
    def known(self, file: FeedFile) -> int | None:
        first = _first(file)
        if first is None or first.received is None:
            return None
        return first.known if first == file.delivery else first.received - (first.quarantined or 0)

    @display(description="quarantined", empty_value="–")
    def refused(self, file: FeedFile) -> int | None:
        first = _first(file)
        return first.quarantined if first else None

    @display(description="what is wrong")
    def why(self, file: FeedFile) -> str:
        return file.error or EMPTY

    @display(description="delivery")
    def came_in(self, file: FeedFile) -> SafeString:
        return link(change_url(file.delivery), file.delivery) if file.delivery else EMPTY

    @display(description="changed, as the server says")
    def changed(self, file: FeedFile) -> str:
        return instant(file.modified_at)

    @display(description="first seen")
    def seen(self, file: FeedFile) -> str:
        return instant(file.seen_at)

    @display(description="stands still since")
    def stands_still(self, file: FeedFile) -> str:
        return instant(file.still_since)

    @display(description="SHA-256")
    def sha256(self, file: FeedFile) -> SafeString:
        return format_html('<span class="staff-break">{}</span>', bytes(file.digest).hex()) if file.digest else EMPTY

    @display(description="attempts that failed")
    def tried(self, file: FeedFile) -> str:
        if file.next_attempt_at is None:
            return str(file.attempts)
        return f"{file.attempts}, next not before {instant(file.next_attempt_at)}"

    @display(description="took")
    def lasted(self, file: FeedFile) -> str:
        if file.started_at is None or file.done_at is None:
            return EMPTY
        return f"{(file.done_at - file.started_at).total_seconds():.1f} s"

    @display(description="done")
    def done(self, file: FeedFile) -> str:
        return instant(file.done_at)


def _first(file: FeedFile) -> Delivery | None:
    """The delivery that brought its bytes first, and says what is in them."""
    return file.delivery and (file.delivery.repeat_of or file.delivery)
