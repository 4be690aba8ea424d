"""What is held is out of the balance until it is confirmed or given back, once, whatever happens meanwhile."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from loyalty.bonuses.expiry import burn_expired
from loyalty.bonuses.holds import give_back_unsettled
from loyalty.bonuses.refusals import Conflict, NoSuchThing
from loyalty.models import Entry
from tests.loyalty import making
from tests.loyalty.bonuses.saying import (
    accrue,
    active_card,
    balance,
    block,
    confirm,
    hold,
    kinds,
    remains,
    spend,
    void,
    written,
)
from tests.loyalty.making import NUMBER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture(autouse=True)
def card(clock):
    """With 10 and 20 bonuses, in this order."""
    active_card()
    accrue(10, "A1", ends=20)
    accrue(20, "A2")


def test_a_hold_takes_as_a_spend_does():
    entry = hold(15, "H1")
    assert (entry.kind, entry.amount, entry.change, entry.balance) == ("hold", 15, -15, 15)
    assert remains() == [0, 15]
    with pytest.raises(Conflict, match=r"No more than 15\.00 can"):
        spend(16)
    with pytest.raises(Conflict, match=r"No more than 15\.00 can"):
        hold(16, "H2")


def test_only_an_active_card_is_held_from():
    block()
    with pytest.raises(Conflict, match="The card is Blocked"):
        hold(1, "H1")


def test_a_confirmed_hold_is_a_spend():
    held = hold(15, "H1")
    entry = confirm("H1")
    assert (entry.kind, entry.reference, entry.amount, entry.change) == ("spend", "H1", 15, -15)
    assert (entry.balance, entry.hold) == (15, held)
    assert kinds() == ["accrual", "accrual", "hold", "release", "spend"]
    assert remains() == [0, 15]


def test_a_part_is_confirmed_of_the_oldest_and_the_rest_given_back():
    hold(15, "H1")
    assert confirm("H1", "9.50").balance == Decimal("20.50")
    assert remains() == [Decimal("0.50"), 20]


def test_no_more_is_confirmed_than_is_held():
    hold(15, "H1")
    with pytest.raises(Conflict, match=r"No more than 15\.00 is held"):
        confirm("H1", "15.01")
    assert kinds()[-1] == "hold"


def test_a_voided_hold_goes_back_to_where_it_came_from():
    hold(15, "H1")
    entry = void("H1")
    assert (entry.kind, entry.reference, entry.change, entry.balance) == ("release", "H1", 15, 30)
    assert remains() == [10, 20]


def test_each_is_done_once_and_the_same_again_is_the_first_answer():
    first = hold(5, "H1")
    assert hold(5, "H1") == first
    spent = confirm("H1", 4)
    before = written()
    assert confirm("H1", "4.00") == spent
    assert confirm("H1", 4).is_repeat
    # The whole is another amount.
    for amount in (None, 5, 3):
        with pytest.raises(Conflict, match=r"confirmed with 4\.00 already"):
            confirm("H1", amount)
    with pytest.raises(Conflict, match="was confirmed already: reverse"):
        void("H1")
    assert hold(5, "H1") == first
    assert written() == before


def test_what_was_given_back_is_not_confirmed():
    hold(5, "H1")
    first = void("H1")
    assert void("H1") == first
    assert void("H1").is_repeat
    with pytest.raises(Conflict, match="given back already"):
        confirm("H1")
    assert balance() == 30


def test_a_hold_and_a_spend_have_references_of_their_own():
    hold(5, "R1")
    spend(5, "R2")
    for act, reference, sentence in ((spend, "R1", "A hold has this"), (hold, "R2", "A spend has this")):
        with pytest.raises(Conflict, match=sentence):
            act(5, reference)
    confirm("R1")
    with pytest.raises(Conflict, match="A hold has this"):
        spend(5, "R1")
    accrue(1, "R1")


def test_another_amount_is_another_hold():
    hold(5, "R1")
    with pytest.raises(Conflict, match="another hold before"):
        hold(6, "R1")


def test_the_customer_has_gone_with_the_goods(clock):
    hold(15, "H1")
    hold(2, "H2")
    block(reason="2")
    clock.shift(dt.timedelta(days=21))  # the first lot has expired
    burn_expired()
    assert confirm("H1").amount == 15
    assert remains() == [0, 13]
    assert void("H2").balance == 15
    # Held of the first lot it was: all of H2 came from the second.
    assert burn_expired() == 0


def test_what_goes_back_to_an_expired_lot_burns(clock):
    hold(4, "H1")
    clock.shift(dt.timedelta(days=21))
    assert burn_expired() == 1
    assert void("H1").balance == 24
    assert burn_expired() == 1
    assert balance() == 20


def test_what_nobody_settles_is_given_back(clock, settings):
    settings.LOYALTY_HOLD_FOR = dt.timedelta(hours=2)
    hold(1, "old and confirmed")
    hold(2, "old and void")
    hold(4, "old")
    confirm("old and confirmed")
    void("old and void")
    clock.shift(dt.timedelta(hours=2, minutes=1))
    hold(8, "young")
    assert give_back_unsettled() == 1
    assert give_back_unsettled() == 0
    assert balance() == 21
    entry = Entry.objects.latest("pk")
    assert (entry.kind, entry.reference, entry.by, entry.role) == ("release", "old", "system", "")
    with pytest.raises(Conflict, match="given back already"):
        confirm("old")
    assert confirm("young").amount == 8


def test_there_is_no_such_hold():
    making.card("4000123412345555")
    hold(1, "H1")
    spend(1, "S1")
    for number, reference in (
        (NUMBER, "H2"),
        (NUMBER, "S1"),
        (NUMBER, "A1"),
        (NUMBER, ""),
        (NUMBER, "\x00"),
        (NUMBER, "\ud800"),
        (NUMBER, "x" * 5000),
        ("4000123412345555", "H1"),
        ("4000123412340000", "H1"),
    ):
        for act in (confirm, void):
            with pytest.raises(NoSuchThing):
                act(reference, number=number)


@pytest.mark.parametrize("reference", ["a/b", ".", "..", "", "x" * 101, "a\tb"])
def test_the_reference_of_a_hold_can_stand_in_an_address(reference):
    with pytest.raises(ValidationError) as refused:
        hold(1, reference)
    assert list(refused.value.message_dict) == ["reference"]


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN"])
def test_an_amount_is_above_nothing_and_exact(amount):
    with pytest.raises(ValidationError):
        hold(amount, "H1")
    hold(1, "H1")
    with pytest.raises(ValidationError):
        confirm("H1", amount)
