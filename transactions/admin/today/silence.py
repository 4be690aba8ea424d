"""Which safes are silent: on Today, and as a filter of their list."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from unfold.contrib.filters.admin import DropdownFilter

from safes.admin.overview import findings_url
from safes.admin.safes import SafeAdmin
from safes.dashboard import Ask, Desk, Figure, Panel, hang, open_desk
from safes.models import Safe
from transactions.admin.today.in_trouble import open_of
from transactions.hearing import HEARD, heard


def _heard(request: HttpRequest) -> dict[str, Any]:
    """Active safes by when they were last heard from."""
    known = heard(Safe.objects.filter(status=Safe.Status.ACTIVE), timezone.now())
    counts = dict(known.order_by().values("heard").annotate(count=Count("pk")).values_list("heard", "count"))
    words = {"lately": "heard from within 24 hours", "silent": "silent for 24 hours", "never": "never heard from"}
    return {
        "figures": [
            Figure(str(counts.get(name, 0)), text, _safes_url("active", heard=name)) for name, text in words.items()
        ]
    }


def _silent(request: HttpRequest) -> list[Ask]:
    """Which silence asks for somebody is what the rule says, by each safe's own rhythm: on Sundays a day is nothing."""
    strangers = Safe.objects.filter(status=Safe.Status.UNREGISTERED).count()
    asks = [
        Ask(
            strangers, "safe that nobody registered", "safes that nobody registered", _safes_url("unregistered"),
            alarming=True,
        )
    ]  # fmt: skip
    if request.user.has_perm("safes.view_finding"):
        quiet = open_of("silent_safe", request)
        url = findings_url(kind="silent_safe")
        asks.insert(
            0, Ask(quiet, "safe quiet against its rhythm", "safes quiet against their rhythm", url, alarming=True)
        )
    return asks


def _safes_url(status: str, **filters: str) -> str:
    return f"{reverse('admin:safes_safe_changelist')}?{urlencode({'status__exact': status, **filters})}"


class HeardFilter(DropdownFilter):
    """Safes by their latest transaction: a question that the estate, which knows none, cannot ask by itself."""

    title = "heard from"
    parameter_name = "heard"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return HEARD

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return heard(queryset, timezone.now()).filter(heard=value) if value in dict(HEARD) else queryset


SafeAdmin.list_filter = (*SafeAdmin.list_filter, HeardFilter)
hang(Panel("Safes", 30, "safes.view_safe", "staff/panels/figures.html", _heard))
open_desk(Desk("Safes", 40, "safes.view_safe", _silent, ("safes.change_safe",)))
