"""Looking through feeds by the clock: each by one worker at a time, and what went wrong said in its row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.db import connection
from django.db.models import Q
from django.db.transaction import atomic
from django.utils import timezone

from safes.remote import Place, PlaceError
from transactions.drawing import draw_touched
from transactions.feeds.findings import settle_feed_failure
from transactions.feeds.looking import note_entries, to_put_away, to_take
from transactions.feeds.reaching import reach
from transactions.feeds.taking import fetch, put_away, record_file
from transactions.models import Feed, FeedFile

log = structlog.get_logger(__name__)

_LOCK = 0x53_46_45_44  # with a feed's id the name of its lock
_LONGEST_WAIT = dt.timedelta(hours=1)
State = FeedFile.State


def due_feeds() -> list[int]:
    """Ids of feeds whose time has come."""
    due = Q(next_poll_at__isnull=True) | Q(next_poll_at__lte=timezone.now())
    return list(
        Feed.objects.filter(due, active=True).exclude(url="").order_by("next_poll_at").values_list("pk", flat=True)
    )


def poll(feed_id: int, tell: Callable[[FeedFile], None] = lambda file: None) -> list[FeedFile]:
    """Look through a feed once, and take in what is due. Returns the files that were worked on.

    Nothing happens while another worker is at it. What goes wrong is kept in the feed's row and in its files'.
    """
    with _alone(feed_id) as alone:
        if not alone:
            return []
        feed = Feed.objects.get(pk=feed_id)
        worked: list[FeedFile] = []
        try:
            with reach(feed) as place:
                note_entries(feed, place.entries(), timezone.now())
                for file in [*to_take(feed, timezone.now()), *to_put_away(feed)]:
                    _work_on(file, place)
                    worked.append(file)
                    tell(file)
        except PlaceError as error:
            _say_how_it_went(feed, str(error))
        else:
            _say_how_it_went(feed, "")
        if worked:
            draw_touched()
        return worked


def _work_on(file: FeedFile, place: Place) -> None:
    """One file, as far as it goes. One that cannot be taken does not keep the next from being."""
    try:
        if file.state in (State.SETTLED, State.FAILED) and not fetch(file, place):
            return
        if file.state == State.FETCHED:
            record_file(file)
        if file.state == State.RECORDED and file.feed.after != Feed.After.LEAVE:
            put_away(file, place)
    except PlaceError as error:
        file.attempts += 1
        file.error = str(error)
        if file.state != State.RECORDED:
            file.state = State.FAILED
        file.next_attempt_at = timezone.now() + _wait(file.feed, file.attempts)
        file.save()
        log.warning("file_not_taken", feed=file.feed.name, file=file.name, why=str(error))
        if error.broken:
            raise


@atomic
def _say_how_it_went(feed: Feed, error: str) -> None:
    feed = Feed.objects.select_for_update(no_key=True).get(pk=feed.pk)
    now = timezone.now()
    feed.polled_at = now
    feed.error = error
    if error:
        feed.failures += 1
        feed.failing_since = feed.failing_since or now
        log.warning("feed_not_reached", feed=feed.name, why=error)
    else:
        feed.failures, feed.failing_since, feed.reached_at = 0, None, now
    feed.next_poll_at = now + _wait(feed, feed.failures)
    # By update(), which leaves nothing in the history: that is of what people arranged.
    how = ("polled_at", "error", "failures", "failing_since", "reached_at", "next_poll_at")
    Feed.objects.filter(pk=feed.pk).update(**{name: getattr(feed, name) for name in how})
    settle_feed_failure(feed)


def _wait(feed: Feed, failures: int) -> dt.timedelta:
    """Until the next try: the feed's interval, doubled with each failure, up to an hour."""
    interval = dt.timedelta(seconds=feed.poll_seconds)
    longer: dt.timedelta = interval * 2 ** min(failures, 12)
    return max(interval, min(longer, _LONGEST_WAIT))


@contextmanager
def _alone(feed_id: int) -> Iterator[bool]:
    """Whether nobody else looks through this feed meanwhile. A worker that dies gives its lock back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, feed_id])
        (mine,) = cursor.fetchone()
    try:
        yield bool(mine)
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, feed_id])
