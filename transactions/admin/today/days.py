"""Site days on Today: what is to be approved, prepared, explained; and the same as a filter of their list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db.models import Count, DateField, Exists, ExpressionWrapper, F, Func, Min, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from unfold.contrib.filters.admin import DropdownFilter

from safes.admin.filters import DAYS_SHOWN
from safes.dashboard import Ask, Desk, open_desk
from safes.fields import WallClockField
from transactions.admin.site_days import SiteDayAdmin
from transactions.admin.takings_desk import desk_url
from transactions.models import SignOff, SiteDay, Taking
from transactions.reconciliation.signing.acts import APPROVE, PREPARE

_FOR_EVER = "1990-01-01"

Days = QuerySet[Any]


def site_days_url(**filters: str) -> str:
    """The list of site days, filtered."""
    return f"{reverse('admin:transactions_siteday_changelist')}?{urlencode(filters)}"


def _in(*statuses: str, **more: Any) -> Exists:
    """Whether a site day is at one of these; days that nobody has touched have no row, and are open."""
    return Exists(
        SignOff.objects.filter(
            site=OuterRef("site"), business_date=OuterRef("business_date"), status__in=statuses, **more
        )
    )


def over(days: Days, now: dt.datetime) -> Days:
    """Those that have ended by the clock and the rollover of their site."""
    begun = Func(F("site__time_zone"), Value(now), function="timezone", output_field=WallClockField())
    today = Cast(ExpressionWrapper(begun - F("site__day_rollover"), output_field=WallClockField()), DateField())
    ended: Days = days.filter(business_date__lt=today)
    return ended


def _to_prepare(days: Days, request: HttpRequest) -> Days:
    return over(days, timezone.now()).exclude(_in("prepared", "signed"))


def _to_approve(days: Days, request: HttpRequest) -> Days:
    # Who prepared a day does not approve it.
    return days.filter(_in("prepared"), ~_in("prepared", prepared_by=request.user.pk))


def _prepared(days: Days, request: HttpRequest) -> Days:
    return days.filter(_in("prepared"))


def _reopened(days: Days, request: HttpRequest) -> Days:
    return days.filter(_in("reopened"))


def _unbalanced(days: Days, request: HttpRequest) -> Days:
    tolerance = F("site__tolerance")
    beyond = Q(unexplained__gt=tolerance) | Q(unexplained__lt=-tolerance)
    return _to_prepare(days, request).filter(beyond)


def _without_takings(days: Days, request: HttpRequest) -> Days:
    """Where takings ever come: elsewhere nothing is missing."""
    ever = Exists(Taking.objects.filter(register__site=OuterRef("site")))
    return over(days, timezone.now()).filter(ever, takings=None).exclude(safe_total=0).exclude(_in("signed"))


_ASKED: dict[str, tuple[str, Callable[[Days, HttpRequest], Days]]] = {
    "preparing": ("to be prepared: over, and neither prepared nor signed", _to_prepare),
    "approving": ("to be approved by me: prepared by somebody else", _to_approve),
    "approval": ("prepared, and not approved yet", _prepared),
    "again": ("reopened", _reopened),
    "balance": ("to be prepared, and beyond the tolerance", _unbalanced),
    "takings": ("over, not signed, and without takings", _without_takings),
}


class AsksFilter(DropdownFilter):
    """Site days by what they ask for: what Today counts."""

    title = "asks for"
    parameter_name = "asks"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in _ASKED.items()]

    def queryset(self, request: HttpRequest, queryset: Days) -> Days:
        value = self.value()
        return _ASKED[value][1](queryset, request) if value in _ASKED else queryset


def _ask(
    request: HttpRequest, asked: str, one: str, many: str, *, whenever: bool = False, alarming: bool = False
) -> Ask:
    """So many days, and the oldest; of the last 31 days as their list shows them, or whenever they were."""
    days = SiteDay.objects.all() if whenever else _lately()
    found = _ASKED[asked][1](days, request).order_by().aggregate(count=Count("pk"), oldest=Min("business_date"))
    filters = {"asks": asked} | ({"business_date_from": _FOR_EVER} if whenever else {})
    more = f"the oldest is {found['oldest']}" if found["oldest"] else ""
    return Ask(found["count"], one, many, site_days_url(**filters), more, alarming)


def _look(request: HttpRequest) -> list[Ask]:
    """In the order in which they are worked off; who approves begins with what others prepared."""
    approves = request.user.has_perm(APPROVE)
    asks = [
        _ask(
            request,
            "again",
            "site day reopened",
            "site days reopened",
            whenever=True,
            alarming=True,
        )
    ]
    if approves:
        asks.insert(0, _ask(request, "approving", "site day to approve", "site days to approve", whenever=True))
    elif not request.user.has_perm(PREPARE):
        asks.append(_ask(request, "approval", "site day to be approved", "site days to be approved", whenever=True))
    return [
        *asks,
        _ask(request, "preparing", "site day to prepare", "site days to prepare"),
        _ask(request, "balance", "site day beyond the tolerance", "site days beyond the tolerance", alarming=True),
        _to_the_desk(request, _ask(request, "takings", "site day without takings", "site days without takings")),
    ]


def _to_the_desk(request: HttpRequest, ask: Ask) -> Ask:
    """With the way to the oldest of these days at the takings desk, for who may enter takings."""
    if not ask.count or not request.user.has_perms(["transactions.add_taking", "transactions.change_taking"]):
        return ask
    days = _without_takings(_lately(), request).order_by("business_date", "site__code")
    oldest = days.values_list("site__code", "business_date").first()
    # They may have come in since they were counted.
    return replace(ask, act=("enter them", desk_url(*oldest))) if oldest else ask


def _lately() -> Days:
    """Those that the list of site days shows unless asked otherwise."""
    return SiteDay.objects.filter(business_date__gte=timezone.now().date() - dt.timedelta(days=DAYS_SHOWN))


SiteDayAdmin.list_filter = (*SiteDayAdmin.list_filter, AsksFilter)  # type: ignore[assignment]
open_desk(Desk("Site days", 10, "transactions.view_siteday", _look, (PREPARE, APPROVE)))
