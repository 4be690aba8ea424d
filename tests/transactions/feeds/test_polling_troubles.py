"""Feeds in trouble: told in a sentence in the feed's row and by a finding, tried again, and nobody else is held up."""

from __future__ import annotations

import datetime as dt
import errno
import os
import socket
import zipfile
from typing import Any

import pytest
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.safes.remote.serve import PASSWORD
from tests.safes.remote.servers import FileServer, serving
from tests.staff import everything_in_the_database
from tests.transactions.feeds.filing import xml
from tests.transactions.feeds.polled import Polled, feed_of
from tests.transactions.pushing import counted, drop
from transactions.feeds.arranging import save
from transactions.feeds.polling import due_feeds, poll_soon
from transactions.models import Delivery, Feed, FeedFile, Transaction

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("file_servers")]


class FullDisk(FileSystemStorage):
    """A disk without room."""

    def _save(self, name: str, content: File[Any]) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)


@pytest.fixture
def daily(tmp_path) -> Polled:
    return feed_of(FileServer("file", tmp_path))


def said(daily: Polled) -> str:
    """What the feed's row says is wrong; the open finding says it too."""
    finding = daily.finding()
    assert finding is not None
    assert daily.feed.error in finding.summary
    assert daily.feed.failing_since is not None
    assert PASSWORD not in everything_in_the_database()
    return daily.feed.error


def is_well(daily: Polled) -> bool:
    return (daily.finding(), daily.feed.error, daily.feed.failing_since) == (None, "", None)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("scheme", ["ftp", "ftps", "sftp"])
def test_a_server_that_is_not_there_is_told_and_tried_again_less_and_less_often(scheme, tmp_path):
    daily = feed_of(FileServer(scheme, tmp_path, free_port(), "SHA256:" + "A" * 43), poll_seconds=300)
    waits = []
    for _ in range(6):
        assert daily.poll() == {}
        assert daily.feed.polled_at is not None
        assert daily.feed.next_poll_at is not None
        waits.append((daily.feed.next_poll_at - daily.feed.polled_at).total_seconds())
    assert "connection was refused" in said(daily)
    assert waits == [600, 1200, 2400, 3600, 3600, 3600]
    assert daily.feed.reached_at is None


def test_a_feed_that_is_reached_again_is_well_again(file_server):
    daily = feed_of(file_server)
    daily.put("a.xml")
    hidden = daily.folder.with_name(f"{daily.folder.name} hidden")
    daily.folder.rename(hidden)
    daily.poll()
    assert "folder" in said(daily)
    hidden.rename(daily.folder)
    assert daily.poll() == {"a.xml": "recorded"}
    assert is_well(daily)


@pytest.mark.parametrize("scheme", ["ftp", "ftps", "sftp"])
def test_a_log_in_that_is_refused_is_told_until_the_password_is_right(scheme, server_of, server_certificate, settings):
    settings.REMOTE_CA_FILE = str(server_certificate)
    daily = feed_of(server_of(scheme), password="not this one")
    daily.poll()
    assert "refused the log-in" in said(daily)
    save(daily.feed, password=PASSWORD)
    daily.poll()
    assert is_well(daily)


def test_a_server_whose_key_nobody_pinned_is_refused_and_its_key_told(server_of):
    daily = feed_of(server_of("sftp"), host_key="")
    daily.poll()
    shown = said(daily)
    assert shown.startswith("No host key is pinned for this server. It shows SHA256:")
    daily.feed.host_key = shown.removeprefix("No host key is pinned for this server. It shows ")[:50]
    save(daily.feed)
    daily.poll()
    assert is_well(daily)


def test_a_server_whose_key_was_changed_is_refused(tmp_path):
    with serving("sftp", tmp_path) as server:
        daily = feed_of(server)
        daily.poll()
        assert is_well(daily)
    with serving("sftp", tmp_path) as other:
        daily.feed.url = other.url
        save(daily.feed)
        daily.put("a.xml")
        assert daily.poll() == {}
        assert "Nothing was sent to it" in said(daily)
    assert not Delivery.objects.exists()


# paramiko asks ahead in a thread of its own, whose end nobody hears of.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("scheme", ["ftp", "sftp"])
def test_a_line_that_is_dropped_in_the_middle_of_a_file_costs_that_try_alone(scheme, tmp_path):
    big = xml(drop(number, Note=os.urandom(2000).hex()) for number in range(600))
    with serving(scheme, tmp_path, cut=1_000_000) as server:
        daily = feed_of(server)
        daily.put("a.xml", big, seconds_ago=100)
        daily.put("b.xml")
        daily.poll()
        assert daily.states() == [("a.xml", "failed"), ("b.xml", "settled")]
        assert "connection broke" in said(daily)
        assert daily.poll() == {"b.xml": "recorded"}  # the one that failed waits its time
        assert said(daily).startswith("a.xml: The connection broke")
        daily.pass_time(3600)
        daily.poll()
    with serving(scheme, tmp_path) as mended:
        daily.feed.url, daily.feed.host_key = mended.url, mended.host_key
        save(daily.feed)
        daily.pass_time(3600)
        assert daily.poll() == {"a.xml": "recorded"}
    assert is_well(daily)
    assert daily.file("a.xml").attempts == 2
    assert len(counted()) == 602


def test_a_file_over_the_limit_is_told_and_the_next_one_is_taken(file_server, settings):
    settings.FEED_MAX_FILE_BYTES = 10_000
    daily = feed_of(file_server)
    daily.put("a.xml", b"x" * 10_001, seconds_ago=100)
    daily.put("b.xml")
    assert daily.poll() == {"a.xml": "failed", "b.xml": "recorded"}
    assert said(daily) == (
        "a.xml: a.xml has 10,001 bytes. 10,000 are the most that is fetched (FEED_MAX_FILE_BYTES): raise that, or move "
        "the file away."
    )
    assert daily.feed.reached_at is not None
    assert daily.feed.next_poll_at is not None
    assert daily.feed.next_poll_at - timezone.now() < dt.timedelta(seconds=daily.feed.poll_seconds)  # no backoff


def test_a_full_disk_is_told_the_next_file_goes_on_and_it_is_taken_when_there_is_room(
    file_server, settings, tmp_path, monkeypatch
):
    kept = settings.STORAGES["bodies"]
    settings.STORAGES = settings.STORAGES | {"bodies": {"BACKEND": f"{__name__}.FullDisk"}}
    monkeypatch.setattr("transactions.bodies._LARGEST_IN_DATABASE", 300)
    daily = feed_of(file_server, after="delete")
    daily.put("a.xml", xml(drop(number, Note=os.urandom(100).hex()) for number in range(9)), seconds_ago=100)
    daily.put("b.xml", xml([drop(20)]))
    assert daily.poll() == {"a.xml": "failed", "b.xml": "archived"}
    assert said(daily).startswith("a.xml: The disk is full")
    assert daily.lying() == ["a.xml"]
    assert Delivery.objects.count() == 1
    settings.STORAGES = settings.STORAGES | {"bodies": kept | {"OPTIONS": {"location": str(tmp_path / "kept")}}}
    assert daily.poll() == {}
    daily.pass_time(3600)
    assert daily.poll() == {"a.xml": "archived"}
    assert is_well(daily)
    assert len(counted()) == 10


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("nothing.xml", b"", "The file is empty."),
        ("page.xml", b"\x89PNG\r\n\x1a\n\x00\x01", "The file is not XML"),
        ("page.html.xml", b"<html><p>Not found</html>", "The file is not XML"),
        ("other.xml", b"<Orders><Order/></Orders>", "holds no CustomerTransaction"),
        ("dtd.xml", b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><Messages/>', "document type (DTD)"),
        (
            "bomb.xml",
            b'<!DOCTYPE a [<!ENTITY b "bbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;">]>'
            b"<Messages><Message>&d;&d;&d;</Message></Messages>",
            "document type (DTD)",
        ),
        (
            "outside.xml",
            b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><Messages><Message>&e;</Message></Messages>',
            "document type (DTD)",
        ),
        ("encoding.xml", b'<?xml version="1.0" encoding="utf-8"?><Messages>\xff\xfe\x00</Messages>', "is not XML"),
        ("klingon.xml", b'<?xml version="1.0" encoding="x-klingon"?><Messages/>', "is not XML"),
        ("packed.xml", b"\x1f\x8b\x08\x00not gzip at all", "cannot be unpacked"),
    ],
)
def test_what_is_no_file_of_loomis_is_quarantined_and_the_next_is_taken(daily, name, content, reason):
    daily.put(name, content, seconds_ago=100)
    daily.put("z.xml")
    daily.poll()
    daily.pass_time(3700)  # what ends too soon could still be growing
    daily.poll()
    assert (daily.file(name).state, daily.file("z.xml").state) == ("quarantined", "recorded")
    finding = daily.finding("quarantined_row")
    assert finding is not None
    assert finding.summary.startswith(f"The file {name} of the feed daily could not be read: ")
    assert reason in finding.summary
    assert (finding.detail["feed"], finding.detail["file"]) == ("daily", name)
    assert Transaction.objects.count() == 2
    assert is_well(daily)
    assert daily.poll() == {}


def test_a_zip_bomb_is_quarantined(daily):
    with zipfile.ZipFile(daily.folder / "a.xml", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("a.xml", b"<Messages>" + b" " * 200_000_000)
    assert daily.poll() == {"a.xml": "quarantined"}
    finding = daily.finding("quarantined_row")
    assert finding is not None
    assert not Transaction.objects.exists()


def test_fifty_thousand_names_cost_a_handful_of_queries(tmp_path):
    daily = feed_of(FileServer("file", tmp_path), settle_seconds=3600)
    for number in range(50_000):
        (tmp_path / f"{number}.xml").touch()
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            daily.poll()
        assert len(queries) <= 25
    assert FeedFile.objects.count() == 50_000
    assert is_well(daily)


def test_a_password_in_a_variable_that_is_not_set_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("LOOMIS_PASSWORD", raising=False)
    daily = feed_of(FileServer("sftp", tmp_path, free_port(), ""), password="", password_env="LOOMIS_PASSWORD")
    daily.poll()
    assert said(daily).startswith("The environment has no variable LOOMIS_PASSWORD")


def test_a_password_sealed_under_another_secret_key_is_asked_for_anew(server_of, settings):
    daily = feed_of(server_of("ftp"))
    settings.SECRET_KEY = "another" * 10
    daily.poll()
    assert said(daily).startswith("SECRET_KEY was changed")


def test_only_active_feeds_whose_time_has_come_are_due(daily):
    assert due_feeds() == [daily.feed.pk]
    daily.poll()
    assert due_feeds() == []
    poll_soon(daily.feed.pk)
    assert due_feeds() == [daily.feed.pk]
    Feed.objects.update(active=False)
    assert due_feeds() == []
