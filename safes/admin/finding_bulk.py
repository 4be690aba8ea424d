"""Many findings at once: a page that says how many and how much cash, and asks; then each is done, or left and told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from safes.admin.bases import ViewOnlyAdmin
from safes.admin.finding_forms import CommentForm, OwnerForm
from safes.admin.overview import in_words
from safes.finding_work import MANY, Outcome, assign_all, comment_all, settle_all
from safes.models import Finding

_SHOWN = 20
_TOLD = 5


@dataclass(frozen=True, slots=True)
class _Act:
    form: type[forms.Form]
    do: Callable[[Sequence[int], str, dict[str, Any]], Outcome]
    title: str
    explanation: str
    done: str


_ACTS = {
    "assign": _Act(
        OwnerForm,
        lambda ids, by, asked: assign_all(ids, by, asked["owner"]),
        "Assign",
        "Who looks after them? Those that were closed meanwhile stay as they are.",
        "Assigned",
    ),
    "comment": _Act(
        CommentForm,
        lambda ids, by, asked: comment_all(ids, by, asked["comment"]),
        "Comment on",
        "Each of them keeps your word; they stay as they are otherwise.",
        "Commented on",
    ),
    "settle": _Act(
        CommentForm,
        lambda ids, by, asked: settle_all(ids, by, asked["comment"]),
        "Settle",
        "They leave the queue, each with your word why. One comes back if its facts turn out to be others.",
        "Settled",
    ),
}


class WorksInBulk(ViewOnlyAdmin):
    """The queue's acts on marked rows. What is marked is sent on by number: a list may have changed since."""

    actions = ("assign_many", "comment_many", "settle_many")

    @admin.action(description="Assign …", permissions=["act"])
    def assign_many(self, request: HttpRequest, queryset: QuerySet[Finding]) -> HttpResponse | None:
        return self._of_marked(request, "assign", queryset)

    @admin.action(description="Comment …", permissions=["act"])
    def comment_many(self, request: HttpRequest, queryset: QuerySet[Finding]) -> HttpResponse | None:
        return self._of_marked(request, "comment", queryset)

    @admin.action(description="Settle …", permissions=["act"])
    def settle_many(self, request: HttpRequest, queryset: QuerySet[Finding]) -> HttpResponse | None:
        return self._of_marked(request, "settle", queryset)

    def get_urls(self) -> list[URLPattern]:
        door = path("in-bulk/<str:act>/", self.admin_site.admin_view(self.in_bulk), name="safes_finding_bulk")
        return [door, *super().get_urls()]

    def in_bulk(self, request: HttpRequest, act: str) -> HttpResponse:
        """Do it, once somebody has seen what to; without numbers, back to the list."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        if act not in _ACTS:
            raise Http404(f"There is no act “{act[:40]}” on findings.")
        ids = sorted({int(text) for text in request.POST.getlist("finding") if text.isdecimal() and len(text) < 19})
        if not ids:
            return HttpResponseRedirect(_listed(request))
        if len(ids) > MANY:
            messages.error(request, _too_many())
            return HttpResponseRedirect(_listed(request))
        form = _ACTS[act].form(request.POST)
        if not form.is_valid():
            return self._page(request, act, ids, form)
        try:
            outcome = _ACTS[act].do(ids, request.user.get_username(), form.cleaned_data)
        except ValueError as error:
            form.add_error(None, str(error))
            return self._page(request, act, ids, form)
        self._told(request, act, outcome)
        return HttpResponseRedirect(_listed(request))

    def _of_marked(self, request: HttpRequest, act: str, marked: QuerySet[Finding]) -> HttpResponse | None:
        ids = list(marked.values_list("pk", flat=True)[: MANY + 1])
        if len(ids) > MANY:
            self.message_user(request, _too_many(), messages.ERROR)
            return None
        return self._page(request, act, ids, _ACTS[act].form(initial={"owner": request.user.pk}))

    def _page(self, request: HttpRequest, act: str, ids: Sequence[int], form: forms.Form) -> HttpResponse:
        findings = list(self.get_queryset(request).filter(pk__in=ids).order_by(*self.get_ordering(request)))
        number = _number(len(findings))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{_ACTS[act].title} {number}",
            "opts": self.model._meta,
            "form": form,
            "explanation": _ACTS[act].explanation,
            "button": f"{_ACTS[act].title} {number}",
            "action": reverse("admin:safes_finding_bulk", args=[act]),
            "findings": [(one, self.what(one), self.stake(one)) for one in findings[:_SHOWN]],
            "more": len(findings) - _SHOWN,
            "ids": ids,
            "cash": in_words(_cash(findings)),
            "closed": sum(one.state == Finding.State.CLOSED for one in findings),
            "query": _query(request),
            "back": _listed(request),
        }
        return TemplateResponse(request, "staff/bulk.html", context)

    def _told(self, request: HttpRequest, act: str, outcome: Outcome) -> None:
        if outcome.done:
            said = f"{_ACTS[act].done} {_number(len(outcome.done))}."
            messages.success(request, said)
            done = Finding.objects.filter(pk__in=[one.pk for one in outcome.done])
            LogEntry.objects.log_actions(request.user.pk or 0, done, CHANGE, change_message=said)
        for finding, reason in outcome.left[:_TOLD]:
            messages.warning(request, f"Left as it is: {finding}. {reason}")
        if len(outcome.left) > _TOLD:
            messages.warning(request, f"And {_number(len(outcome.left) - _TOLD)} more were left as they are.")

    def what(self, finding: Finding) -> str:
        raise NotImplementedError

    def stake(self, finding: Finding) -> str:
        raise NotImplementedError


def _cash(findings: Sequence[Finding]) -> dict[str, Decimal]:
    cash: dict[str, Decimal] = defaultdict(Decimal)
    for finding in findings:
        cash[finding.currency] += finding.cash_at_stake or 0
    return cash


def _number(count: int) -> str:
    return f"{count:,} finding{'' if count == 1 else 's'}"


def _too_many() -> str:
    return f"At most {MANY} findings are worked on at once: narrow the list by its filters, or mark fewer."


def _query(request: HttpRequest) -> str:
    """How the list was filtered from which somebody came."""
    return request.POST.get("query") or request.META.get("QUERY_STRING", "")


def _listed(request: HttpRequest) -> str:
    listed, query = reverse("admin:safes_finding_changelist"), _query(request)
    return f"{listed}?{query}" if query else listed
