"""The page of a day: its worksheet, the signing beside it, the way to the next one, and the same as PDF."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from safes.admin.bases import change_url
from transactions.admin.totals import AddsUp
from transactions.admin.worksheets import signatures
from transactions.admin.worksheets.sheet import Section, Sheet
from transactions.admin.worksheets.walking import Days, Walk, walk
from transactions.reconciliation.signing import acts
from transactions.reconciliation.signing.acts import APPROVE, PREPARE, SigningError
from transactions.reconciliation.signing.standing import Standing, standing_of

VIEW = "transactions.view_signoff"
_KEPT = "_changelist_filters"

Act = Callable[[int, Any, User, str, str], object]
# What a button is called in the form, what it takes, what is done, and what is said then.
ACTS: dict[str, tuple[tuple[str, ...], Act, str]] = {
    "prepare": ((PREPARE,), acts.prepare, "Prepared: it waits for another person’s approval."),
    "approve": ((APPROVE,), acts.approve, "Approved: the day is signed."),
    "send_back": (
        (PREPARE, APPROVE),
        lambda site, date, by, seen, text: acts.send_back(site, date, by, text),
        "Sent back: it has to be prepared anew.",
    ),
    "reopen": (
        (APPROVE,),
        lambda site, date, by, seen, text: acts.reopen(site, date, by, text),
        "Reopened: it has to be prepared and approved anew.",
    ),
    "comment": (
        (PREPARE, APPROVE),
        lambda site, date, by, seen, text: acts.comment(site, date, by, text),
        "Your comment was added.",
    ),
}


class WorksheetAdmin(AddsUp):
    """A room of days whose pages are worksheets. Nothing on them is edited; a day is signed by forms of its own."""

    change_form_template = "staff/worksheet/page.html"
    # Whose order the sites, or safes, of a date are listed in.
    walks_by = ""

    def sheet(self, row: Any) -> tuple[Sheet, Days]:
        """The worksheet of a day, and the days around it."""
        raise NotImplementedError

    def findings(self, row: Any) -> Section:
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        meta = self.model._meta
        name = f"{meta.app_label}_{meta.model_name}"
        ours = [
            path("<int:object_id>/sign/", self.admin_site.admin_view(self.sign), name=f"{name}_sign"),
            path("<int:object_id>/pdf/", self.admin_site.admin_view(self.pdf), name=f"{name}_pdf"),
        ]
        return [*ours, *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: object = None) -> list[Any]:
        return [(None, {"fields": ()})]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context.update(self._drawn(request, obj), **self._around(request, obj))
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    def _drawn(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page and the PDF both show.

        The token that is signed with is of figures read before those that are shown: what changes in between makes it
        stale, and nobody signs what he has not seen.
        """
        standing = self._standing(request, row)
        row = self.row(request, row.pk)
        sheet, days = self.sheet(row)
        changes = signatures.changes_section(standing) if standing else None
        return {
            "sheet": sheet,
            "days": days,
            "standing": standing,
            "status": standing.status if standing else "open",
            "standing_words": signatures.in_words(standing) if standing else "",
            "changes": changes,
            "findings": self.findings(row),
            "history": signatures.history_section(standing) if standing else None,
        }

    def _standing(self, request: HttpRequest, row: Any) -> Standing | None:
        """How it stands with its signatures; a day of no site has none."""
        if row.site_id is None or not request.user.has_perm(VIEW):
            return None
        return standing_of(row.site_id, row.business_date)

    def _around(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        kept = request.GET.get(_KEPT, "")
        query = f"?{urlencode({_KEPT: kept})}" if kept else ""
        may = {name for name, (needed, _, _) in ACTS.items() if any(request.user.has_perm(one) for one in needed)}
        found = walk(self._listed(request, kept), row, self.walks_by, request.user.pk)
        meta = self.model._meta
        name = f"admin:{meta.app_label}_{meta.model_name}"
        done = request.GET.get("done", "")
        return {
            "walk": found,
            "next_to_do": _next(found, done, may),
            "is_done": done in ACTS,
            "query": query,
            "page_name": f"{name}_change",
            "list_url": f"{reverse(f'{name}_changelist')}{'?' + kept if kept else ''}",
            "sign_url": f"{reverse(f'{name}_sign', args=[row.pk])}{query}",
            "pdf_url": reverse(f"{name}_pdf", args=[row.pk]),
            "may": may,
        }

    def _listed(self, request: HttpRequest, kept: str) -> QuerySet[Any]:
        """The list that somebody came from, as it was filtered; all of it where nothing can be made of that."""
        everything: QuerySet[Any] = self.model._default_manager.all()
        if not kept:
            return everything
        asked, filters = copy.copy(request), QueryDict(kept).copy()
        for name in ("totals", "p", "all", "e"):
            filters.pop(name, None)
        asked.GET = filters  # type: ignore[assignment]
        try:
            found: QuerySet[Any] = self.get_changelist_instance(asked).queryset
        except IncorrectLookupParameters:
            return everything
        return found

    def sign(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Do what a button of the form says. What cannot be done is told on the same page, with what was typed."""
        row = self.row(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(change_url(row))
        chosen = request.POST.get("act", "")
        if chosen not in ACTS:
            return self._not_done(request, object_id, "Choose what to do: the day was left as it is.")
        needed, act, said = ACTS[chosen]
        if not isinstance(request.user, User) or not any(request.user.has_perm(one) for one in needed):
            raise PermissionDenied
        if row.site_id is None:
            return self._not_done(request, object_id, "This safe stands at no site, so its days cannot be signed.")
        text = request.POST.get("text", "").replace("\r\n", "\n")
        try:
            act(row.site_id, row.business_date, request.user, request.POST.get("seen", ""), text)
        except SigningError as error:
            return self._not_done(request, object_id, str(error))
        messages.success(request, said)
        query = {"done": chosen}
        if kept := request.GET.get(_KEPT, ""):
            query[_KEPT] = kept
        return HttpResponseRedirect(f"{change_url(row)}?{urlencode(query)}")

    def _not_done(self, request: HttpRequest, object_id: int, why: str) -> HttpResponse:
        """The page as it is by now: whoever was second sees what the first one did."""
        looking = copy.copy(request)
        looking.method = "GET"
        typed = {"refused": why, "typed": request.POST.get("text", "")[:4000]}
        response: HttpResponse = self.change_view(looking, str(object_id), extra_context=typed)
        return response

    def pdf(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The worksheet to keep or to send: what the page shows, without its forms."""
        row = self.row(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        # Its fonts and its parts of the standard library are for this alone, and take a while to read.
        from transactions.admin.worksheets.pdf import drawn

        found = self._drawn(request, row)
        sheet: Sheet = found["sheet"]
        sections = [found["changes"], *sheet.sections, found["findings"], found["history"]]
        body = drawn(sheet, found["standing_words"], [one for one in sections if one is not None])
        response = HttpResponse(body, content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{_file_name(sheet)}"'
        return response


def _next(found: Walk, done: str, may: set[str]) -> tuple[str, Any] | None:
    """The next day that waits for this person: for what he has just done, else for what he may."""
    offers = []
    if "approve" in may and found.to_approve is not None:
        offers.append(("to approve", found.to_approve))
    if "prepare" in may and found.to_prepare is not None:
        offers.append(("to prepare", found.to_prepare))
    if done == "prepare":
        offers.reverse()
    return offers[0] if offers else None


def _file_name(sheet: Sheet) -> str:
    words = f"{sheet.title} {sheet.name}".encode("ascii", "ignore").decode()
    return "".join(one if one.isalnum() else "-" for one in words).strip("-") + ".pdf"
