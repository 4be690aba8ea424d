"""Replacing a card in one step."""

from __future__ import annotations

import pytest

from loyalty import cards, erasing
from loyalty.acting import Actor
from loyalty.models import Card, CardEvent
from loyalty.replacing import replace
from loyalty.results import Key, Refused
from tests.loyalty.making import NUMBER, card, contact

pytestmark = pytest.mark.django_db

DESK = Actor("desk", "cc_operator", is_person=True)
ADMIN = Actor("admin", "administrator")
AFTER = "4000567856785678"
THIRD = "4000777777777777"


@pytest.mark.parametrize("role", ["till", "client", "back_office", "reader", ""])
def test_who_may_not_block_for_replacement_may_not_replace(role: str) -> None:
    card(of=contact())
    card(AFTER)
    assert _key(NUMBER, AFTER, Actor("x", role)) == Key.BLOCK_REASON_ERROR


@pytest.mark.parametrize("issued", [True, False])
@pytest.mark.parametrize("lost", [True, False])
def test_the_new_card_takes_the_place_of_the_old(issued: bool, lost: bool) -> None:
    anna = contact()
    card(of=anna)
    card(AFTER, issued=issued)
    if lost:
        cards.block(NUMBER, "", "0", DESK)
    new = replace(NUMBER, AFTER, DESK)
    old = Card.objects.get(number=NUMBER)
    assert (old.status, old.block_reason, old.blocked_by, old.replaced_by) == ("3", "4", "desk", new)
    assert (new.status, new.contact) == ("2", anna)
    words = list(CardEvent.objects.filter(by="desk").order_by("id").values_list("card__number", "what", "by_person"))
    blocked = [(NUMBER, "blocked"), (NUMBER, "stricter")] if lost else [(NUMBER, "blocked")]
    assert [word[:2] for word in words] == [
        *blocked,
        *([] if issued else [(AFTER, "issued")]),
        (AFTER, "bound"),
        (NUMBER, "replaced"),
        (AFTER, "replaces"),
        (AFTER, "activated"),
    ]
    assert all(by_person for *_, by_person in words)


def test_cards_replace_each_other_in_a_line() -> None:
    card(of=contact())
    card(AFTER)
    card(THIRD)
    replace(NUMBER, AFTER, DESK)
    assert _key(NUMBER, THIRD) == Key.STATUS_ERROR
    replace(AFTER, THIRD, DESK)
    assert [Card.objects.get(number=one).replaced_by_id for one in (NUMBER, AFTER, THIRD)] == [
        Card.objects.get(number=AFTER).pk,
        Card.objects.get(number=THIRD).pk,
        None,
    ]


def test_what_was_blocked_for_replacement_before_is_replaced_now() -> None:
    card(of=contact())
    card(AFTER)
    cards.block(NUMBER, "", "4", DESK)
    assert replace(NUMBER, AFTER, DESK).status == "2"


@pytest.mark.parametrize(
    ("reason", "by"), [("1", "director"), ("2", "director"), ("3", "marketer"), ("0", "administrator")]
)
def test_who_is_locked_out_gets_no_new_card(reason: str, by: str) -> None:
    card(of=contact())
    card(AFTER)
    cards.block(NUMBER, "", reason, Actor("x", by))
    assert _key(NUMBER, AFTER) == Key.STATUS_ERROR
    assert Card.objects.get(number=AFTER).status == "1"


def test_nobody_gets_a_card_for_a_contact_that_was_erased() -> None:
    anna = contact()
    card(of=anna)
    card(AFTER)
    cards.block(NUMBER, "", "4", DESK)
    erasing.erase(anna.pk, "desk")
    assert _key(NUMBER, AFTER) == Key.STATUS_ERROR


def test_only_what_is_bound_is_replaced_and_only_by_what_is_not() -> None:
    card()
    card(AFTER)
    assert _key(NUMBER, AFTER) == Key.STATUS_ERROR
    cards.bind(NUMBER, contact().mobile_number or "", ADMIN)
    contact("C100002", "+12015550124")
    cards.bind(AFTER, "+12015550124", ADMIN)
    assert _key(NUMBER, AFTER) == Key.BOUND_TO_ANOTHER_CONTACT
    assert _key(NUMBER, NUMBER) == Key.STATUS_ERROR
    # All or nothing.
    assert Card.objects.get(number=NUMBER).status == "2"


@pytest.mark.parametrize(
    ("number", "key"),
    [("12", Key.INVALID_CARD_NUMBER), ("\x00" * 12, Key.INVALID_CARD_NUMBER), (THIRD, Key.CANNOT_FIND_CARD_NUMBER)],
)
def test_cards_that_are_not_there_are_said_so(number: str, key: Key) -> None:
    card(of=contact())
    assert _key(NUMBER, number) == key
    assert _key(number, NUMBER) == key
    assert Card.objects.get().status == "2"


def _key(old: str, new: str, actor: Actor = DESK) -> Key:
    with pytest.raises(Refused) as refused:
        replace(old, new, actor)
    return refused.value.key
