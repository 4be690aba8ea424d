"""How the queue is ordered and narrowed: the worst first; by state, and by who looks after it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.functions import Abs, TruncSecond
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from safes.admin.filters import PresetFilter
from safes.models import Finding

SEVERITY = Case(
    When(severity=Finding.Severity.CRITICAL, then=Value(0)),
    When(severity=Finding.Severity.WARNING, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)
# The worst first; of those the dearest, in whichever currency; of those the oldest.
WORST = (SEVERITY.asc(), Abs("cash_at_stake").desc(nulls_last=True), TruncSecond("opened_at").asc())


class StateFilter(PresetFilter):
    title = "state"
    parameter_name = "state"
    preset = Finding.State.OPEN

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [*Finding.State.choices, ("all", "open and closed")]


class OwnerFilter(DropdownFilter):
    """Who looks after it. “Mine” is of whoever asks, so that a view that is shared shows everybody their own."""

    title = "owner"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        people = User.objects.filter(is_staff=True).order_by("username").values_list("pk", "username")
        return [("me", "mine"), ("nobody", "nobody’s"), *((str(pk), name) for pk, name in people)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "me":
            return queryset.filter(owner=request.user.pk)
        if value == "nobody":
            return queryset.filter(owner=None)
        known = {choice for choice, _ in self.lookup_choices}
        return queryset.filter(owner=int(value)) if value and value in known else queryset
