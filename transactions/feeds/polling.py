"""Looking through feeds by the clock: each by one worker at a time, and what went wrong said in its row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import structlog
from django.db import connection
from django.db.models import Q
from django.db.transaction import atomic
from django.utils import timezone
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError as BrokerError

from safes.remote import Place, PlaceError
from transactions.drawing import draw_touched
from transactions.feeds.findings import settle_feed_failure
from transactions.feeds.looking import note_entries, stuck_files, to_put_away, to_take
from transactions.feeds.reaching import reach
from transactions.feeds.taking import fetch, put_away, record_file
from transactions.models import Feed, FeedFile

log = structlog.get_logger(__name__)

_LOCK = 0x53_46_45_44  # with a feed's id the name of its lock
_LONGEST_WAIT = dt.timedelta(hours=1)
State = FeedFile.State


def due_feeds() -> list[int]:
    """Ids of feeds whose time has come and that nobody looks through."""
    due = Q(next_poll_at__isnull=True) | Q(next_poll_at__lte=timezone.now())
    feeds = Feed.objects.filter(due, active=True).exclude(url="").exclude(pk__in=_looked_through())
    return list(feeds.order_by("next_poll_at").values_list("pk", flat=True))


def poll(feed_id: int, *, wait: bool = False) -> list[FeedFile]:
    """Look through a feed once, and take in what is due. Returns the files that were worked on.

    Nothing happens while another worker is at it; with ``wait`` it is this one's turn after the other. What goes wrong
    is kept in the feed's row and in its files'.
    """
    with _alone(feed_id, wait) as turn:
        if turn is None:
            return []
        feed = Feed.objects.get(pk=feed_id)
        worked: list[FeedFile] = []
        error = ""
        try:
            for file in _in_turn(feed):
                worked.append(file)
                turn.check()
        except PlaceError as refused:
            error = str(refused)
        except _TurnLost:
            log.warning("feed_lock_lost", feed=feed.name, consequence="the next poll goes on where this one ended")
            return worked
        _say_how_it_went(feed, error)
        if worked:
            draw_touched()
        return worked


def poll_soon(feed_id: int) -> bool:
    """Let a worker look through a feed now; False when none can be told, and the clock comes round for it."""
    Feed.objects.filter(pk=feed_id).update(next_poll_at=None)
    try:
        import_string("transactions.tasks.poll_feed").delay(feed_id)
    except BrokerError:
        log.warning("broker_away", consequence="the feed waits for the next turn of the clock")
        return False
    return True


def try_file_again(file_id: int) -> bool:
    """Let a file that an attempt failed on be tried at the next poll; False for one of which no attempt failed."""
    waiting = FeedFile.objects.filter(pk=file_id, next_attempt_at__isnull=False).exclude(state=State.SEEN)
    return bool(waiting.update(next_attempt_at=None))


def _in_turn(feed: Feed) -> Iterator[FeedFile]:
    """Each file that is due, after it was worked on."""
    with reach(feed) as place:
        now = timezone.now()
        note_entries(feed, place.entries(), now)
        for file in chain(to_take(feed, now), to_put_away(feed, now)):
            _work_on(file, place)
            if file.pk is not None:
                yield file


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
        file.next_attempt_at = timezone.now() + _until_next(file.feed, file.attempts)
        file.save()
        log.warning("file_not_taken", feed=file.feed.name, file=file.name, why=str(error))
        if error.broken:
            raise


@atomic
def _say_how_it_went(feed: Feed, error: str) -> None:
    """Keep in the feed's row whether it was reached, and what is wrong: with all of it, or with single files."""
    feed = Feed.objects.select_for_update(no_key=True).get(pk=feed.pk)
    now = timezone.now()
    feed.polled_at = now
    if error:
        feed.failures += 1
        log.warning("feed_not_reached", feed=feed.name, why=error)
    else:
        feed.failures, feed.reached_at = 0, now
    feed.error = error or _stuck_in_words(feed)
    feed.failing_since = (feed.failing_since or now) if feed.error else None
    feed.next_poll_at = now + _until_next(feed, feed.failures)
    # By update(), which leaves nothing in the history: that is of what people arranged.
    how = ("polled_at", "error", "failures", "failing_since", "reached_at", "next_poll_at")
    Feed.objects.filter(pk=feed.pk).update(**{name: getattr(feed, name) for name in how})
    settle_feed_failure(feed)


def _stuck_in_words(feed: Feed) -> str:
    stuck = stuck_files(feed)
    first, number = stuck.first(), stuck.count()
    if first is None:
        return ""
    return f"{first.name}: {first.error}" if number == 1 else f"{number:,} files, {first.name} first: {first.error}"


def _until_next(feed: Feed, failures: int) -> dt.timedelta:
    """Until the next try: the feed's interval, doubled with each failure, up to an hour."""
    interval = dt.timedelta(seconds=feed.poll_seconds)
    longer: dt.timedelta = interval * 2 ** min(failures, 12)
    return max(interval, min(longer, _LONGEST_WAIT))


class _TurnLost(Exception):
    """The session that held a feed's lock is gone, and the lock with it."""


class _Turn:
    """The lock on a feed, which belongs to a session of the database.

    A worker that dies ends its session, and so gives the lock back. The session can end without the worker, too: Django
    opens another after an error, one that holds nothing. Nothing breaks if two are at one feed then, since bytes are
    stored once and records recorded once, but one of them does.
    """

    def __init__(self) -> None:
        self._session = connection.connection

    def lasts(self) -> bool:
        return connection.connection is self._session and not self._session.closed

    def check(self) -> None:
        if not self.lasts():
            raise _TurnLost


@contextmanager
def _alone(feed_id: int, wait: bool) -> Iterator[_Turn | None]:
    """A turn at a feed, at which nobody else is meanwhile; None when somebody is and is not to be waited for."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK, feed_id])
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, feed_id])
            if cursor.fetchone() == (False,):
                yield None
                return
    turn = _Turn()
    try:
        yield turn
    finally:
        if turn.lasts():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, feed_id])


def _looked_through() -> list[int]:
    """Feeds that somebody is at: whose lock is held."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT objid::bigint FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
            WHERE locktype = 'advisory' AND granted AND classid = %s AND datname = current_database()
            """,
            [_LOCK],
        )
        return [int(feed_id) for (feed_id,) in cursor.fetchall()]
