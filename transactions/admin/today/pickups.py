"""Pickups that are due or late: on Today, and as a filter of the list of safes."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from unfold.contrib.filters.admin import DropdownFilter

from safes.admin.bases import ago
from safes.admin.safes import SafeAdmin
from safes.dashboard import Ask, Desk, open_desk
from transactions.reconciliation.pickups.rhythm import Due
from transactions.reconciliation.pickups.waiting import pickups_due


class PickupDueFilter(DropdownFilter):
    """Safes in which cash waits for longer than the courier usually takes: a question about pickups, asked of safes."""

    title = "pickup"
    parameter_name = "pickup"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(Due.DUE.value, "due"), (Due.LATE.value, "late")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value not in set(Due):
            return queryset
        found = pickups_due(timezone.now())
        return queryset.filter(pk__in=[safe_id for safe_id, waiting in found.items() if waiting.due == value])


def _look(request: HttpRequest) -> list[Ask]:
    """By each safe's own rhythm; one query."""
    now = timezone.now()
    found = list(pickups_due(now).values())
    asks = []
    for standing, one, many in (
        (Due.LATE, "pickup late", "pickups late"),
        (Due.DUE, "pickup due", "pickups due"),
    ):
        since = [waiting.since for waiting in found if waiting.due == standing]
        url = f"{reverse('admin:safes_safe_changelist')}?{urlencode({'pickup': standing.value})}"
        more = f"the oldest cash came {ago(min(since), now)}" if since else ""
        asks.append(Ask(len(since), one, many, url, more, standing == Due.LATE))
    return asks


SafeAdmin.list_filter = (*SafeAdmin.list_filter, PickupDueFilter)
open_desk(Desk("Pickups", 30, "transactions.view_pickup", _look, ("transactions.change_pickupslip",)))
