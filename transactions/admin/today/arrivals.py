"""What comes from Loomis: the pushes of a day as a chart, and deliveries that ask for somebody."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Count, IntegerField, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, TruncHour
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from safes.admin.bases import instant
from safes.admin.overview import findings_url, in_words, open_findings
from safes.dashboard import Ask, Desk, Panel, hang, open_desk
from transactions.admin.today.in_trouble import open_of
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


def _undone(request: HttpRequest) -> list[Ask]:
    """Rows that could not be understood, deliveries that are on disk and not recorded, feeds that are not reached."""
    return [*_quarantine(), *_waiting(), *_feeds(request)]


def _quarantine() -> list[Ask]:
    """Deliveries with rows that nobody has settled yet, with the cash these seem to speak of."""
    found = list(
        open_findings("quarantined_row")
        .order_by()
        .values("currency")
        .annotate(count=Count("pk"), rows=Sum(Cast(KT("detail__row_count"), IntegerField())), cash=Sum("cash_at_stake"))
    )
    rows = sum(line["rows"] or 0 for line in found)
    cash = in_words({line["currency"]: line["cash"] or Decimal(0) for line in found}, unknown="")
    words = f"{rows:,} {'row' if rows == 1 else 'rows'}"
    return [
        Ask(
            sum(line["count"] for line in found),
            "delivery with rows not understood",
            "deliveries with rows not understood",
            findings_url(kind="quarantined_row"),
            f"{words} that seem to speak of {cash}" if cash else words,
            alarming=True,
        )
    ]


def _waiting() -> list[Ask]:
    """Deliveries that are on disk and not recorded: for a moment always, for longer never."""
    waiting = Delivery.objects.filter(status__in=[Delivery.Status.STORED, Delivery.Status.FAILED])
    counts = dict(waiting.order_by().values("status").annotate(count=Count("pk")).values_list("status", "count"))
    words = {
        "failed": ("delivery failed, and is tried again", "deliveries failed, and are tried again"),
        "stored": ("delivery waiting to be recorded", "deliveries waiting to be recorded"),
    }
    return [
        Ask(
            counts.get(status, 0),
            *text,
            # The list shows a month unless told otherwise; what waits may be older.
            deliveries_url(status__exact=status, received_at_from="1990-01-01"),
            alarming=status == "failed",
        )
        for status, text in words.items()
    ]


def _feeds(request: HttpRequest) -> list[Ask]:
    """Feeds in trouble, by their findings; for who may look at feeds."""
    if not request.user.has_perm("transactions.view_feed"):
        return []
    kinds = {
        "feed_failure": (
            "feed not reached, or with files that cannot be taken",
            "feeds not reached, or with files that cannot be taken",
        ),
        "silent_feed": ("feed without a file for too long", "feeds without a file for too long"),
        "rejected_push": ("endpoint that turns pushes away", "endpoints that turn pushes away"),
    }
    return [
        Ask(open_of(kind, request), *words, findings_url(kind=kind), alarming=True) for kind, words in kinds.items()
    ]


hang(
    Panel(
        "Pushes in the last 24 hours", 50, "transactions.view_pushendpoint", "staff/panels/pushes.html", _pushes, True
    )
)
open_desk(Desk("Deliveries", 60, "transactions.view_pushendpoint", _undone, ("transactions.change_delivery",)))
