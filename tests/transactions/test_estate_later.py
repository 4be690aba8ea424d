"""A change of the estate over a long history: the page answers, a mark stays, and the worker ends what was begun."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError

from safes.estate import add_site, place_safe, safe_changed, save_site
from safes.models import Safe, Site
from tests.transactions.pushing import draw_all, drop, endpoint, open_findings, say
from transactions import estate
from transactions.estate import follow_moved
from transactions.models import MovedSafe, TouchedDay, Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def chicago() -> Site:
    return add_site("CHI", name="Chicago", time_zone="America/Chicago")


@pytest.fixture
def much(monkeypatch) -> None:
    """Two rows are a long history."""
    monkeypatch.setattr(estate, "_AT_ONCE", 1)


def instants() -> list[str | None]:
    rows = Transaction.objects.order_by("safe__serial_number", "local_time")
    return [f"{row.occurred_at:%H:%M}" if row.occurred_at else None for row in rows]


def night(time: str, serial: str = "SR1") -> dict[str, object]:
    return drop(0, SerialNumber=serial, TransactionDateTime=f"2026-03-14T{time}")


def test_a_long_history_is_followed_later_and_ends_as_if_it_had_been_at_once(chicago: Site, much: None):
    place_safe("SR1", chicago)
    say(endpoint(), [night("10:00:00"), night("11:00:00")])
    chicago.time_zone, chicago.day_rollover = "America/Los_Angeles", dt.timedelta(hours=12)
    save_site(chicago)
    assert instants() == ["15:00", "16:00"]
    assert MovedSafe.objects.count() == 1
    assert follow_moved() == 1
    assert instants() == ["17:00", "18:00"]
    assert {f"{row.business_date:%d}" for row in Transaction.objects.all()} == {"13"}
    assert not MovedSafe.objects.exists()
    assert follow_moved() == 0


def test_placing_a_safe_with_a_long_history_closes_its_finding_at_once(chicago: Site, much: None):
    say(endpoint(), [night("10:00:00"), night("11:00:00")])
    assert set(open_findings()) == {("unknown_safe", "SR1")}
    place_safe("SR1", chicago)
    assert open_findings() == {}
    assert instants() == [None, None]
    follow_moved()
    assert instants() == ["15:00", "16:00"]


def test_what_comes_before_the_worker_does_ends_the_same(chicago: Site, much: None):
    place_safe("SR1", chicago)
    shown = endpoint()
    say(shown, [night("10:00:00"), night("11:00:00")])
    chicago.time_zone = "America/Los_Angeles"
    save_site(chicago)
    say(shown, [night("12:00:00")])
    follow_moved()
    assert instants() == ["17:00", "18:00", "19:00"]


def test_a_change_meanwhile_is_followed_too_and_marks_do_not_pile_up(chicago: Site, much: None):
    place_safe("SR1", chicago)
    say(endpoint(), [night("10:00:00"), night("11:00:00")])
    for zone in ("America/Los_Angeles", "Europe/Lisbon"):
        chicago.time_zone = zone
        save_site(chicago)
    assert MovedSafe.objects.count() == 1
    follow_moved()
    assert instants() == ["10:00", "11:00"]


def test_a_crash_while_following_leaves_the_mark(chicago: Site, much: None, monkeypatch):
    place_safe("SR1", chicago)
    say(endpoint(), [night("10:00:00"), night("11:00:00")])
    chicago.time_zone = "America/Los_Angeles"
    save_site(chicago)

    def broken(safe: Safe) -> None:
        raise DatabaseError("the server is away")

    with monkeypatch.context() as patched:
        patched.setattr(estate, "draw_safe", broken)
        with pytest.raises(DatabaseError):
            follow_moved()
    assert instants() == ["15:00", "16:00"]
    assert MovedSafe.objects.count() == 1
    follow_moved()
    assert instants() == ["17:00", "18:00"]


def test_each_safe_is_followed_by_itself(chicago: Site, much: None):
    for serial in ("SR1", "SR2"):
        place_safe(serial, chicago)
    say(endpoint(), [night("10:00:00", serial) for serial in ("SR1", "SR2")])
    chicago.time_zone = "America/Los_Angeles"
    save_site(chicago)
    assert follow_moved(limit=1) == 1
    assert set(instants()) == {"15:00", "17:00"}
    assert follow_moved() == 1


@pytest.mark.parametrize("edit", ["name", "tolerance", "model", "same place"])
def test_an_edit_that_gives_no_transaction_another_meaning_follows_nothing(chicago: Site, edit: str):
    safe = place_safe("SR1", chicago)
    say(endpoint(), [night("10:00:00"), night("11:00:00")])
    draw_all()
    if edit == "model":
        safe_changed(safe, moved=False)
    elif edit == "same place":
        place_safe("SR1", chicago, model="Titan")
    else:
        setattr(chicago, edit, "Chicago Loop" if edit == "name" else 7)
        save_site(chicago)
    assert not TouchedDay.objects.exists()
    assert not MovedSafe.objects.exists()
