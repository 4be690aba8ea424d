"""Workers that die in the middle of a file, workers that meet at one feed, and a database that hangs up.

At the end every record is there once, the file is put away, and the feed is nobody's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection

from config.data_dir import CHECKOUT
from tests.config.system import until
from tests.safes.remote.servers import FileServer
from tests.transactions.feeds.polled import Polled, day, feed_of
from tests.transactions.feeds.worker import POINTS
from tests.transactions.pushing import counted
from transactions.bodies import raw_body
from transactions.feeds.polling import due_feeds, poll
from transactions.models import Delivery, FeedFile, Message, Transaction
from transactions.quarantine import keep_bad_rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("file_servers")]


@pytest.fixture
def daily(transactional_db, tmp_path: Path) -> Polled:
    (tmp_path / "there").mkdir()
    return feed_of(FileServer("file", tmp_path / "there"), after="archive")


def worker(daily: Polled, point: str, what: str) -> subprocess.Popen[str]:
    settings = connection.settings_dict
    place = f"/{settings['HOST']}" if settings["HOST"].startswith("/") else f"{settings['HOST']}:{settings['PORT']}"
    url = f"postgres://{settings['USER']}:{quote(settings['PASSWORD'])}@{place}/{settings['NAME']}"
    words = [sys.executable, "-m", "tests.transactions.feeds.worker", str(daily.feed.pk), point, what]
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    return subprocess.Popen(
        words, cwd=CHECKOUT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@contextmanager
def waiting(daily: Polled, point: str) -> Iterator[subprocess.Popen[str]]:
    """A worker that is at a point of its way."""
    with worker(daily, point, "wait") as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "waiting\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("point", POINTS)
def test_what_a_killed_worker_left_is_finished_by_the_next_poll(daily, point):
    content = day("a", drops=50)
    daily.put("a.xml", content)
    with worker(daily, point, "die") as process:
        assert process.wait() == -signal.SIGKILL
    until(lambda: due_feeds() == [daily.feed.pk], "the database to see that the worker is gone")
    daily.poll()
    assert daily.states() == [("a.xml", "archived")]
    assert daily.lying() == ["archive/a.xml"]
    assert (len(counted()), Transaction.objects.count()) == (50, 50)
    assert raw_body(Delivery.objects.get()) == content
    assert Message.objects.count() == 1
    assert daily.poll() == {}
    assert daily.feed.error == ""


def test_two_workers_are_never_at_one_feed_and_a_dead_one_gives_it_back(daily):
    daily.put("a.xml")
    with waiting(daily, "recording") as other:
        assert due_feeds() == []
        assert daily.poll() == {}
        assert daily.states() == [("a.xml", "fetched")]
        other.kill()
    until(lambda: due_feeds() == [daily.feed.pk], "the database to see that the worker is gone")
    assert daily.poll() == {"a.xml": "archived"}


def test_who_waits_has_the_turn_after_the_other_and_finds_the_work_done(daily):
    daily.put("a.xml")
    with waiting(daily, "recording") as other:
        assert other.stdin is not None
        other.stdin.close()
        assert poll(daily.feed.pk, wait=True) == []
        assert other.wait() == 0
    assert daily.states() == [("a.xml", "archived")]


def hang_up(*arguments: object) -> None:
    """As a database that is restarted: the session is gone, and its locks with it."""
    settings = connection.settings_dict
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"] or None,
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname=settings["NAME"],
        autocommit=True,
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])


def test_a_worker_whose_session_ended_leaves_the_rest_to_the_next_poll(daily, monkeypatch):
    """Recording fails with the session, and is noted in another one, which holds no lock: the turn is over."""
    daily.put("a.xml", seconds_ago=100)
    daily.put("b.xml")
    monkeypatch.setattr("transactions.deliveries.keep_bad_rows", hang_up_once := Once(hang_up))
    assert daily.poll() == {"a.xml": "fetched"}
    assert hang_up_once.happened
    assert daily.file("b.xml").state == "settled"
    assert due_feeds() == [daily.feed.pk]
    FeedFile.objects.update(next_attempt_at=None)
    assert daily.poll() == {"a.xml": "archived", "b.xml": "archived"}
    assert len(counted()) == 4


class Once:
    """A step before which something happens, the first time."""

    def __init__(self, happens) -> None:
        self.happens, self.step, self.happened = happens, keep_bad_rows, False

    def __call__(self, *arguments):
        if not self.happened:
            self.happened = True
            self.happens()
        return self.step(*arguments)
