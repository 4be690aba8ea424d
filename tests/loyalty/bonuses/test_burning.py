"""What has expired is burnt: on its day, on every card, once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from config.celery import TIMETABLE, app
from loyalty.bonuses.expiry import burn_expired
from loyalty.models import Entry, Lot
from loyalty.tasks import burn_expired_bonuses, give_back_holds
from tests.loyalty import making
from tests.loyalty.bonuses.saying import (
    NEXT,
    accrue,
    active_card,
    balance,
    block,
    day,
    hold,
    kinds,
    replace,
    spend,
    written,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_each_lot_burns_by_an_entry_of_its_own():
    active_card()
    accrue(1, "A1", ends=1)
    accrue(2, "A2", ends=2, type="1")
    accrue(4, "A3")
    assert burn_expired() == 0
    assert burn_expired(day(2)) == 2
    first: Any
    second: Any
    first, second = Entry.objects.filter(kind="expiry")
    assert (first.reference, first.amount, first.change, first.balance, first.expires_on) == ("A1", 1, -1, 6, day(1))
    assert (second.reference, second.change, second.balance, second.type) == ("A2", -2, 4, "1")
    assert (first.by, first.role) == ("system", "")
    lots: list[Any] = list(Lot.objects.order_by("pk").values_list("remaining", "burnt"))
    assert lots == [(0, 1), (0, 2), (4, 0)]


def test_what_is_left_burns_and_no_more():
    active_card()
    accrue(10, ends=1)
    spend(3)
    hold(2, "H1")
    burn_expired(day(1))
    assert Lot.objects.get().burnt == 5


def test_it_burns_once():
    active_card()
    accrue(10, ends=1)
    assert burn_expired(day(1)) == 1
    before = written()
    assert burn_expired(day(1)) == burn_expired(day(9)) == 0
    assert written() == before


def test_it_burns_on_the_day_of_the_loyalty_zone(clock, settings):
    settings.LOYALTY_TIME_ZONE = "America/New_York"
    active_card()
    accrue(10, ends=1)
    clock.move_to("2026-03-15T03:59:59Z")
    assert burn_expired() == 0
    clock.move_to("2026-03-15T04:00:00Z")
    assert burn_expired() == 1


def test_it_burns_on_cards_in_any_state():
    active_card()
    accrue(1, ends=1)
    block(reason="2")
    making.card("4000123412345555", issued=False)
    accrue(2, number="4000123412345555", ends=1)
    assert burn_expired(day(1)) == 2
    assert balance() == balance("4000123412345555") == 0


def test_it_burns_where_the_lot_is_now():
    active_card()
    accrue(1, "A1", ends=1)
    replace()
    assert burn_expired(day(1)) == 1
    assert kinds(NEXT) == ["transfer", "expiry"]
    assert Entry.objects.latest("pk").reference == "A1"


def test_all_cards_are_done_however_many_are_looked_at_at_once(monkeypatch):
    monkeypatch.setattr("loyalty.bonuses.expiry._CARDS_AT_ONCE", 2)
    for number in range(5):
        making.card(f"400012341234555{number}", issued=False)
        accrue(1, number=f"400012341234555{number}", ends=1)
        accrue(1, number=f"400012341234555{number}", ends=1)
    assert burn_expired(day(1)) == 10


def test_the_clock_burns_and_gives_back_every_hour(clock):
    active_card()
    accrue(10, ends=1)
    accrue(10, ends=100)
    hold(15, "H1")
    clock.shift(dt.timedelta(days=4))
    assert give_back_holds() == 1
    assert burn_expired_bonuses() == 1
    assert balance() == 10
    app.loader.import_default_modules()
    for name in ("burn-expired-bonuses", "give-back-holds"):
        assert TIMETABLE[name]["schedule"] == dt.timedelta(hours=1)
        assert TIMETABLE[name]["task"] in app.tasks
