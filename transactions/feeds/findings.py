"""What is wrong with feeds: they cannot be reached, or a file came again with other bytes."""

from __future__ import annotations

from django.db.models.functions import Coalesce
from django.utils import timezone

from safes.findings import Facts, settle
from safes.models import Finding
from transactions.models import Delivery, Feed

_HOURS = 24


def settle_feed_failure(feed: Feed) -> None:
    """The finding of a feed that cannot be reached, or has files that cannot be taken, as its row says.

    The caller holds its lock.
    """
    settle("feed_failure", {feed.name: _failure(feed)})


def _failure(feed: Feed) -> Facts | None:
    if feed.failing_since is None:
        return None
    long = (timezone.now() - feed.failing_since).total_seconds() > _HOURS * 3600
    what = "cannot be looked through" if feed.failures else "cannot take everything in"
    return Facts(
        summary=f"The feed {feed.name} {what}: {feed.error}",
        severity=Finding.Severity.CRITICAL if long else Finding.Severity.WARNING,
        detail={"feed": feed.name, "since": feed.failing_since.isoformat(), "error": feed.error},
    )


def settle_changed_file(feed: Feed, name: str) -> None:
    """A name under which different bytes came: what all of them say is recorded, and somebody should know why."""
    # Bytes that came first under another name are other bytes of this name all the same.
    bodies = Delivery.objects.filter(feed=feed, file_name=name).annotate(first=Coalesce("repeat_of_id", "pk"))
    ids = sorted(set(bodies.values_list("first", flat=True)))
    facts = None
    if len(ids) > 1:
        facts = Facts(
            summary=f"{name} came {len(ids)} times by the feed {feed.name}, each time with other bytes. What any of "
            "them says is recorded, once. Ask Loomis why the file was changed.",
            detail={"feed": feed.name, "file": name, "deliveries": ids},
        )
    settle("file_changed", {f"{feed.name}: {name}"[:200]: facts})
