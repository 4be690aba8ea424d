"""A spend or an accrual is undone once and whole, and what was spent goes back to exactly where it came from."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from loyalty.bonuses.expiry import burn_expired
from loyalty.bonuses.refusals import Conflict
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
    reverse,
    spend,
    void,
    written,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture(autouse=True)
def card(clock):
    return active_card()


def test_what_was_spent_goes_back_to_the_lots_it_came_from():
    accrue(10, ends=20)
    accrue(20, type="1")
    accrue(30)
    spend(2)
    before = remains()
    spent = spend(25, "R1")
    entry = reverse("R1", "R2")
    assert remains() == before
    assert (entry.kind, entry.reference, entry.amount, entry.change) == ("reversal", "R2", 25, 25)
    assert (entry.balance, entry.reverses) == (58, spent)


def test_what_was_earned_is_taken_back():
    accrue(10)
    accrue(5, "R1", type="1")
    entry = reverse("R1")
    assert (entry.change, entry.balance, entry.type) == (-5, 10, "1")
    assert remains() == [10, 0]


def test_what_was_earned_is_taken_back_whole_or_not_at_all():
    accrue(10, "R1")
    spend("0.01", "S1")
    with pytest.raises(Conflict, match="Not all of it is there any more"):
        reverse("R1")
    reverse("S1")
    hold(1, "H1")
    with pytest.raises(Conflict, match="Not all of it is there any more"):
        reverse("R1")
    void("H1")
    assert reverse("R1").balance == 0


@pytest.mark.parametrize("is_burnt", [False, True])
def test_what_has_expired_is_not_taken_back_whether_or_not_it_was_burnt(clock, is_burnt):
    accrue(10, "R1", ends=3)
    clock.shift(dt.timedelta(days=3))
    if is_burnt:
        assert burn_expired() == 1
    with pytest.raises(Conflict, match="Not all of it is there any more"):
        reverse("R1")


def test_what_goes_back_to_an_expired_lot_burns_again(clock):
    accrue(10, "R1", ends=3)
    spend(4, "S1")
    clock.shift(dt.timedelta(days=3))
    assert burn_expired() == 1
    assert balance() == 0
    assert reverse("S1").balance == 4
    assert burn_expired() == 1
    assert balance() == 0
    assert kinds() == ["accrual", "spend", "expiry", "reversal", "expiry"]


def test_a_blocked_card_gets_back_what_was_spent_and_gives_what_was_earned():
    accrue(10)
    accrue(5, "A1")
    spend(4, "S1")
    block(reason="2")
    assert reverse("S1").balance == 15
    assert reverse("A1").balance == 10


def test_the_same_again_is_the_first_entry_and_writes_nothing():
    accrue(10, "R1")
    first = reverse("R1", "R2")
    before = written()
    again = reverse("R1", "R2")
    assert again == first == reverse("R1", "R2", kind="accrual")
    assert again.is_repeat
    assert not first.is_repeat
    assert written() == before


def test_a_thing_is_reversed_once():
    accrue(10)
    spend(4, "R1")
    reverse("R1", "R2")
    with pytest.raises(Conflict, match="It was reversed already, by R2"):
        reverse("R1", "R3")
    assert balance() == 10


def test_a_reference_is_good_for_one_reversal():
    accrue(10, "R1")
    spend(4, "R1")
    spend(2, "R2")
    reverse("R1", "R3", kind="spend")
    for reverses, kind in (("R2", None), ("R1", "accrual")):
        with pytest.raises(Conflict, match="This reference came with another reversal before"):
            reverse(reverses, "R3", kind=kind)
    assert balance() == 8


def test_where_a_receipt_was_both_one_says_which():
    accrue(10)
    spend(4, "R1")
    accrue(1, "R1")
    with pytest.raises(Conflict, match="of an accrual and of a spend: say which by kind"):
        reverse("R1", "R2")
    assert reverse("R1", "R2", kind="accrual").change == -1
    assert reverse("R1", "R3", kind="spend").change == 4


def test_a_reversal_may_have_the_reference_of_what_it_undoes():
    accrue(10, "R1")
    first = reverse("R1", "R1")
    assert reverse("R1", "R1") == first


def test_only_spends_and_accruals_are_reversed(clock):
    accrue(10, "R1", ends=3)
    accrue(10)
    spend(4, "S1")
    reverse("S1", "R2")
    hold(1, "H1")
    clock.shift(dt.timedelta(days=3))
    burn_expired()
    before = written()
    for reference in ("R2", "H1", "nothing"):
        with pytest.raises(Conflict, match="No accrual and no spend on this card has the reference"):
            reverse(reference)
    with pytest.raises(Conflict, match="No spend on this card"):
        reverse("R1", kind="spend")
    assert written() == before


def test_a_spend_that_was_a_hold_is_reversed_as_any():
    accrue(10, begins=-2, ends=20)
    hold(6, "H1")
    confirm("H1", 5)
    assert reverse("H1").balance == 10


def test_other_cards_reverse_nothing_of_this_one():
    accrue(10, "R1")
    making.card("4000123412345555")
    with pytest.raises(Conflict):
        reverse("R1", number="4000123412345555")


@pytest.mark.parametrize("said", [("", "R2"), ("R1", " "), ("R1", "x" * 101)])
def test_references_are_plain(said):
    accrue(10, "R1")
    with pytest.raises(ValidationError):
        reverse(said[0], said[1])


@pytest.mark.parametrize("kind", ["hold", "", "Accrual", "expiry"])
def test_a_kind_is_one_of_two(kind):
    accrue(10, "R1")
    with pytest.raises(ValidationError) as refused:
        reverse("R1", kind=kind)
    assert list(refused.value.message_dict) == ["kind"]
    assert balance() == Decimal(10)
