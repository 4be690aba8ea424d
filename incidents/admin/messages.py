"""Messages between Loomis and us, to the letter. For looking at alone; they are kept for ever."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from incidents.admin.story import called, outcome_of, raw_of, says
from incidents.models import Incident, IncidentMessage, LoomisAccount
from safes.admin.bases import EMPTY, EstimatingPaginator, ViewOnlyAdmin, change_url, instant, link, table

# Characters of a message that its page shows; the download has all.
_SHOWN_TEXT = 400_000


class OfFilter(DropdownFilter):
    """Whose incident it is of: those of none are orphans."""

    title = "incident"
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("none", "of no incident: orphans"), ("refused", "could not be applied"), ("repeat", "repeats")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[IncidentMessage]) -> QuerySet[IncidentMessage]:
        value = self.value()
        if value == "none":
            return queryset.filter(incident=None)
        if value == "refused":
            return queryset.exclude(error="")
        return queryset.filter(is_repeat=True) if value == "repeat" else queryset


@admin.register(IncidentMessage)
class IncidentMessageAdmin(ViewOnlyAdmin):
    paginator = EstimatingPaginator
    list_display = ("when", "direction", "what", "of", "account", "via", "remark")
    list_filter = (
        OfFilter,
        ("direction", ChoicesDropdownFilter),
        ("via", ChoicesDropdownFilter),
        ("account", RelatedDropdownFilter),
    )
    list_select_related = ("account", "incident")
    search_fields = ("=incident__reference",)  # said here, found in get_search_results
    search_help_text = "Reference of an incident, or name of a file"
    when_empty = "Every message to Loomis and from them is listed here."
    ordering = ("-id",)
    sortable_by = ()
    actions_detail = ("download",)
    readonly_fields = (
        "when", "direction", "what", "of", "account_link", "via", "remark", "read", "answered", "how_long", "file_name",
        "raw", "applied",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": (("when", "direction"), ("what", "of"), ("account_link", "via"), "file_name")}),
        ("What was read from it", {"fields": ("read", "remark", "applied")}),
        ("How it was answered", {"fields": (("answered", "how_long"),)}),
        ("To the letter", {"fields": ("raw",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[IncidentMessage]:
        rows: QuerySet[IncidentMessage] = super().get_queryset(request)
        return rows.select_related("account", "incident__site", "attempt__dispatch").defer("body", "attempt__response")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[IncidentMessage], search_term: str
    ) -> tuple[QuerySet[IncidentMessage], bool]:
        """By the incident's reference, by the one that an orphan names, or by the name of a file."""
        term = search_term.strip()
        if not term:
            return queryset, False
        incidents = list(Incident.objects.filter(reference=term).values_list("pk", flat=True))
        accounts = list(LoomisAccount.objects.values_list("pk", flat=True))  # the index on names begins with them
        orphans = Q(incident=None, reading__reference=term)
        return queryset.filter(Q(incident__in=incidents) | orphans | Q(account__in=accounts, file_name=term)), False

    @action(description="Download", url_path="raw/download", permissions=["view"], icon="download")
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The exact bytes, as a file that no browser runs."""
        message: IncidentMessage = self.row(request, object_id)
        return HttpResponse(
            bytes(message.body),
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="message-{message.pk}.raw"',
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
            },
        )

    @display(description="when", ordering="at")
    def when(self, message: IncidentMessage) -> str:
        return instant(message.at)

    @display(description="what")
    def what(self, message: IncidentMessage) -> str:
        return f"{called(message)}, a repeat" if message.is_repeat else called(message)

    @display(description="incident")
    def of(self, message: IncidentMessage) -> str | SafeString:
        if message.incident is not None:
            return link(change_url(message.incident), message.incident.reference)
        reference = str(message.reading.get("reference", ""))[:60]
        return f"none; it names {reference}" if reference else "none"

    @display(description="account")
    def account_link(self, message: IncidentMessage) -> SafeString:
        return link(change_url(message.account), message.account.name)

    @display(description="remarks")
    def remark(self, message: IncidentMessage) -> SafeString:
        said = [*message.warnings, *([message.error] if message.error else [])]
        return format_html_join(SafeString("<br>"), "{}", ((text,) for text in said)) or EMPTY

    @display(description="says")
    def read(self, message: IncidentMessage) -> SafeString:
        if message.direction == IncidentMessage.Direction.OUT:
            return table(("try", ""), outcome_of(message.attempt) if message.attempt else [])
        site = message.incident.site if message.incident else None
        return table(("it says", ""), says(message, site.time_zone if site else None))

    @display(description="looked at")
    def applied(self, message: IncidentMessage) -> str:
        return instant(message.applied_at)

    @display(description="status")
    def answered(self, message: IncidentMessage) -> str:
        return str(message.status) if message.status else EMPTY

    @display(description="took")
    def how_long(self, message: IncidentMessage) -> str:
        return f"{message.duration_ms:,} ms" if message.duration_ms is not None else EMPTY

    @display(description="what was said")
    def raw(self, message: IncidentMessage) -> SafeString:
        return format_html(
            '<pre class="staff-raw font-mono overflow-x-auto text-sm" tabindex="0" aria-label="what was said">{}</pre>',
            raw_of(message.body, _SHOWN_TEXT),
        )
