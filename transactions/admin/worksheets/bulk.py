"""Days signed by the dozen from their list: those without differences; why the others are not, is told day by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from safes.admin.bases import link
from safes.models import Site
from transactions.admin.totals import AddsUp
from transactions.admin.worksheets.signatures import LABELS
from transactions.models import SignOff, SiteDay
from transactions.reconciliation.signing.acts import APPROVE, PREPARE, SigningError
from transactions.reconciliation.signing.bulk import Outcome, approve_all, prepare_all
from transactions.reconciliation.signing.status import with_status

_Day = tuple[int, dt.date]


class StatusFilter(DropdownFilter):
    """Days by how far they are signed."""

    title = "sign-off"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [*SignOff.Status.choices, ("unsigned", "not signed yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "unsigned":
            return with_status(queryset).exclude(status=SignOff.Status.SIGNED)
        return with_status(queryset).filter(status=value) if value in SignOff.Status.values else queryset


class SignsInBulk(AddsUp):
    """A list of days with their status, and with actions for those who may sign."""

    actions: tuple[str, ...] = ("prepare_selected", "approve_selected", "totals")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_status(super().get_queryset(request))

    @display(description="sign-off", label=LABELS)
    def signing(self, row: Any) -> tuple[str, str]:
        return row.status, str(SignOff.Status(row.status).label)

    def has_prepare_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PREPARE)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(APPROVE)

    @admin.action(description="Prepare the selected", permissions=["prepare"])
    def prepare_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._all(request, queryset, prepare_all, "prepared")

    @admin.action(description="Approve the selected", permissions=["approve"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._all(request, queryset, approve_all, "approved")

    def _all(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        act: Callable[[Collection[_Day], User], Outcome],
        done: str,
    ) -> HttpResponse | None:
        days = set(queryset.order_by().values_list("site_id", "business_date"))
        of_no_site = [date for site_id, date in days if site_id is None]
        user = request.user
        if not isinstance(user, User):  # the admin lets nobody else in
            return None
        try:
            outcome = act([day for day in days if day[0] is not None], user)
        except SigningError as error:
            messages.error(request, str(error))
            return None
        refused = [*_told(outcome), *(("nowhere", date, _NOWHERE) for date in sorted(of_no_site))]
        meta = self.model._meta
        query = request.META.get("QUERY_STRING", "")
        listed = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        count = len(outcome.done)
        told = {0: "No day was", 1: "One day was"}.get(count, f"{count:,} days were")
        context = {
            **self.admin_site.each_context(request),
            "title": f"{told} {done}",
            "opts": meta,
            "done": done,
            "refused": refused,
            "back": f"{listed}?{query}" if query else listed,
        }
        return TemplateResponse(request, "staff/worksheet/outcome.html", context)


_NOWHERE = "The safe stood at no site on this day, so it cannot be signed."


def _told(outcome: Outcome) -> list[tuple[object, dt.date, str]]:
    """The days that were refused, each a link to its worksheet, by site and date; two queries."""
    sites = Site.objects.in_bulk({site_id for (site_id, _), _ in outcome.refused})
    dates = {date for (_, date), _ in outcome.refused}
    rows = SiteDay.objects.filter(site__in=sites, business_date__in=dates).order_by("-currency")
    pages = {(site_id, date): pk for site_id, date, pk in rows.values_list("site_id", "business_date", "pk")}
    told: list[tuple[object, dt.date, str]] = []
    for (site_id, date), why in outcome.refused:
        name: object = sites.get(site_id, "a site that is gone")
        if (site_id, date) in pages:
            name = link(reverse("admin:transactions_siteday_change", args=[pages[site_id, date]]), name)
        told.append((name, date, why))
    return sorted(told, key=lambda one: (one[1], str(one[0])))
