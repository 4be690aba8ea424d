"""Findings: the queue of everything that needs a person, worst first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.views import ChangeList

from safes.admin.bases import EMPTY, EstimatingPaginator, ago, change_url, day, instant, money, nowrap
from safes.admin.filters import AgeFilter, SafeSiteFilter, SerialNumberFilter
from safes.admin.finding_attachments import HasAttachments, attachments_of
from safes.admin.finding_bulk import WorksInBulk
from safes.admin.finding_facts import facts_of, timeline_of
from safes.admin.finding_filters import SEVERITY, WORST, OwnerFilter, StateFilter
from safes.admin.finding_forms import CommentForm, OwnerForm
from safes.admin.finding_leads import LEADS, SECTIONS, below, leads_from
from safes.admin.overview import in_words
from safes.finding_work import assign, comment
from safes.findings import settle_by_person
from safes.models import Finding

__all__ = ["LEADS", "SECTIONS", "CommentForm", "FindingAdmin"]

# Beyond so many a sum takes its time, and says little.
_ADDED_UP = 10_000


@admin.register(Finding)
class FindingAdmin(HasAttachments, WorksInBulk):
    paginator = EstimatingPaginator
    list_before_template = "staff/finding_above.html"
    list_display = ("weight", "what", "said", "stake", "safe", "site_code", "owner", "age", "status")
    list_display_links = ("what", "said")
    exported_instead = {"age": "opened"}
    list_filter = (StateFilter, AgeFilter, "severity", "kind", SerialNumberFilter, SafeSiteFilter, OwnerFilter)
    list_select_related = ("safe", "site", "owner")
    search_fields = ("summary", "subject", "safe__serial_number", "=site__code")
    search_help_text = "What is wrong, a serial number or a site"
    when_empty = "Nothing is wrong, as far as can be seen. What needs a person will stand here."
    ordering = WORST
    actions_detail = ("settle", "comment", "hand_over")
    change_form_outer_after_template = "staff/section.html"
    readonly_fields = (
        "said",
        "weight",
        "what",
        "status",
        "stake",
        "date",
        "opened",
        "closed",
        "leads",
        "facts",
        "timeline",
    )
    fieldsets = (
        (None, {"fields": ("said", ("what", "weight", "status"), "leads")}),
        ("What it is about", {"fields": (("safe", "site"), ("date", "stake"), "owner", "facts")}),
        ("What happened", {"fields": (("opened", "closed"), "timeline")}),
    )

    def get_list_display(self, request: HttpRequest) -> Sequence[str]:
        # Of the queue as it opens, all are open.
        columns: Sequence[str] = super().get_list_display(request)
        is_of_open = request.GET.get(StateFilter.parameter_name, StateFilter.preset) == StateFilter.preset
        return [name for name in columns if name != "status"] if is_of_open else columns

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context is not None and "cl" in context:
            context["at_stake"] = at_stake(context["cl"])
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Finding | None = None, **kwargs: Any
    ) -> HttpResponse:
        context["section"] = below(request, obj) + attachments_of(request, obj) if obj else SafeString("")
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    @action(description="Settle", url_path="settle", permissions=["act"], icon="task_alt")
    def settle(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def do(finding: Finding, text: str) -> str:
            settle_by_person(finding.pk, request.user.get_username(), text)
            return "Settled. It opens again if its facts change."

        return self._say(
            request,
            object_id,
            do,
            title="Settle this finding",
            explanation="It leaves the queue, with your word why. It comes back if its facts turn out to be others.",
            button="Settle",
        )

    @action(description="Comment", url_path="comment", permissions=["act"], icon="comment")
    def comment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def do(finding: Finding, text: str) -> str:
            comment(finding.pk, request.user.get_username(), text)
            return "Your comment was added."

        return self._say(
            request,
            object_id,
            do,
            title="Comment on this finding",
            explanation="Whoever looks at it next reads it; the finding stays as it is.",
            button="Add comment",
        )

    @action(description="Assign", url_path="assign", permissions=["act"], icon="person_add")
    def hand_over(self, request: HttpRequest, object_id: str) -> HttpResponse:
        finding: Finding = self.row(request, object_id)
        initial = {"owner": finding.owner_id or request.user.pk}
        form = OwnerForm(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid():
            owner: User | None = form.cleaned_data["owner"]
            try:
                assign(finding.pk, request.user.get_username(), owner)
            except ValueError as error:
                form.add_error("owner", str(error))
            else:
                return self.acted(request, finding, f"It is {'nobody’s' if owner is None else f'{owner}’s'} now.")
        return self.act_page(
            request, finding, form, title="Assign this finding", explanation="Who looks after it?", button="Assign"
        )

    def _say(
        self, request: HttpRequest, object_id: str, do: Callable[[Finding, str], str], **page: str
    ) -> HttpResponse:
        finding: Finding = self.row(request, object_id)
        form = CommentForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                said = do(finding, form.cleaned_data["comment"])
            except ValueError as error:
                messages.error(request, str(error))
                return HttpResponseRedirect(change_url(finding))
            return self.acted(request, finding, said)
        return self.act_page(request, finding, form, **page)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Finding]:
        return super().get_queryset(request).select_related("safe", "site", "owner")

    @display(
        description="severity",
        ordering=SEVERITY.desc(),
        label={"info": "info", "warning": "warning", "critical": "danger"},
    )
    def weight(self, finding: Finding) -> str:
        return finding.severity

    @display(description="kind", ordering="kind")
    def what(self, finding: Finding) -> str:
        return finding.kind.replace("_", " ")

    @display(description="state", ordering="state", label={"open": "warning", "closed": "success"})
    def status(self, finding: Finding) -> str:
        return finding.state

    @display(description="what is wrong")
    def said(self, finding: Finding) -> SafeString:
        return format_html('<span class="staff-prose">{}</span>', finding.summary)

    @display(description="site", ordering="site__code")
    def site_code(self, finding: Finding) -> str:
        return finding.site.code if finding.site else EMPTY

    @display(description="cash at stake", ordering="cash_at_stake")
    def stake(self, finding: Finding) -> SafeString:
        return nowrap(money(finding.cash_at_stake, finding.currency))

    @display(description="business date", ordering="business_date")
    def date(self, finding: Finding) -> SafeString:
        return nowrap(day(finding.business_date))

    @display(description="opened", ordering="opened_at")
    def age(self, finding: Finding) -> str:
        return ago(finding.opened_at, timezone.now())

    @display(description="opened")
    def opened(self, finding: Finding) -> str:
        return instant(finding.opened_at)

    @display(description="closed")
    def closed(self, finding: Finding) -> str:
        return f"{instant(finding.closed_at)}, by {finding.closed_by}" if finding.closed_at else EMPTY

    @display(description="look at")
    def leads(self, finding: Finding) -> SafeString:
        return leads_from(finding)

    @display(description="facts")
    def facts(self, finding: Finding) -> SafeString:
        return facts_of(finding)

    @display(description="timeline")
    def timeline(self, finding: Finding) -> SafeString:
        return timeline_of(finding)


def at_stake(listed: ChangeList) -> str:
    """The cash on all that the list shows, on whichever page, by currency; empty beyond what is counted. One query."""
    if listed.result_count > _ADDED_UP:
        return ""
    lines = listed.queryset.order_by().values_list("currency").annotate(Sum("cash_at_stake"))
    return in_words({currency: total for currency, total in lines if total})
