"""Bonuses are earned on any card and spent of Active ones, the oldest first and never more than there are."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from loyalty.bonuses.refusals import Conflict, NoSuchThing
from loyalty.models import Lot
from tests.loyalty import making
from tests.loyalty.bonuses.saying import (
    NOON,
    TODAY,
    accrue,
    active_card,
    balance,
    block,
    day,
    remains,
    spend,
    written,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_what_is_earned_is_a_lot_and_an_entry():
    active_card()
    entry = accrue("12.50", "R1", type="1", begins=2, ends=30)
    assert (entry.kind, entry.amount, entry.change, entry.balance) == ("accrual", Decimal("12.50"), 12.5, 12.5)
    assert (entry.type, entry.active_from, entry.expires_on, entry.by, entry.role) == (
        *("1", day(2), day(30)),
        *("till-1", "till"),
    )
    lot: Any = Lot.objects.get()
    assert (lot.amount, lot.remaining, lot.burnt) == (Decimal("12.50"), Decimal("12.50"), 0)
    entry.refresh_from_db()
    assert entry.balance == balance() == Decimal("12.50")


def test_it_begins_today_unless_it_is_said(settings):
    settings.LOYALTY_TIME_ZONE = "Pacific/Kiritimati"  # where it is tomorrow already
    active_card()
    assert accrue(1).active_from == day(1)


@pytest.mark.parametrize("ends", [-400, -1, 0])
def test_what_has_expired_is_taken_but_cannot_be_spent(ends):
    active_card()
    entry = accrue(5, ends=ends)
    assert (entry.active_from, entry.expires_on) == (day(ends - 1), day(ends))
    with pytest.raises(Conflict, match="No more than 0 can"):
        spend(1)


@pytest.mark.parametrize("issued", [False, True])
def test_bonuses_are_earned_on_cards_that_nobody_has(issued):
    making.card(issued=issued)
    assert accrue(5).balance == 5


def test_bonuses_are_earned_on_blocked_cards():
    active_card()
    block()
    assert accrue(5).balance == 5


def test_the_oldest_is_spent_first_whatever_its_type(clock):
    active_card()
    for amount, type in ((10, "1"), (20, "0"), (30, "1")):
        accrue(amount, type=type)
        clock.shift(dt.timedelta(minutes=1))
    entry = spend("15.01")
    assert remains() == [0, Decimal("14.99"), 30]
    assert (entry.amount, entry.change, entry.balance, entry.type) == (
        *(Decimal("15.01"), Decimal("-15.01"), Decimal("44.99")),
        "",
    )
    assert [(change.lot.type, change.change) for change in entry.lot_changes.all()] == [
        ("1", -10),
        ("0", Decimal("-5.01")),
    ]
    assert spend(30).balance == Decimal("14.99")


def test_of_the_same_moment_the_first_is_the_older():
    with time_machine.travel(NOON, tick=False):
        active_card()
        accrue(1)
        accrue(2)
        spend(1)
    assert remains() == [0, 2]


def test_what_is_not_active_yet_or_over_is_not_spent():
    active_card()
    accrue(1, begins=1)
    accrue(2, begins=-9, ends=0)
    accrue(4, begins=-9, ends=1)
    with pytest.raises(Conflict, match=r"No more than 4\.00 can be spent"):
        spend("4.01")
    assert balance() == 7
    assert spend(4).balance == 3


def test_a_lot_is_used_until_its_date_begins_by_the_clock_of_the_loyalty_zone(clock, settings):
    settings.LOYALTY_TIME_ZONE = "America/New_York"
    active_card()
    accrue(5, ends=1)
    clock.move_to("2026-03-15T03:59:59Z")  # one second before midnight there
    spend(1)
    clock.move_to("2026-03-15T04:00:00Z")
    with pytest.raises(Conflict):
        spend(1)


@pytest.mark.parametrize(
    ("before", "status"),
    [("new", "New"), ("issued", "Issued"), ("blocked", "Blocked")],
)
def test_only_an_active_card_is_spent_from(before, status):
    if before == "blocked":
        active_card()
        block()
    else:
        making.card(issued=before == "issued")
    accrue(5)
    with pytest.raises(Conflict, match=f"The card is {status}: .* only of an Active card"):
        spend(1)
    assert balance() == 5


def test_there_is_no_card():
    for number in ("4000000000000000", "no number", "", "\x00", "４０００００００"):
        with pytest.raises(NoSuchThing):
            accrue(1, number=number)
        with pytest.raises(NoSuchThing):
            spend(1, number=number)


@pytest.mark.parametrize(
    "amount", ["0", "-1", "0.001", "1.005", "10000000000", "NaN", "Infinity", "-Infinity", "1E+99"]
)
def test_an_amount_is_above_nothing_and_exact(amount):
    active_card()
    for act in (accrue, spend):
        with pytest.raises(ValidationError) as refused:
            act(amount)
        assert list(refused.value.message_dict) == ["amount"]


def test_the_largest_amounts_are_kept_exactly():
    active_card()
    for _ in range(3):
        accrue("9999999999.99")
    assert balance() == Decimal("29999999999.97")
    assert spend("9999999999.99").balance == Decimal("19999999999.98")


@pytest.mark.parametrize("reference", ["x" * 101, " x", "x ", "a\nb", "a\x00", "\ud800", "\u2028"])
def test_a_reference_is_plain(reference):
    active_card()
    for act in (accrue, spend):
        with pytest.raises(ValidationError) as refused:
            act(1, reference)
        assert list(refused.value.message_dict) == ["reference"]


def test_all_that_is_wrong_is_said_at_once():
    active_card()
    with pytest.raises(ValidationError) as refused:
        accrue(0, " ", type="7", begins=1, ends=1)
    assert set(refused.value.message_dict) == {"amount", "reference", "type_code", "expires_on"}
    with pytest.raises(ValidationError) as refused:
        accrue(1, begins=-(TODAY - dt.date(1899, 12, 31)).days)
    assert set(refused.value.message_dict) == {"active_from"}


# --- twice --------------------------------------------------------------------------------------------------------


def test_the_same_again_is_the_first_entry_and_writes_nothing(clock):
    active_card()
    earned = accrue(10, "R1", ends=20)
    spent = spend(4, "R1")
    before = written()
    clock.shift(dt.timedelta(days=40))
    block()
    for first, again in ((earned, accrue("10.00", "R1", ends=20)), (spent, spend(4, "R1"))):
        assert again == first
        assert (again.is_repeat, first.is_repeat) == (True, False)
        assert (again.balance, again.at) == (first.balance, first.at)
    assert written() == before


def test_a_repeat_without_a_beginning_means_the_day_of_the_first(clock):
    active_card()
    first = accrue(10, "R1", ends=1)
    clock.shift(dt.timedelta(days=5))
    assert accrue(10, "R1", ends=1) == accrue(10, "R1", begins=0, ends=1) == first
    with pytest.raises(Conflict):
        accrue(10, "R1", begins=-1, ends=1)


@pytest.mark.parametrize("other", [{"amount": 11}, {"type": "1"}, {"ends": 21}, {"ends": None}, {"begins": 1}])
def test_a_reference_is_good_for_one_accrual(other):
    active_card()
    said: dict[str, Any] = {"amount": 10, "ends": 20}
    accrue(reference="R1", **said)
    with pytest.raises(Conflict, match="This reference came with another accrual before"):
        accrue(reference="R1", **(said | other))
    assert balance() == 10


def test_a_reference_is_good_for_one_spend():
    active_card()
    accrue(10)
    spend(1, "R1")
    with pytest.raises(Conflict, match="This reference came with another spend before"):
        spend(2, "R1")
    assert balance() == 9


def test_cards_have_their_own_references():
    active_card()
    making.card("4000123412345555")
    assert accrue(1, "R1") != accrue(1, "R1", number="4000123412345555")
    assert balance() == balance("4000123412345555") == 1
