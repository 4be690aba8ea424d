"""add_feed, poll_feeds and ingest_file: CONTRACT's answers, sentences for errors, and no password anywhere."""

from __future__ import annotations

import gzip
import io
import json
import logging
import zipfile
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from safes.models import Finding
from safes.sealing import unseal
from tests.safes.remote.serve import PASSWORD, USER
from tests.safes.remote.servers import FileServer
from tests.staff import everything_in_the_database
from tests.transactions.feeds.filing import xml
from tests.transactions.feeds.polled import day, feed_of
from tests.transactions.pushing import counted, drop
from transactions.models import Delivery, Feed, TouchedDay, Transaction

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("file_servers")]
QUOTED = "pass%20word%2F%231"


def answer(*arguments: str) -> Any:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def complaint(*arguments: str) -> tuple[str, str]:
    """What a command that exits 1 says, and what it answered before."""
    out = io.StringIO()
    with pytest.raises(CommandError) as raised:
        call_command(*arguments, "--json", stdout=out)
    assert raised.value.returncode == 1
    return str(raised.value), out.getvalue()


def test_a_feed_with_its_password_in_the_url_shows_it_nowhere(server_of, tmp_path, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    server = server_of("sftp").within(tmp_path.name)
    server.folder.mkdir()
    (server.folder / "a.xml").write_bytes(day("a"))
    url = server.url.replace(f"{USER}@", f"{USER}:{QUOTED}@")
    made = answer("add_feed", "daily", "--url", url, "--host-key", server.host_key, "--settle", "0")
    assert made == {"feed": "daily", "url": server.url, "pattern": "*.xml"}
    assert unseal(Feed.objects.get().sealed_password) == PASSWORD
    told = answer("poll_feeds", "daily")
    assert told == {
        "files": [{"name": "a.xml", "state": "recorded", "received": 2, "created": 2, "known": 0, "quarantined": 0}]
    }
    said = "".join([*capfd.readouterr(), caplog.text, everything_in_the_database()])
    assert PASSWORD not in said
    assert QUOTED not in said


def test_a_feed_with_its_password_in_a_variable_keeps_none(server_of, tmp_path, monkeypatch):
    server = server_of("ftp").within(tmp_path.name)
    server.folder.mkdir()
    answer("add_feed", "daily", "--url", server.url, "--password-env", "LOOMIS_FTP", "--after", "archive")
    assert Feed.objects.get().sealed_password == ""
    said, _ = complaint("poll_feeds")
    assert "The environment has no variable LOOMIS_FTP" in said
    monkeypatch.setenv("LOOMIS_FTP", PASSWORD)
    assert answer("poll_feeds") == {"files": []}
    assert PASSWORD not in everything_in_the_database()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["daily", "--url", "http://h/"], "must begin with ftp://"),
        (["daily", "--url", f"sftp://u:{QUOTED}@h:99999/"], "cannot be read"),
        (["daily", "--url", f"sftp://u:{QUOTED}@h/", "--password-env", "X"], "not both"),
        (["daily", "--url", "sftp://h/", "--host-key", "nonsense"], "This is no host key"),
        (["daily", "--url", "sftp://h/", "--after", "burn"], "invalid choice"),
        (["daily", "--url", "sftp://h/", "--settle", "-1"], "greater than or equal to 0"),
        (["daily"], "--url"),
        (["a b", "--url", "file:///srv"], "Letters, digits"),
        (["manual", "--url", "file:///srv"], "taken in by hand"),
        (["taken", "--url", "file:///srv"], "There is a feed taken already"),
    ],
)
def test_a_feed_that_cannot_be_is_refused_in_a_sentence(arguments, sentence):
    Feed.objects.create(name="taken", url="file:///srv")
    said, _ = complaint("add_feed", *arguments)
    assert sentence in said
    assert QUOTED not in said
    assert PASSWORD not in said
    assert Feed.objects.count() == 1


def test_polling_tells_of_every_file_also_of_those_that_wait_and_goes_on_past_a_feed_in_trouble(tmp_path):
    feed_of(FileServer("file", tmp_path / "gone"), name="a-broken-one")
    (tmp_path / "here").mkdir()
    daily = feed_of(FileServer("file", tmp_path / "here"))
    content = xml([drop(1), drop(2, Amount="much")])
    daily.put("a.xml", content, seconds_ago=90)
    daily.put("b.xml", content, seconds_ago=80)
    daily.put("c.xml", b"<html/>", seconds_ago=70)
    daily.put("d.xml", day("d")[:-9], seconds_ago=60)
    said, told = complaint("poll_feeds")
    assert "Feed a-broken-one: There is no such file or folder" in said
    assert json.loads(told)["files"] == [
        {"name": "a.xml", "state": "recorded", "received": 2, "created": 1, "known": 0, "quarantined": 1},
        {"name": "b.xml", "state": "recorded", "received": 2, "created": 0, "known": 1, "quarantined": 1},
        {"name": "c.xml", "state": "quarantined", "received": 0, "created": 0, "known": 0, "quarantined": 0},
        {"name": "d.xml", "state": "seen", "received": None, "created": None, "known": None, "quarantined": None},
    ]


def test_polling_a_feed_that_is_not_there_is_a_sentence():
    assert "There is no feed nobody with a URL" in complaint("poll_feeds", "nobody")[0]


def test_files_are_taken_in_by_hand_whatever_they_are_packed_in(tmp_path):
    names = ["a.xml", "b.xml.gz", "c.zip"]
    (tmp_path / "a.xml").write_bytes(day("a"))
    (tmp_path / "b.xml.gz").write_bytes(gzip.compress(day("b")))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as packed:
        packed.writestr("c.xml", day("c"))
    paths = [str(tmp_path / name) for name in names]
    told = answer("ingest_file", *paths)["files"]
    deliveries = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    assert told == [
        {"path": path, "delivery": pk, "status": "accepted", "received": 2, "created": 2, "known": 0, "quarantined": 0}
        for path, pk in zip(paths, deliveries, strict=True)
    ]
    assert [(one.feed and one.feed.name, one.file_name) for one in Delivery.objects.order_by("pk")] == [
        ("manual", name) for name in names
    ]
    assert len(counted()) == 6
    assert not TouchedDay.objects.exists()


def test_a_file_taken_in_again_is_a_duplicate_under_whatever_name(tmp_path):
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_bytes(day("a"))
    answer("ingest_file", str(tmp_path / "a.xml"))
    for name in ("a.xml", "b.xml"):
        (again,) = answer("ingest_file", str(tmp_path / name))["files"]
        assert (again["status"], again["received"], again["created"], again["known"]) == ("duplicate", 2, 0, 2)
    assert Transaction.objects.count() == 2


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_a_truncated_file_is_quarantined_and_nothing_of_it_recorded(tmp_path, packed):
    whole = packed(day("a", drops=300))
    (tmp_path / "a.xml").write_bytes(whole[: len(whole) * 2 // 3])
    (told,) = answer("ingest_file", str(tmp_path / "a.xml"))["files"]
    assert (told["status"], told["created"]) == ("quarantined", 0)
    assert not Transaction.objects.exists()
    assert Finding.objects.get(kind="quarantined_row").detail["file"] == "a.xml"


def test_a_truncated_file_whose_rest_comes_later_is_recorded_then(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(day("a", drops=300)[:-100])
    answer("ingest_file", str(path))
    path.write_bytes(day("a", drops=300))
    (told,) = answer("ingest_file", str(path))["files"]
    assert (told["status"], told["created"]) == ("accepted", 300)


@pytest.mark.parametrize("wrong", ["gone.xml", ""])
def test_a_file_that_is_not_there_is_a_sentence_and_none_is_taken_in(tmp_path, wrong):
    (tmp_path / "a.xml").write_bytes(day("a"))
    said, told = complaint("ingest_file", str(tmp_path / "a.xml"), str(tmp_path / wrong))
    assert said.startswith(f"There is no file {tmp_path / wrong}")
    assert told == ""
    assert not Delivery.objects.exists()


def test_a_file_that_cannot_be_recorded_yet_is_stored_and_told(tmp_path, monkeypatch):
    def broken(*arguments: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("transactions.deliveries.keep_bad_rows", broken)
    (tmp_path / "a.xml").write_bytes(day("a"))
    said, told = complaint("ingest_file", str(tmp_path / "a.xml"))
    assert "is stored, but was not recorded" in said
    assert json.loads(told)["files"][0]["status"] == "failed"


def test_a_large_file_is_seen_to_progress_and_a_small_one_says_nothing(tmp_path):
    (tmp_path / "large.xml").write_bytes(xml(drop(number, Note="x" * 2000) for number in range(1000)))
    (tmp_path / "small.xml").write_bytes(day("small"))
    out, err = io.StringIO(), io.StringIO()
    call_command("ingest_file", str(tmp_path / "large.xml"), str(tmp_path / "small.xml"), stdout=out, stderr=err)
    told = err.getvalue().splitlines()
    percents = [int(line.split()[1]) for line in told[:-1]]
    assert len(percents) > 10
    assert percents == sorted(set(percents))
    assert told[-1] == "large.xml: read, being recorded"
    assert "large.xml: accepted, 1000 rows, 1000 created" in out.getvalue()
