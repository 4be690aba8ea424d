"""silent_feed: a feed whose daily file did not come by its own usual time. Times are UTC: a feed has no zone."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from safes.findings import Facts
from safes.models import Finding
from transactions.models import Delivery, Feed
from transactions.models.endpoint import Environment
from transactions.silence.rhythm import WEEKS, next_due

_DAILY = dt.timedelta(days=1)
_CRITICAL_AFTER = dt.timedelta(hours=24)
# Of a feed that brings a file per safe and hour, these are the last days: all that its next file is reckoned from.
_MOST = 2000


def silent_feeds(now: dt.datetime) -> dict[str, Facts]:
    """Facts by the feed's name. What is taken in by hand comes by no feed that could be silent."""
    found = {}
    for feed in Feed.objects.filter(environment=Environment.PRODUCTION, active=True).exclude(url=""):
        files = Delivery.objects.filter(feed=feed, repeat_of=None).order_by("-received_at")
        last = files.values_list("received_at", flat=True).first()
        since = last or feed.created_at
        if now - since < settings.SILENT_FEED_AFTER:
            continue
        arrivals = files.filter(received_at__gte=since - dt.timedelta(weeks=WEEKS)).values_list(
            "received_at", flat=True
        )
        expected_by = next_due([*reversed(arrivals[:_MOST])] or [since], _DAILY) + settings.SILENT_FEED_AFTER
        if expected_by <= now:
            found[feed.name] = _facts(feed, last, expected_by, now)
    return found


def _facts(feed: Feed, last: dt.datetime | None, expected_by: dt.datetime, now: dt.datetime) -> Facts:
    came = "has brought no file yet" if last is None else f"has brought no file since {last:%Y-%m-%d %H:%M} UTC"
    return Facts(
        summary=(
            f"The feed {feed.name} {came}, and one was usual by {expected_by:%Y-%m-%d %H:%M} UTC at the latest. Look "
            "whether it lies in the folder under another name, and ask Loomis for it."
        ),
        severity=(Finding.Severity.CRITICAL if now - expected_by >= _CRITICAL_AFTER else Finding.Severity.WARNING),
        detail={
            "feed": feed.name,
            "last_file": last and last.isoformat(),
            "expected_by": expected_by.isoformat(),
        },
    )
