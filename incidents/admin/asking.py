"""Which incidents ask for somebody: what Today counts, the list filters by, and the board puts first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db.models import DateTimeField, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from incidents.lifecycle import FINAL, OPEN, UNANSWERED, UNDER_WAY, State
from incidents.models import Dispatch, Incident

Incidents = QuerySet[Incident]

# A refusal that nobody did anything about for so long is history.
REFUSED_FOR = dt.timedelta(days=7)
_A_MINUTE = Value(dt.timedelta(minutes=1), output_field=DurationField())


def _open(rows: Incidents, now: dt.datetime) -> Incidents:
    return rows.filter(state__in=OPEN)


def _unconfirmed(rows: Incidents, now: dt.datetime) -> Incidents:
    return rows.filter(state=State.UNCONFIRMED)


def _refused(rows: Incidents, now: dt.datetime) -> Incidents:
    """Lately, and nothing was raised for the device since."""
    since = Incident.objects.filter(
        account=OuterRef("account"), device=OuterRef("device"), created_at__gt=OuterRef("created_at")
    )
    return rows.filter(~Exists(since), state=State.REFUSED, created_at__gt=now - REFUSED_FOR)


def _not_sent(rows: Incidents, now: dt.datetime) -> Incidents:
    """Dead letters, and cancels of which nobody can say whether they arrived."""
    stuck = Dispatch.objects.filter(
        Q(state=Dispatch.State.DEAD) | Q(state=Dispatch.State.UNKNOWN, kind=Dispatch.Kind.CANCEL),
        incident=OuterRef("pk"),
    )
    return rows.filter(Exists(stuck)).exclude(state__in=FINAL)


def is_overdue(now: dt.datetime) -> Q:
    """Not acknowledged in time, or beyond what Loomis promised."""
    within = ExpressionWrapper(F("account__acknowledge_minutes") * _A_MINUTE, output_field=DurationField())
    latest = ExpressionWrapper(Value(now, output_field=DateTimeField()) - within, output_field=DateTimeField())
    unanswered = Q(state__in=UNANSWERED, tried_at__lte=latest)
    return unanswered | Q(state__in=UNDER_WAY) & (Q(eta__lte=now) | Q(sla__lte=now))


def _overdue(rows: Incidents, now: dt.datetime) -> Incidents:
    return rows.filter(is_overdue(now))


def _drafts(rows: Incidents, now: dt.datetime) -> Incidents:
    return rows.filter(state=State.DRAFT)


ASKED: dict[str, tuple[str, Callable[[Incidents, dt.datetime], Incidents]]] = {
    "open": ("open: not closed, cancelled or refused", _open),
    "unconfirmed": ("unconfirmed: may have arrived", _unconfirmed),
    "unsent": ("not sent: dead letters", _not_sent),
    "refused": (f"refused in the last {REFUSED_FOR.days} days, and nothing raised since", _refused),
    "overdue": ("overdue: not acknowledged in time, or ETA or SLA passed", _overdue),
    "drafts": ("drafts", _drafts),
}


class AsksFilter(DropdownFilter):
    """Incidents by what they ask for: what Today counts."""

    title = "asks for"
    parameter_name = "asks"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in ASKED.items()]

    def queryset(self, request: HttpRequest, queryset: Incidents) -> Incidents:
        value = self.value()
        return ASKED[value][1](queryset, timezone.now()) if value in ASKED else queryset
