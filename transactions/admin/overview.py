"""The panels of the overview that tell what comes from Loomis: pushes, safes, quarantine, what still waits."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Count, IntegerField, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, TruncHour
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from unfold.contrib.filters.admin import DropdownFilter

from safes.admin.bases import instant
from safes.admin.overview import findings_url, in_words, open_findings
from safes.admin.safes import SafeAdmin
from safes.dashboard import Figure, Panel, hang
from safes.models import Safe
from transactions.hearing import HEARD, heard
from transactions.models import Delivery, PushEndpoint

_HOURS = 24
# The chart's drawing board, in units of its own: it is stretched to the panel.
_WIDTH, _HEIGHT, _GAP = 720, 120, 6


def deliveries_url(**filters: str | int) -> str:
    return f"{reverse('admin:transactions_delivery_changelist')}?{urlencode(filters)}"


def _pushes(request: HttpRequest) -> dict[str, Any]:
    """Pushes in each of the last 24 hours, the present one included."""
    this_hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    hours = [this_hour - dt.timedelta(hours=back) for back in range(_HOURS - 1, -1, -1)]
    # By endpoint, as the index is: the time alone would be looked for in the whole table.
    endpoints = list(PushEndpoint.objects.values_list("pk", flat=True))
    found = (
        Delivery.objects.filter(endpoint__in=endpoints, received_at__gte=hours[0])
        .order_by()
        .annotate(hour=TruncHour("received_at", tzinfo=dt.UTC))
        .values("hour")
        .annotate(count=Count("pk"), rows=Sum("created"))
    )
    by_hour = {row["hour"]: row for row in found}
    counts = [by_hour[hour]["count"] if hour in by_hour else 0 for hour in hours]
    latest = Delivery.objects.order_by("-pk").values_list("received_at", flat=True).first()
    return {
        "bars": _bars(hours, counts),
        "width": _WIDTH,
        "height": _HEIGHT,
        "most": max(counts),
        "total": sum(counts),
        "rows": f"{sum(row['rows'] or 0 for row in by_hour.values()):,}",
        "latest": instant(latest),
        "endpoints": len(endpoints),
        "url": deliveries_url(received_at_from=hours[0].date().isoformat()),
        "add_url": reverse("admin:transactions_pushendpoint_add")
        if request.user.has_perm("transactions.add_pushendpoint")
        else "",
    }


def _bars(hours: list[dt.datetime], counts: list[int]) -> list[dict[str, Any]]:
    """Where each hour's bar stands. An hour with few pushes still shows one; an hour without shows its absence."""
    step, most = _WIDTH / len(hours), max(*counts, 1)
    bars = []
    for number, (hour, count) in enumerate(zip(hours, counts, strict=True)):
        tall = round(max(count / most * _HEIGHT, 3 if count else 1), 1)
        bars.append(
            {
                "x": round(number * step + _GAP / 2, 1),
                "y": round(_HEIGHT - tall, 1),
                "wide": round(step - _GAP, 1),
                "tall": tall,
                "count": count,
                "hour": f"{hour:%H}",
                "words": f"{hour:%Y-%m-%d %H}:00 UTC: {count} {'push' if count == 1 else 'pushes'}",
                "url": deliveries_url(hour=f"{hour:%Y-%m-%dT%H}"),
            }
        )
    return bars


def _safes(request: HttpRequest) -> dict[str, Any]:
    """Active safes by when they were last heard from, and those that nobody has registered.

    Which silence asks for somebody is what the rule says, by each safe's own rhythm: on Sundays a day is nothing.
    """
    known = heard(Safe.objects.filter(status=Safe.Status.ACTIVE), timezone.now())
    counts = dict(known.order_by().values("heard").annotate(count=Count("pk")).values_list("heard", "count"))
    strangers = Safe.objects.filter(status=Safe.Status.UNREGISTERED).count()
    words = {"lately": "heard from within 24 hours", "silent": "silent for 24 hours", "never": "never heard from"}
    figures = [Figure(str(counts.get(name, 0)), text, _safes_url("active", heard=name)) for name, text in words.items()]
    quiet = open_findings("silent_safe").count()
    figures.append(Figure(str(quiet), "quiet against their rhythm", findings_url(kind="silent_safe"), quiet > 0))
    figures.append(Figure(str(strangers), "registered by nobody", _safes_url("unregistered"), strangers > 0))
    return {"figures": figures}


def _safes_url(status: str, **filters: str) -> str:
    return f"{reverse('admin:safes_safe_changelist')}?{urlencode({'status__exact': status, **filters})}"


def _quarantine(request: HttpRequest) -> dict[str, Any]:
    """Rows that could not be understood and that nobody has settled yet, with the cash they seem to speak of."""
    found = list(
        open_findings("quarantined_row")
        .order_by()
        .values("currency")
        .annotate(count=Count("pk"), rows=Sum(Cast(KT("detail__row_count"), IntegerField())), cash=Sum("cash_at_stake"))
    )
    deliveries, rows = sum(line["count"] for line in found), sum(line["rows"] or 0 for line in found)
    cash = in_words({line["currency"]: line["cash"] or Decimal(0) for line in found}, unknown="")
    url = findings_url(kind="quarantined_row")
    return {
        "figures": [
            Figure(str(rows), "row not understood" if rows == 1 else "rows not understood", url, rows > 0),
            Figure(cash or "0.00", "cash they seem to speak of", url, bool(cash)),
            Figure(str(deliveries), "delivery they came in" if deliveries == 1 else "deliveries they came in", url),
        ]
    }


def _waiting(request: HttpRequest) -> dict[str, Any]:
    """Deliveries that are on disk and not recorded: for a moment always, for longer never."""
    waiting = Delivery.objects.filter(status__in=[Delivery.Status.STORED, Delivery.Status.FAILED])
    counts = dict(waiting.order_by().values("status").annotate(count=Count("pk")).values_list("status", "count"))
    words = {"stored": "waiting to be recorded", "failed": "failed, and tried again"}
    return {
        "figures": [
            Figure(
                str(counts.get(status, 0)),
                text,
                # The list shows a month unless told otherwise; what waits may be older.
                deliveries_url(status__exact=status, received_at_from="1990-01-01"),
                status == "failed" and status in counts,
            )
            for status, text in words.items()
        ]
    }


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

_FIGURES = "staff/panels/figures.html"
hang(Panel("Pushes in the last 24 hours", 20, "transactions.view_delivery", "staff/panels/pushes.html", _pushes, True))
hang(Panel("Safes", 30, "safes.view_safe", _FIGURES, _safes))
hang(Panel("Quarantine", 40, "safes.view_finding", _FIGURES, _quarantine))
hang(Panel("Deliveries waiting", 50, "transactions.view_delivery", _FIGURES, _waiting))
