"""Feeds looked through on real servers: what is taken, when, once, and what becomes of it there."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from safes.remote import Place
from tests.safes.remote.servers import FileServer
from tests.transactions.feeds.polled import Polled, day, feed_of
from tests.transactions.pushing import counted, open_findings
from transactions.bodies import raw_body
from transactions.deliveries import record_delivery
from transactions.feeds.polling import poll_soon
from transactions.feeds.taking import put_away
from transactions.models import Book, Delivery, Transaction
from transactions.tasks import poll_feed
from transactions.wire.values import BodyError

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("file_servers")]


@pytest.fixture
def folder(tmp_path) -> FileServer:
    return FileServer("file", tmp_path)


@pytest.fixture
def daily(folder) -> Polled:
    return feed_of(folder)


def before(step: Callable[..., Any], happens: Callable[[], Any]) -> Callable[..., Any]:
    """A step, right before which something happens at the far end."""

    def stepped(*arguments: Any, **more: Any) -> Any:
        happens()
        return step(*arguments, **more)

    return stepped


def zipped(content: bytes) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", content)
    return into.getvalue()


def refuse(content: object) -> list[Any]:
    raise BodyError("It cannot be read yet.")


def test_a_file_on_any_server_is_recorded_once_and_left_there(file_server):
    daily = feed_of(file_server)
    daily.put("a.xml")
    assert daily.poll() == {"a.xml": "recorded"}
    assert daily.poll() == {}
    assert len(counted()) == 2
    assert daily.lying() == ["a.xml"]
    assert daily.feed.error == ""
    assert daily.feed.reached_at is not None


def test_a_file_on_any_server_is_moved_to_the_archive_when_it_is_recorded(file_server):
    daily = feed_of(file_server, after="archive")
    daily.put("a.xml")
    daily.put("b.xml")
    assert daily.poll() == {"a.xml": "archived", "b.xml": "archived"}
    assert daily.lying() == ["archive/a.xml", "archive/b.xml"]
    assert daily.poll() == {}
    assert len(counted()) == 4


def test_a_file_on_any_server_is_deleted_when_it_is_recorded(file_server):
    daily = feed_of(file_server, after="delete")
    content = daily.put("a.xml").read_bytes()
    assert daily.poll() == {"a.xml": "archived"}
    assert daily.lying() == []
    assert raw_body(Delivery.objects.get()) == content


def test_an_archive_that_has_a_file_of_that_name_keeps_both(file_server):
    daily = feed_of(file_server, after="archive")
    for age, content in enumerate([day("first"), day("second"), day("second")]):
        daily.put("a.xml", content, seconds_ago=100 - age)
        assert daily.poll() == {"a.xml": "archived"}
    first, second = daily.lying()
    assert second == "archive/a.xml"
    assert (daily.folder / second).read_bytes() == day("first")
    assert (daily.folder / first).read_bytes() == day("second")


def test_a_file_is_taken_when_it_has_stood_still_for_the_settle_period(folder):
    daily = feed_of(folder, settle_seconds=60)
    daily.put("a.xml", seconds_ago=10_000)  # how old it says it is does not matter: clocks differ
    assert daily.poll() == {}
    daily.pass_time(59)
    assert daily.poll() == {}
    assert daily.states() == [("a.xml", "seen")]
    daily.pass_time(2)
    assert daily.poll() == {"a.xml": "recorded"}


def test_a_file_that_grows_begins_to_stand_still_anew(folder):
    daily = feed_of(folder, settle_seconds=60)
    content = day("a", drops=9)
    for end in (len(content) // 3, len(content) // 2, len(content)):
        daily.put("a.xml", content[:end], seconds_ago=100_000 - end)
        daily.pass_time(61)
        assert daily.poll() == {}
    daily.pass_time(61)
    assert daily.poll() == {"a.xml": "recorded"}
    assert Delivery.objects.count() == 1
    assert len(counted()) == 9


def test_a_file_without_its_end_is_waited_for_and_then_taken_whole(daily):
    content = day("a", drops=9)
    daily.put("a.xml", content[:-20])
    assert daily.poll() == {"a.xml": "seen"}
    assert "does not come to its end" in daily.file("a.xml").error
    assert not Delivery.objects.exists()
    daily.put("a.xml", content)
    assert daily.poll() == {"a.xml": "recorded"}
    assert daily.file("a.xml").error == ""
    assert len(counted()) == 9


@pytest.mark.parametrize("packed", [gzip.compress, zipped], ids=["gzip", "zip"])
def test_a_packed_file_without_its_end_is_waited_for_too(folder, packed):
    daily = feed_of(folder, pattern="a.xml*")
    content = packed(day("a", drops=9))
    daily.put("a.xml.packed", content[:-30], seconds_ago=100)
    assert daily.poll() == {"a.xml.packed": "seen"}
    daily.put("a.xml.packed", content)
    assert daily.poll() == {"a.xml.packed": "recorded"}
    assert len(counted()) == 9


def test_a_file_without_its_end_is_quarantined_after_an_hour_and_says_how_far_it_comes(daily):
    daily.put("a.xml", day("a", drops=500)[:-20])
    daily.poll()
    daily.pass_time(3500)
    assert daily.poll() == {"a.xml": "seen"}
    daily.pass_time(101)
    assert daily.poll() == {"a.xml": "quarantined"}
    assert not Transaction.objects.exists()
    finding = daily.finding("quarantined_row")
    assert finding is not None
    assert finding.summary.startswith("The file a.xml of the feed daily could not be read: The file ends before")
    assert "rows" in finding.summary
    assert (finding.detail["feed"], finding.detail["file"]) == ("daily", "a.xml")
    assert daily.poll() == {}  # it stays where it is, and is not taken again


def test_what_somebody_is_still_writing_and_other_names_are_left(daily):
    names = ["a.xml.tmp", "a.xml.part", ".a.xml", "~a.xml", "a.XML.filepart", "a.csv", "notes.txt", "b.xml.gz"]
    for name in names:
        daily.put(name)
    (daily.folder / "folder.xml").mkdir()
    daily.put("B.XML")
    assert daily.poll() == {"B.XML": "recorded"}
    assert daily.states() == [("B.XML", "recorded")]


def test_the_same_bytes_again_change_nothing(daily):
    content = daily.put("a.xml").read_bytes()
    daily.poll()
    daily.put("a.xml", content, seconds_ago=5)  # touched
    daily.put("copy.xml", content)
    assert daily.poll() == {"a.xml": "recorded", "copy.xml": "recorded"}
    assert [one.status for one in Delivery.objects.order_by("pk")] == ["accepted", "duplicate", "duplicate"]
    assert Transaction.objects.count() == 2
    assert [kind for kind, _ in open_findings()] == ["unknown_safe"]


def test_the_same_name_with_other_bytes_is_taken_in_and_told(daily):
    daily.put("a.xml", day("first"))
    daily.poll()
    daily.put("a.xml", day("second", drops=3), seconds_ago=5)
    assert daily.poll() == {"a.xml": "recorded"}
    assert Transaction.objects.filter(counted=True).count() == 5
    assert ("file_changed", "daily: a.xml") in open_findings()


def test_a_file_that_is_renamed_before_it_is_fetched_is_taken_under_its_new_name(file_server, monkeypatch):
    daily = feed_of(file_server)
    old = daily.put("a.xml")
    daily.put("z.xml")
    fetch = before(Place.fetch, lambda: old.exists() and old.rename(daily.folder / "b.xml"))
    monkeypatch.setattr(Place, "fetch", fetch)
    assert daily.poll() == {"z.xml": "recorded"}
    assert daily.feed.error == ""
    assert daily.poll() == {"b.xml": "recorded"}
    assert daily.states() == [("z.xml", "recorded"), ("b.xml", "recorded")]


def test_a_file_that_grows_while_it_is_fetched_is_taken_when_it_stands_still(file_server, monkeypatch):
    daily = feed_of(file_server)
    content = day("a", drops=9)
    daily.put("a.xml", content[:900])
    monkeypatch.setattr(Place, "fetch", before(Place.fetch, lambda: daily.put("a.xml", content, seconds_ago=5)))
    assert daily.poll() == {"a.xml": "seen"}
    assert daily.feed.error == ""
    assert daily.poll() == {"a.xml": "recorded"}
    assert len(counted()) == 9


def test_a_file_that_changed_since_it_was_fetched_is_not_put_away(file_server, monkeypatch):
    daily = feed_of(file_server, after="delete")
    daily.put("a.xml", day("first"))
    monkeypatch.setattr(
        "transactions.feeds.polling.put_away", before(put_away, lambda: daily.put("a.xml", day("other"), seconds_ago=5))
    )
    daily.poll()
    assert daily.lying() == ["a.xml"]
    monkeypatch.undo()
    assert daily.poll() == {"a.xml": "archived"}
    assert daily.lying() == []
    assert len(counted()) == 4


def test_a_feed_that_leaves_its_files_and_is_told_to_archive_them_does_so(daily):
    daily.put("a.xml")
    daily.put("gone.xml")
    daily.poll()
    (daily.folder / "gone.xml").unlink()
    daily.feed.after = "archive"
    daily.feed.save()
    assert daily.poll() == {"a.xml": "archived"}
    assert daily.states() == [("a.xml", "archived"), ("gone.xml", "archived")]
    assert daily.lying() == ["archive/a.xml"]


def test_a_file_that_was_quarantined_and_is_read_after_all_is_put_away(folder, monkeypatch):
    daily = feed_of(folder, after="archive")
    daily.put("a.xml")
    monkeypatch.setattr("transactions.reading.files.read_rows", refuse)
    assert daily.poll() == {"a.xml": "quarantined"}
    assert daily.lying() == ["a.xml"]
    monkeypatch.undo()
    record_delivery(Delivery.objects.get().pk, again=True)
    assert daily.poll() == {"a.xml": "archived"}
    assert daily.finding("quarantined_row") is None


def test_a_feed_for_trials_stays_out_of_the_books(folder):
    daily = feed_of(folder, environment="test")
    daily.put("a.xml")
    daily.poll()
    assert set(Transaction.objects.values_list("book", flat=True)) == {Book.TEST}


def test_a_worker_that_is_told_of_a_feed_twice_looks_through_it_once(daily):
    daily.put("a.xml")
    feed_id = daily.feed.pk
    assert poll_feed(feed_id) == 1
    daily.put("b.xml")
    assert poll_feed(feed_id) == 0  # told twice, by an old message say: it was looked through just now
    poll_soon(feed_id)
    assert poll_feed(feed_id) == 1
    assert len(counted()) == 4
