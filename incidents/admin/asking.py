"""Which incidents ask for somebody: what Today counts, the list filters by, and the board puts first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db.models import (
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from incidents.lifecycle import OPEN, UNANSWERED, UNDER_WAY, State
from incidents.models import Dispatch, Incident

# A refusal that nobody did anything about for so long is history.
REFUSED_FOR = dt.timedelta(days=7)
_A_MINUTE = Value(dt.timedelta(minutes=1), output_field=DurationField())


def _open(now: dt.datetime) -> Q:
    return Q(state__in=OPEN)


def _unconfirmed(now: dt.datetime) -> Q:
    return Q(state=State.UNCONFIRMED)


def _refused(now: dt.datetime) -> Q:
    """Lately, and nothing was raised for the device since."""
    same = Incident.objects.filter(device=OuterRef("device")).order_by("-created_at").values("created_at")[:1]
    return Q(state=State.REFUSED, created_at__gt=now - REFUSED_FOR) & Q(created_at__gte=Subquery(same))


def _not_sent(now: dt.datetime) -> Q:
    """Dead letters, and cancels of which nobody can say whether they arrived."""
    stuck = Dispatch.objects.filter(
        Q(state=Dispatch.State.DEAD) | Q(state=Dispatch.State.UNKNOWN, kind=Dispatch.Kind.CANCEL),
        incident=OuterRef("pk"),
    )
    return Q(state__in=OPEN) & Q(Exists(stuck))


def _overdue(now: dt.datetime) -> Q:
    """Not acknowledged in time, or beyond what Loomis promised."""
    within = ExpressionWrapper(F("account__acknowledge_minutes") * _A_MINUTE, output_field=DurationField())
    latest = ExpressionWrapper(Value(now, output_field=DateTimeField()) - within, output_field=DateTimeField())
    unanswered = Q(state__in=UNANSWERED, tried_at__lte=latest)
    return unanswered | Q(state__in=UNDER_WAY) & (Q(eta__lte=now) | Q(sla__lte=now))


def _drafts(now: dt.datetime) -> Q:
    return Q(state=State.DRAFT)


ASKED: dict[str, tuple[str, Callable[[dt.datetime], Q]]] = {
    "open": ("open: not closed, cancelled or refused", _open),
    "unconfirmed": ("unconfirmed: may have arrived", _unconfirmed),
    "unsent": ("not sent: dead letters", _not_sent),
    "refused": (f"refused in the last {REFUSED_FOR.days} days, and nothing raised since", _refused),
    "overdue": ("overdue: not acknowledged in time, or ETA or SLA passed", _overdue),
    "drafts": ("drafts", _drafts),
}


def asking(name: str, now: dt.datetime) -> Q:
    """Incidents that ask for this, one of ASKED."""
    return ASKED[name][1](now)


def lately(now: dt.datetime) -> Q:
    """All that may ask for anything: so that the past is not read."""
    return Q(state__in=OPEN) | Q(state=State.REFUSED, created_at__gt=now - REFUSED_FOR)


class AsksFilter(DropdownFilter):
    """Incidents by what they ask for: what Today counts."""

    title = "asks for"
    parameter_name = "asks"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in ASKED.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        value = self.value()
        return queryset.filter(asking(value, timezone.now())) if value in ASKED else queryset
