"""Which files lie in a feed's folder, and which of them have stood still long enough to be taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.transaction import atomic

from safes.remote import Entry
from transactions.feeds.reaching import is_wanted
from transactions.models import Feed, FeedFile

State = FeedFile.State
# Of which no attempt is open any more.
DONE = (State.RECORDED, State.ARCHIVED, State.QUARANTINED)


@atomic
def note_entries(feed: Feed, entries: Iterable[Entry], now: dt.datetime) -> None:
    """Bring the feed's files in step with a listing of its folder, made at ``now`` (UTC).

    A file whose size or time changed begins to stand still anew; one that was taken and has changed since is a file
    of its own. What was never taken and is gone is forgotten.
    """
    wanted = {entry.name: entry for entry in entries if is_wanted(feed, entry.name)}
    latest = {file.name: file for file in FeedFile.objects.filter(feed=feed).order_by("name", "-pk").distinct("name")}
    fresh: list[FeedFile] = []
    changed: list[FeedFile] = []
    for name, entry in wanted.items():
        file = latest.get(name)
        if file is None or (file.state in DONE and not _is(file, entry)):
            fresh.append(
                FeedFile(
                    feed=feed,
                    name=name,
                    size=entry.size,
                    modified_at=entry.modified_at,
                    seen_at=now,
                    still_since=now,
                )
            )
        elif file.state in (State.SEEN, State.SETTLED, State.FAILED) and not _is(file, entry):
            file.size, file.modified_at, file.still_since = entry.size, entry.modified_at, now
            file.state, file.error, file.next_attempt_at = State.SEEN, "", None
            changed.append(file)
    FeedFile.objects.bulk_create(fresh, batch_size=2000)
    FeedFile.objects.bulk_update(
        changed,
        ["size", "modified_at", "still_since", "state", "error", "next_attempt_at"],
        batch_size=500,
    )
    gone = [file.pk for name, file in latest.items() if name not in wanted and file.delivery_id is None]
    FeedFile.objects.filter(pk__in=gone).exclude(state__in=DONE).delete()
    stood_still = now - dt.timedelta(seconds=feed.settle_seconds)
    FeedFile.objects.filter(feed=feed, state=State.SEEN, still_since__lte=stood_still).update(state=State.SETTLED)


def to_take(feed: Feed, now: dt.datetime) -> list[FeedFile]:
    """The files that are due, oldest first: settled ones, and those that an earlier attempt did not finish."""
    due = FeedFile.objects.filter(feed=feed, state__in=[State.SETTLED, State.FETCHED, State.FAILED])
    ordered = due.exclude(next_attempt_at__gt=now).order_by("modified_at", "name", "pk")
    return list(ordered)


def to_put_away(feed: Feed) -> list[FeedFile]:
    """Files whose content is committed here, and that still lie at the far end though they should not."""
    if feed.after == Feed.After.LEAVE:
        return []
    return list(FeedFile.objects.filter(feed=feed, state=State.RECORDED).order_by("pk"))


def _is(file: FeedFile, entry: Entry) -> bool:
    return (file.size, file.modified_at) == (entry.size, entry.modified_at)
