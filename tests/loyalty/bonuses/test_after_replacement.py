"""Bonuses go along to the card that takes another's place, and what is said of the old number still means them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from loyalty import cards
from loyalty.bonuses.expiry import burn_expired
from loyalty.bonuses.holds import give_back_unsettled
from loyalty.bonuses.refusals import Conflict
from loyalty.models import Entry
from tests.loyalty import making
from tests.loyalty.bonuses.saying import (
    NEXT,
    accrue,
    active_card,
    balance,
    block,
    confirm,
    hold,
    kinds,
    remains,
    replace,
    reverse,
    spend,
    void,
    written,
)
from tests.loyalty.making import NUMBER

pytestmark = pytest.mark.django_db

LAST = "4000123412347777"


@pytest.fixture(autouse=True)
def card(clock):
    """With 10 and 20 bonuses, in this order."""
    active_card()
    accrue(10, "A1", ends=20)
    accrue(20, "A2")


def test_all_lots_go_along_with_an_entry_on_each_side():
    spend(10)
    replace()
    assert (balance(), balance(NEXT)) == (0, 20)
    assert (remains(), remains(NEXT)) == ([], [0, 20])
    left: Any = Entry.objects.filter(card__number=NUMBER).latest("pk")
    came: Any = Entry.objects.get(card__number=NEXT)
    assert (left.kind, left.change, left.balance, left.reference) == ("transfer", -20, 0, "••••9999")
    assert (came.kind, came.change, came.balance, came.reference) == ("transfer", 20, 20, "••••1234")


def test_an_empty_card_leaves_no_transfer_but_what_it_may_get_back():
    spend(30, "S1")
    replace()
    assert kinds(NEXT) == []
    assert reverse("S1", number=NEXT).balance == 30
    assert remains(NEXT) == [10, 20]


def test_the_oldest_are_still_spent_first():
    making.card(NEXT)
    accrue(5, number=NEXT)
    replace()
    spend(11, number=NEXT)
    assert remains(NEXT) == [0, 19, 5]


def test_a_replaced_card_is_not_spent_from_and_tells_little_of_the_next():
    replace()
    for act in (spend, hold):
        with pytest.raises(Conflict, match="The card was replaced: use the one after it, ••••9999") as refused:
            act(1, "R1")
        assert NEXT not in str(refused.value)


def test_what_was_earned_on_the_old_number_comes_to_the_last_card():
    replace()
    replace(NEXT, LAST)
    entry = accrue(5, "A3")
    assert (entry.card.number, entry.balance) == (LAST, 35)
    assert accrue(5, "A3") == accrue(5, "A3", number=LAST) == accrue(5, "A3", number=NEXT) == entry


def test_what_was_done_before_is_not_done_again_by_any_number():
    earned = accrue(5, "R1")
    spent = spend(1, "R1")
    undone = reverse("A2", "R2")
    held = hold(2, "H1")
    replace()
    replace(NEXT, LAST)
    before = written()
    assert spend(1, "R1") == spend(1, "R1", number=LAST) == spent
    for number in (NUMBER, NEXT, LAST):
        assert accrue(5, "R1", number=number) == earned
        assert reverse("A2", "R2", number=number) == undone
    assert hold(2, "H1") == hold(2, "H1", number=LAST) == held
    assert written() == before
    with pytest.raises(Conflict, match="another spend before"):
        spend(2, "R1", number=LAST)


def test_what_was_done_before_is_reversed_on_the_last_card():
    spend(12, "S1")
    replace()
    replace(NEXT, LAST)
    entry = reverse("S1", "R1", number=NEXT)
    assert (entry.card.number, entry.balance) == (LAST, 30)
    assert remains(LAST) == [10, 20]
    with pytest.raises(Conflict, match="reversed already, by R1"):
        reverse("S1", "R2", number=NUMBER)
    assert reverse("A1", number=LAST).balance == 20


@pytest.mark.parametrize("number", [NUMBER, NEXT])
def test_a_hold_is_settled_on_the_card_that_has_the_lots(number):
    hold(12, "H1")
    hold(3, "H2")
    replace()
    spent = confirm("H1", 11, number=number)
    assert (spent.card.number, spent.balance) == (NEXT, 16)
    assert (kinds(NEXT), balance()) == (["transfer", "release", "spend"], 0)
    assert void("H2", number=number).balance == 19
    assert confirm("H1", 11) == spent
    assert reverse("H1", number=number).balance == 30


def test_a_hold_that_nobody_settles_goes_back_to_the_last_card(clock):
    hold(12, "H1")
    replace()
    clock.shift(dt.timedelta(days=4))
    assert give_back_unsettled() == 1
    assert (balance(), balance(NEXT)) == (0, 30)


def test_of_two_cards_with_one_reference_the_one_that_is_named_is_meant():
    making.card(NEXT)
    accrue(7, "A1", number=NEXT)
    replace()
    assert accrue(10, "A1", ends=20).amount == 10
    assert accrue(7, "A1", number=NEXT).amount == 7
    assert reverse("A1", "R1", number=NEXT).change == -7
    assert reverse("A1", "R2", number=NUMBER).change == -10
    assert balance(NEXT) == Decimal(20)


def test_a_card_that_is_blocked_for_it_keeps_its_bonuses_until_another_takes_its_place(clock):
    block(reason="4")
    assert accrue(5).card.number == NUMBER
    clock.shift(dt.timedelta(days=20))
    assert burn_expired() == 1
    making.card(NEXT)
    cards.bind(NEXT, making.PHONE, making.ADMINISTRATOR)
    assert (balance(), balance(NEXT)) == (0, 25)
