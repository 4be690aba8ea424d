"""Which files lie in a feed's folder, and which of them have stood still long enough to be taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.transaction import atomic

from safes.remote import Entry
from transactions.feeds.reaching import is_wanted
from transactions.models import Delivery, Feed, FeedFile

State = FeedFile.State
# Of which no attempt is open any more.
DONE = (State.RECORDED, State.ARCHIVED, State.QUARANTINED)
# Of which nothing is here yet.
_AWAITED = (State.SEEN, State.SETTLED, State.FAILED)
_TABLE = FeedFile._meta.db_table
_AT_A_TIME = 200


class _Known(NamedTuple):
    pk: int
    name: str
    state: str
    size: int
    modified_at: dt.datetime | None


@atomic
def note_entries(feed: Feed, entries: Iterable[Entry], now: dt.datetime) -> None:
    """Bring the feed's files in step with a listing of its folder, made at ``now`` (UTC).

    A file whose size or time changed begins to stand still anew; one that was taken and has changed since is a file
    of its own. What was never taken and is gone is forgotten. A handful of statements, however many names there are.
    """
    wanted = {entry.name: entry for entry in entries if is_wanted(feed, entry.name)}
    latest = _latest(feed, list(wanted))
    fresh: list[Entry] = []
    changed: list[tuple[int, Entry]] = []
    for name, entry in wanted.items():
        file = latest.get(name)
        if file is None or (file.state in DONE and not _is(file, entry)):
            fresh.append(entry)
        elif file.state in _AWAITED and not _is(file, entry):
            changed.append((file.pk, entry))
    _add(feed, fresh, now)
    _begin_anew(changed, now)
    _forget_gone(feed, set(wanted))
    _leave_behind(feed, {name for name, file in latest.items() if _is(file, wanted[name])})
    _follow_replays(feed)
    stood_still = now - dt.timedelta(seconds=feed.settle_seconds)
    FeedFile.objects.filter(feed=feed, state=State.SEEN, still_since__lte=stood_still).update(state=State.SETTLED)


def to_take(feed: Feed, now: dt.datetime) -> Iterator[FeedFile]:
    """The files that are due, oldest first: settled ones, and those that an earlier attempt did not finish."""
    due = FeedFile.objects.filter(feed=feed, state__in=[State.SETTLED, State.FETCHED, State.FAILED])
    return _one_by_one(feed, due.exclude(next_attempt_at__gt=now).order_by("modified_at", "name", "pk"))


def to_put_away(feed: Feed, now: dt.datetime) -> Iterator[FeedFile]:
    """Files whose content is committed here, and that still lie at the far end though they should not."""
    if feed.after == Feed.After.LEAVE:
        return iter(())
    lying = FeedFile.objects.filter(feed=feed, state=State.RECORDED)
    return _one_by_one(feed, lying.exclude(next_attempt_at__gt=now).order_by("pk"))


def stuck_files(feed: Feed) -> QuerySet[FeedFile]:
    """Files that an attempt failed on, and that are tried again."""
    tried = Q(state=State.FAILED) | Q(state__in=[State.FETCHED, State.RECORDED], next_attempt_at__isnull=False)
    return FeedFile.objects.filter(tried, feed=feed).order_by("pk")


def _latest(feed: Feed, names: list[str]) -> dict[str, _Known]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT DISTINCT ON (name) id, name, state, size, modified_at FROM {_TABLE}
            WHERE feed_id = %s AND name = ANY(%s) ORDER BY name, id DESC
            """,
            [feed.pk, names],
        )
        return {row[1]: _Known(*row) for row in cursor.fetchall()}


def _add(feed: Feed, entries: list[Entry], now: dt.datetime) -> None:
    if not entries:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {_TABLE}
                (feed_id, name, size, modified_at, state, seen_at, still_since, progress, attempts, error)
            SELECT %s, name, size, modified_at, %s, %s, %s, 0, 0, ''
            FROM unnest(%s::text[], %s::bigint[], %s::timestamptz[]) AS listed(name, size, modified_at)
            """,
            [feed.pk, State.SEEN, now, now, *_columns(entries)],
        )


def _begin_anew(changed: list[tuple[int, Entry]], now: dt.datetime) -> None:
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {_TABLE} file SET size = listed.size, modified_at = listed.modified_at, still_since = %s,
                state = %s, error = '', next_attempt_at = NULL
            FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[])
                AS listed(id, name, size, modified_at)
            WHERE file.id = listed.id
            """,
            [now, State.SEEN, [pk for pk, _ in changed], *_columns([entry for _, entry in changed])],
        )


def _columns(entries: list[Entry]) -> tuple[list[str], list[int], list[dt.datetime | None]]:
    return (
        [entry.name for entry in entries],
        [entry.size for entry in entries],
        [entry.modified_at for entry in entries],
    )


def _forget_gone(feed: Feed, lying: set[str]) -> None:
    awaited = FeedFile.objects.filter(feed=feed, state__in=_AWAITED).values_list("pk", "name")
    gone = [pk for pk, name in awaited if name not in lying]
    FeedFile.objects.filter(pk__in=gone).delete()


def _leave_behind(feed: Feed, lying: set[str]) -> None:
    """What was to be moved or deleted, and is not there any more as it was taken, needs nothing further."""
    if feed.after == Feed.After.LEAVE:
        return
    recorded = FeedFile.objects.filter(feed=feed, state=State.RECORDED).values_list("pk", "name")
    gone = [pk for pk, name in recorded if name not in lying]
    FeedFile.objects.filter(pk__in=gone).update(state=State.ARCHIVED, error="", next_attempt_at=None)


def _follow_replays(feed: Feed) -> None:
    """A file that was quarantined, and has been read after all, is recorded."""
    read = Q(delivery__status=Delivery.Status.ACCEPTED) | Q(delivery__repeat_of__status=Delivery.Status.ACCEPTED)
    FeedFile.objects.filter(read, feed=feed, state=State.QUARANTINED).update(state=State.RECORDED, error="")


def _one_by_one(feed: Feed, files: QuerySet[FeedFile]) -> Iterator[FeedFile]:
    """Few at a time: there may be tens of thousands, and the work on one may take minutes."""
    ids = list(files.values_list("pk", flat=True))
    for begin in range(0, len(ids), _AT_A_TIME):
        some = ids[begin : begin + _AT_A_TIME]
        found = FeedFile.objects.select_related("delivery").in_bulk(some)
        for pk in some:
            if pk in found:
                found[pk].feed = feed
                yield found[pk]


def _is(file: _Known, entry: Entry) -> bool:
    return (file.size, file.modified_at) == (entry.size, entry.modified_at)
