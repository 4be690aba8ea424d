"""Findings: the queue of everything that needs a person."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from safes.admin.bases import EMPTY, ViewOnlyAdmin, ago, change_url, day, instant, link, money, nowrap, table
from safes.admin.filters import AgeFilter, PresetFilter, SafeSiteFilter, SerialNumberFilter
from safes.finding_work import assign, comment
from safes.findings import settle_by_person
from safes.models import Finding, FindingNote

# How findings keep amounts and wall clocks among their facts, which are JSON.
_AMOUNT = re.compile(r"-?\d{1,12}\.\d{2,4}")
_WALL_CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")

# Where a finding of a kind leads to: pairs of address and text. Apps that open findings register here.
Leads = Callable[[Finding], list[tuple[str, str]]]
LEADS: dict[str, Leads] = {}
# What stands below the page of a finding of a kind, with forms of its own. Apps register here too.
Section = Callable[[HttpRequest, Finding], SafeString]
SECTIONS: dict[str, Section] = {}


class StateFilter(PresetFilter):
    title = "state"
    parameter_name = "state"
    preset = Finding.State.OPEN

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [*Finding.State.choices, ("all", "open and closed")]


class CommentForm(forms.Form):
    comment = forms.CharField(
        widget=UnfoldAdminTextareaWidget({"rows": 4, "autofocus": True}),
        max_length=4000,
        error_messages={"required": "Say why: a comment is needed."},
    )


class OwnerForm(forms.Form):
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True, is_staff=True).order_by("username"),
        required=False,
        empty_label="nobody",
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(Finding)
class FindingAdmin(ViewOnlyAdmin):
    list_display = ("weight", "what", "said", "stake", "safe", "site_code", "owner", "age", "status")
    list_display_links = ("what", "said")
    list_filter = (StateFilter, AgeFilter, "severity", "kind", SerialNumberFilter, SafeSiteFilter, "owner")
    list_select_related = ("safe", "site", "owner")
    search_fields = ("summary", "subject", "safe__serial_number")
    search_help_text = "What is wrong, or a serial number"
    when_empty = "Nothing is wrong, as far as can be seen. What needs a person will stand here."
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

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Finding | None = None, **kwargs: Any
    ) -> HttpResponse:
        draw = SECTIONS.get(obj.kind) if obj else None
        context["section"] = draw(request, obj) if draw and obj else ""
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
        return super().get_queryset(request).select_related("safe", "site", "owner").prefetch_related("notes")

    @display(
        description="severity", ordering="severity", label={"info": "info", "warning": "warning", "critical": "danger"}
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
    def age(self, finding: Finding) -> SafeString:
        return nowrap(ago(finding.opened_at, timezone.now()))

    @display(description="opened")
    def opened(self, finding: Finding) -> str:
        return instant(finding.opened_at)

    @display(description="closed")
    def closed(self, finding: Finding) -> str:
        return f"{instant(finding.closed_at)}, by {finding.closed_by}" if finding.closed_at else EMPTY

    @display(description="look at")
    def leads(self, finding: Finding) -> SafeString:
        find = LEADS.get(finding.kind)
        leads = find(finding) if find else []
        if finding.safe is not None:
            leads.append((change_url(finding.safe), f"safe {finding.safe}"))
        return format_html_join(SafeString(" · "), "{}", ((link(url, text),) for url, text in leads)) or EMPTY

    @display(description="facts")
    def facts(self, finding: Finding) -> SafeString:
        return table(
            ("fact", "value"),
            ((name.replace("_", " "), _readable(value)) for name, value in finding.detail.items()),
        )

    @display(description="timeline")
    def timeline(self, finding: Finding) -> SafeString:
        return table(("when", "who", "what", "said"), _in_turn(finding.notes.all()))


def _in_turn(notes: Iterable[FindingNote]) -> Iterator[tuple[str, ...]]:
    """What happened, one after the other; the same again and again, as when cash keeps coming, is said once."""
    for (by, what, text), group in groupby(notes, lambda note: (note.by, note.what, note.text)):
        first, *more = group
        if more:
            yield f"{instant(first.at)}, last {instant(more[-1].at)}", by, f"{what} {len(more) + 1} times", text
        else:
            yield instant(first.at), by, what, text


def _readable(value: Any) -> Any:
    """A fact as people read it: lists of objects as tables, lists of words in a row, amounts and times as elsewhere."""
    if isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
        headers = list(dict.fromkeys(name for entry in value for name in entry))
        return table(
            [name.replace("_", " ") for name in headers], ([_readable(e.get(h)) for h in headers] for e in value)
        )
    if isinstance(value, list):
        return ", ".join(str(entry) for entry in value) or EMPTY
    if isinstance(value, str) and _AMOUNT.fullmatch(value):
        return nowrap(money(Decimal(value), None))
    if isinstance(value, str) and _WALL_CLOCK.fullmatch(value):
        return nowrap(value.replace("T", " "))
    return EMPTY if value is None or value == "" else value
