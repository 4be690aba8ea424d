"""Totals: how many and how much, by kind and currency, of the rows somebody marked or of a whole filtered list."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from safes.admin.bases import ViewOnlyAdmin, money
from transactions.admin.records import RecordAdmin

# Asked for by this name in a list's address, and otherwise left alone: a sum over a month of a chain takes its time.
_ASKED = "totals"


def totals_of(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    """A line per kind and currency, in one query. What is not counted in the books is not in the sums, and is told."""
    lines = (
        rows.order_by()
        .values("kind", "currency")
        .annotate(
            count=Count("pk", filter=Q(counted=True)),
            total=Sum("amount", filter=Q(counted=True)),
            left_out=Count("pk", filter=Q(counted=False)),
        )
        .order_by("kind", "currency")
    )
    return [
        {
            **line,
            "kind": line["kind"].replace("_", " "),
            "currency": line["currency"] or "not known",
            "total": money(line["total"] or Decimal(0), None),
        }
        for line in lines
    ]


class AddsUp(ViewOnlyAdmin):
    """A list with totals: of what is marked by an action, of the list as it is filtered by a link above it."""

    totals_template = "staff/totals_table.html"
    actions: tuple[str, ...] = ("totals",)
    list_before_template = "staff/totals_above.html"

    def add_up(self, rows: QuerySet[Any]) -> list[dict[str, Any]]:
        """What the template shows a line each of."""
        raise NotImplementedError

    @admin.action(description="Totals of the selected", permissions=["view"])
    def totals(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        meta = self.model._meta
        listed = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        query = request.META.get("QUERY_STRING", "")
        context = {
            **self.admin_site.each_context(request),
            "title": "Totals of the selected",
            "opts": meta,
            "totals": self.add_up(queryset),
            "totals_template": self.totals_template,
            "back": f"{listed}?{query}" if query else listed,
        }
        return TemplateResponse(request, "staff/totals.html", context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        asked = request.GET.copy()
        wanted = asked.pop(_ASKED, None) is not None
        # Django takes what it does not know in a list's address for a mistake.
        request.GET = asked  # type: ignore[assignment]
        request.META["QUERY_STRING"] = asked.urlencode()
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context is not None and "cl" in context:
            if wanted:
                context["totals"] = self.add_up(context["cl"].queryset)
                context["totals_template"] = self.totals_template
            else:
                asked[_ASKED] = "yes"
                context["totals_url"] = f"?{asked.urlencode()}"
        return response


class TotalsAdmin(AddsUp, RecordAdmin):
    """Records, added up by kind and currency."""

    def add_up(self, rows: QuerySet[Any]) -> list[dict[str, Any]]:
        return totals_of(rows)
