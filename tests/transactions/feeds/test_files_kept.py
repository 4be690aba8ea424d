"""Deliveries of files: shown, downloaded, read over the API, counted in figures, and purged where they lie."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from tests.api.reader import Reader, problem
from tests.factories import AdministratorFactory
from tests.safes.remote.servers import FileServer
from tests.staff import page
from tests.transactions.feeds.filing import xml
from tests.transactions.feeds.polled import Polled, day, feed_of
from tests.transactions.pushing import counted, drop, endpoint, say
from transactions.bodies import Purged, raw_body
from transactions.models import Delivery, DeliveryBody, FeedFile, Transaction
from transactions.replaying import replay_one
from transactions.retention import purge

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("file_servers")]


@pytest.fixture
def daily(tmp_path) -> Polled:
    (tmp_path / "there").mkdir()
    return feed_of(FileServer("file", tmp_path / "there"), pattern="*")


@pytest.fixture
def kept(settings, tmp_path, monkeypatch) -> Path:
    """Where all bodies go that take more than a few bytes."""
    bodies = settings.STORAGES["bodies"] | {"OPTIONS": {"location": str(tmp_path / "kept")}}
    settings.STORAGES = settings.STORAGES | {"bodies": bodies}
    monkeypatch.setattr("transactions.bodies._LARGEST_IN_DATABASE", 100)
    folder: Path = tmp_path / "kept"
    return folder


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


def bytes_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def lying(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_staff_site_names_feed_and_file_and_gives_the_exact_bytes_from_the_storage(staff, daily, kept):
    content = daily.put("a.xml").read_bytes()
    daily.put("b.xml", content)
    daily.poll()
    assert len(lying(kept)) == 1
    for delivery in Delivery.objects.all():
        shown = staff.get(page(Delivery, "change", delivery.pk)).content.decode()
        assert "daily" in shown
        assert delivery.file_name in shown
        response = staff.get(page(Delivery, "download", delivery.pk))
        assert bytes_of(response) == content
        assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
        assert response["Content-Disposition"].startswith("attachment;")
    listed = staff.get(page(Delivery, "changelist"), {"feed__id__exact": daily.feed.pk}).context["cl"]
    assert listed.result_count == 2
    found = staff.get(page(Delivery, "changelist"), {"q": "a.xml"}).context["cl"]
    assert found.result_count == 2  # with what brought the same bytes


@pytest.mark.parametrize(
    "spelt",
    [lambda text: text, gzip.compress, lambda text: text.decode().replace("utf-8", "utf-16").encode("utf-16")],
    ids=["plain", "packed", "UTF-16"],
)
def test_the_raw_page_shows_a_file_as_text_escaped(staff, daily, spelt):
    daily.put("a.xml", spelt(xml([drop(1, UserName="<b>ANNA</b>")])))
    daily.poll()
    assert Transaction.objects.count() == 1
    shown = staff.get(page(Delivery, "raw", Delivery.objects.get().pk)).content.decode()
    assert "&lt;CustomerTransaction&gt;" in shown
    assert "<CustomerTransaction>" not in shown


def test_the_raw_page_shows_the_beginning_of_a_large_file(staff, daily):
    daily.put("a.xml", xml(drop(number, Note="x" * 1000) for number in range(2500)))
    daily.poll()
    shown = staff.get(page(Delivery, "raw", Delivery.objects.get().pk)).content
    assert b"This page shows the beginning only" in shown
    assert len(shown) < 1_000_000


def test_a_body_that_the_storage_has_lost_is_told_and_comes_back_with_it(staff, daily, kept):
    daily.put("a.xml")
    daily.poll()
    delivery = Delivery.objects.get()
    hidden = kept.rename(kept.with_name("hidden"))
    for what in ("raw", "download"):
        response = staff.get(page(Delivery, what, delivery.pk), follow=True)
        assert "restore that storage from its backup" in response.content.decode()
    assert replay_one(delivery.pk).error.startswith("Reading it again failed")
    hidden.rename(kept)
    reading = replay_one(delivery.pk)
    assert (reading.error, reading.created, reading.status) == ("", 2, "accepted")


def test_the_api_names_the_feed_and_gives_the_exact_bytes(daily, kept, settings):
    reader = Reader()
    say(endpoint(), [drop(1)])
    content = daily.put("a.xml").read_bytes()
    daily.poll()
    (shown,) = reader.rows("deliveries", channel="file")
    assert {
        name: shown[name] for name in ("channel", "endpoint", "feed", "file_name", "environment", "message_id")
    } == {
        "channel": "file",
        "endpoint": None,
        "feed": "daily",
        "file_name": "a.xml",
        "environment": "production",
        "message_id": None,
    }
    assert shown["sha256"] == hashlib.sha256(content).hexdigest()
    assert [one["id"] for one in reader.rows("deliveries", feed="daily")] == [shown["id"]]
    assert len(reader.rows("deliveries", environment="production")) == 2
    answer = reader.ask(f"deliveries/{shown['id']}/raw")
    assert bytes_of(answer) == content
    assert answer["Content-Length"] == str(len(content))
    kept.rename(kept.with_name("hidden"))
    assert "restore that storage" in problem(reader.ask(f"deliveries/{shown['id']}/raw"), 503)["detail"]


def test_deliveries_of_a_feed_for_trials_say_so(tmp_path):
    trials = feed_of(FileServer("file", tmp_path), environment="test")
    trials.put("a.xml")
    trials.poll()
    reader = Reader()
    assert [one["environment"] for one in reader.rows("deliveries", environment="test")] == ["test"]
    assert reader.rows("deliveries", environment="production") == []


def grow_old(days: int = 60) -> None:
    long_ago = timezone.now() - dt.timedelta(days=days)
    Delivery.objects.update(received_at=long_ago)
    FeedFile.objects.exclude(done_at=None).update(done_at=long_ago)


def test_a_purge_deletes_bodies_in_the_storage_and_their_digests_stay(daily, kept):
    content = daily.put("a.xml").read_bytes()
    daily.poll()
    grow_old()
    daily.put("b.xml")
    daily.poll()
    done = purge(40)
    assert done.bodies == 1
    assert done.stored_bytes > 100
    assert len(lying(kept)) == 1
    with pytest.raises(Purged):
        raw_body(Delivery.objects.get(file_name="a.xml"))
    daily.put("a.xml", content, seconds_ago=5)
    daily.put("again.xml", content, seconds_ago=5)
    daily.poll()
    assert len(counted()) == 4
    assert Delivery.objects.filter(status="duplicate").count() == 2


def test_a_purge_that_died_after_a_file_was_deleted_is_finished_by_the_next(daily, kept):
    daily.put("a.xml")
    daily.poll()
    grow_old()
    for path in lying(kept):
        path.unlink()
    assert purge(40).bodies == 1
    assert not DeliveryBody.objects.exists()


def test_a_purge_forgets_files_that_were_put_away_and_keeps_those_that_still_lie_there(daily):
    content = daily.put("a.xml").read_bytes()
    daily.poll()
    daily.put("a.xml", content, seconds_ago=5)  # touched: the same name, the same bytes, another row
    daily.poll()
    grow_old()
    done = purge(40)
    assert (done.repeats, done.files) == (1, 1)
    assert daily.states() == [("a.xml", "recorded")]
    assert daily.poll() == {}  # it is still known
    daily.feed.after = "archive"
    daily.feed.save()
    assert daily.poll() == {"a.xml": "archived"}
    grow_old()
    assert purge(40).files == 1
    assert not FeedFile.objects.exists()


def test_figures_of_feeds(client, tmp_path):
    (tmp_path / "there").mkdir()
    daily = feed_of(FileServer("file", tmp_path / "there"))
    feed_of(FileServer("file", tmp_path / "gone"), name="broken").poll()
    daily.put("a.xml")
    daily.put("b.xml", b"<html/>")
    daily.put("c.xml", day("c")[:-9])
    daily.poll()
    families = text_string_to_metric_families(client.get("/metrics").content.decode())
    figures = {
        (sample.name.removeprefix("strongroom_feed_"), sample.labels["feed"]): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("strongroom_feed_")
    }
    ages = {feed: figures.pop(("reached_age_seconds", feed)) for feed in ("daily", "broken")}
    assert figures == {
        ("failing", "daily"): 0,
        ("failing", "broken"): 1,
        ("files_waiting", "daily"): 1,
        ("files_quarantined", "daily"): 1,
    }
    assert all(0 <= age < 60 for age in ages.values())
