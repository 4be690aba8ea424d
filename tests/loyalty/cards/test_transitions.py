"""What becomes of a card: each step and each refusal, against DOMAIN.md, section 4."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from loyalty import cards
from loyalty.acting import Actor
from loyalty.models import Card, CardEvent
from loyalty.results import Key, Refused
from tests.loyalty.making import NUMBER, PHONE, card, contact

pytestmark = pytest.mark.django_db

TILL = Actor("till-7", "till")
CC = Actor("call centre", "cc_operator")
SENIOR = Actor("senior", "senior_employee")
DIRECTOR = Actor("director", "director")
ADMIN = Actor("admin", "administrator")
OTHER_PHONE = "+12015550124"
OTHER_NUMBER = "4000567856785678"
NOWHERE = "4000999999999999"

NEW, ISSUED, ACTIVE, BLOCKED = "0123"


def test_a_card_begins_new_and_says_who_made_it() -> None:
    made = cards.make(NUMBER, "1", "2", DIRECTOR)
    assert (made.status, made.category, made.type, made.contact) == (NEW, "1", "2", None)
    assert _history() == [("made", NEW, "director", "director", "")]


@pytest.mark.parametrize("number", ["", "123", "1" * 20, "4000 1234", "٤٠٠٠١٢٣٤١٢٣٤", "4000123412341234\n", "x" * 1000])
def test_a_card_needs_a_number_that_is_one(number: str) -> None:
    with pytest.raises(ValidationError) as refused:
        cards.make(number, "0", "0", DIRECTOR)
    assert set(refused.value.message_dict) == {"number"}


def test_everything_wrong_with_a_card_is_said_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        cards.make("x", "7", "", DIRECTOR)
    assert set(refused.value.message_dict) == {"number", "category", "type"}


def test_a_number_is_given_once() -> None:
    cards.make(NUMBER, "0", "0", DIRECTOR)
    with pytest.raises(ValidationError, match="already"):
        cards.make(NUMBER, "0", "0", DIRECTOR)
    assert CardEvent.objects.count() == 1


def test_a_new_card_is_issued_and_stays_so_when_it_is_issued_again() -> None:
    card(issued=False)
    assert cards.issue(NUMBER, TILL).status == ISSUED
    assert cards.issue(NUMBER, CC).status == ISSUED
    assert _history()[1:] == [("issued", ISSUED, "till-7", "till", "")]


def test_an_active_and_a_blocked_card_cannot_be_issued() -> None:
    card(of=contact())
    assert _key(cards.issue, NUMBER, TILL) == Key.STATUS_ERROR
    cards.block(NUMBER, "", "0", CC)
    assert _key(cards.issue, NUMBER, TILL) == Key.STATUS_ERROR


def test_binding_to_a_contact_of_whom_enough_is_known_activates_at_once() -> None:
    anna = contact()
    card()
    bound = cards.bind(NUMBER, "(201) 555-0123", TILL)
    assert (bound.status, bound.contact) == (ACTIVE, anna)
    assert _history()[2:] == [("bound", ISSUED, "till-7", "till", ""), ("activated", ACTIVE, "till-7", "till", "")]
    assert {event.contact_id for event in CardEvent.objects.all()[2:]} == {anna.pk}


@pytest.mark.parametrize("missing", [{"name": ""}, {"birth_date": None}])
def test_binding_to_a_contact_of_whom_too_little_is_known_leaves_the_card_issued(missing: dict[str, Any]) -> None:
    anna = contact(**missing)
    card()
    assert cards.bind(NUMBER, PHONE, TILL).status == ISSUED
    assert _key(cards.activate, NUMBER, TILL) == Key.STATUS_ERROR
    anna.name, anna.birth_date = "Anna", dt.date(1990, 1, 1)
    anna.save()
    assert cards.activate(NUMBER, TILL).status == ACTIVE
    assert _history()[-1] == ("activated", ACTIVE, "till-7", "till", "")


def test_what_is_missing_is_named_by_its_field() -> None:
    contact(name="", birth_date=None)
    card()
    cards.bind(NUMBER, PHONE, TILL)
    with pytest.raises(Refused, match="fill in name, birth_date"):
        cards.activate(NUMBER, TILL)


def test_what_is_enough_follows_the_settings(settings: Any) -> None:
    contact(name="", birth_date=None, email="anna@example.com")
    card()
    settings.LOYALTY_REQUIRED_CONTACT_FIELDS = ["email"]
    assert cards.bind(NUMBER, PHONE, TILL).status == ACTIVE
    cards.block(NUMBER, "", "0", CC)
    settings.LOYALTY_REQUIRED_CONTACT_FIELDS = ["email", "name"]
    assert cards.unblock(NUMBER, "", "0", CC).status == ISSUED
    settings.LOYALTY_REQUIRED_CONTACT_FIELDS = []
    assert cards.activate(NUMBER, TILL).status == ACTIVE


def test_binding_again_is_as_once_and_activates_what_can_be_by_now() -> None:
    anna = contact(name="")
    card()
    cards.bind(NUMBER, PHONE, TILL)
    before = _history()
    assert cards.bind(NUMBER, PHONE, TILL).status == ISSUED
    assert _history() == before
    anna.name = "Anna"
    anna.save()
    assert cards.bind(NUMBER, PHONE, TILL).status == ACTIVE
    assert cards.bind(NUMBER, PHONE, TILL).status == ACTIVE
    assert _history() == [*before, ("activated", ACTIVE, "till-7", "till", "")]


def test_a_new_and_a_blocked_card_are_bound_to_nobody() -> None:
    anna = contact()
    card(issued=False)
    assert _key(cards.bind, NUMBER, PHONE, TILL) == Key.STATUS_ERROR
    card(OTHER_NUMBER, of=anna)
    cards.block(OTHER_NUMBER, "", "0", CC)
    assert _key(cards.bind, OTHER_NUMBER, PHONE, TILL) == Key.STATUS_ERROR


def test_a_card_is_of_one_contact_and_a_contact_has_one_card() -> None:
    card(of=contact())
    contact("C100002", OTHER_PHONE)
    card(OTHER_NUMBER)
    assert _key(cards.bind, NUMBER, OTHER_PHONE, TILL) == Key.BOUND_TO_ANOTHER_CONTACT
    assert _key(cards.bind, OTHER_NUMBER, PHONE, TILL) == Key.CONTACT_HAS_ANOTHER_CARD
    for reason, by in (("0", CC), ("3", CC), ("1", SENIOR), ("2", DIRECTOR)):
        cards.block(NUMBER, "", reason, by)
        assert _key(cards.bind, OTHER_NUMBER, PHONE, TILL) == Key.CONTACT_HAS_ANOTHER_CARD
    cards.block(NUMBER, "", "4", CC)
    assert cards.bind(OTHER_NUMBER, PHONE, TILL).status == ACTIVE
    assert Card.objects.get(number=NUMBER).replaced_by == Card.objects.get(number=OTHER_NUMBER)


def test_a_new_and_an_unbound_card_cannot_be_activated_and_an_active_one_stays() -> None:
    card(issued=False)
    assert _key(cards.activate, NUMBER, TILL) == Key.STATUS_ERROR
    cards.issue(NUMBER, TILL)
    assert _key(cards.activate, NUMBER, TILL) == Key.STATUS_ERROR
    contact()
    cards.bind(NUMBER, PHONE, TILL)
    before = _history()
    assert cards.activate(NUMBER, TILL).status == ACTIVE
    assert _history() == before
    cards.block(NUMBER, "", "0", CC)
    assert _key(cards.activate, NUMBER, TILL) == Key.STATUS_ERROR


def test_only_a_bound_card_can_be_blocked() -> None:
    card(issued=False)
    assert _key(cards.block, NUMBER, "", "0", CC) == Key.STATUS_ERROR
    cards.issue(NUMBER, TILL)
    assert _key(cards.block, NUMBER, "", "0", CC) == Key.STATUS_ERROR
    contact(name="")
    cards.bind(NUMBER, PHONE, TILL)
    assert cards.block(NUMBER, "", "0", CC).status == BLOCKED


def test_blocking_says_who_why_and_when() -> None:
    card(of=contact())
    before = timezone.now()
    cards.block(NUMBER, "", "3", CC)
    blocked = Card.objects.get()
    assert (blocked.block_reason, blocked.blocked_by, blocked.blocked_by_role) == ("3", "call centre", "cc_operator")
    assert blocked.blocked_at is not None
    assert before <= blocked.blocked_at <= timezone.now()
    event = CardEvent.objects.last()
    assert event is not None
    assert before <= event.at <= timezone.now()
    assert _history()[-1] == ("blocked", BLOCKED, "call centre", "cc_operator", "3")


ORDER = "03124"


@pytest.mark.parametrize("first", ORDER)
@pytest.mark.parametrize("second", ORDER)
def test_a_stricter_reason_takes_the_place_of_a_weaker_and_no_other(first: str, second: str) -> None:
    card(of=contact())
    # Somebody else each, neither of them an administrator.
    one = "marketer" if first == "3" else "director"
    two = "cc_operator" if second == "3" else "director"
    cards.block(NUMBER, "", first, Actor("one", one))
    before = Card.objects.get()
    cards.block(NUMBER, "", second, Actor("two", two))
    after = Card.objects.get()
    if ORDER.index(second) > ORDER.index(first):
        assert (after.block_reason, after.blocked_by, after.blocked_by_role) == (second, "two", two)
        assert _history()[-1] == ("stricter", BLOCKED, "two", two, second)
    else:
        assert (after.block_reason, after.blocked_by, after.blocked_at) == (first, "one", before.blocked_at)
        assert _history()[-1] == ("blocked", BLOCKED, "one", one, first)


def test_a_stricter_reason_leaves_an_administrators_lock_the_administrators() -> None:
    card(of=contact())
    cards.block(NUMBER, "", "0", ADMIN)
    cards.block(NUMBER, "", "2", DIRECTOR)
    blocked = Card.objects.get()
    assert (blocked.block_reason, blocked.blocked_by, blocked.blocked_by_role) == ("2", "admin", "administrator")
    assert _key(cards.unblock, NUMBER, "", "2", DIRECTOR) == Key.UNBLOCK_REASON_ERROR
    assert cards.unblock(NUMBER, "", "2", ADMIN).status == ACTIVE


def test_an_administrators_stricter_reason_makes_the_lock_the_administrators() -> None:
    card(of=contact())
    cards.block(NUMBER, "", "0", CC)
    cards.block(NUMBER, "", "3", ADMIN)
    assert _key(cards.unblock, NUMBER, "", "3", CC) == Key.UNBLOCK_REASON_ERROR


def test_unblocking_forgets_the_block_and_keeps_the_history() -> None:
    card(of=contact())
    cards.block(NUMBER, "", "0", CC)
    cards.unblock(NUMBER, "", "0", SENIOR)
    free = Card.objects.get()
    assert (free.status, free.block_reason, free.blocked_by, free.blocked_by_role) == (ACTIVE, "", "", "")
    assert free.blocked_at is None
    assert _history()[-2:] == [
        ("blocked", BLOCKED, "call centre", "cc_operator", "0"),
        ("unblocked", ACTIVE, "senior", "senior_employee", "0"),
    ]
    assert _key(cards.unblock, NUMBER, "", "0", SENIOR) == Key.STATUS_ERROR


def test_unblocking_leads_to_issued_while_too_little_is_known() -> None:
    contact(birth_date=None)
    card()
    cards.bind(NUMBER, PHONE, TILL)
    cards.block(NUMBER, "", "0", CC)
    assert cards.unblock(NUMBER, "", "0", CC).status == ISSUED


@pytest.mark.parametrize("act", [cards.block, cards.unblock])
def test_a_card_is_found_by_the_phone_and_both_have_to_mean_the_same(act: Callable[..., Card]) -> None:
    card(of=contact())
    contact("C100002", OTHER_PHONE)
    card(OTHER_NUMBER)
    if act is cards.unblock:
        cards.block(NUMBER, "", "0", CC)
    assert _key(act, NUMBER, OTHER_PHONE, "0", CC) == Key.CANNOT_FIND_CARD_NUMBER
    assert _key(act, OTHER_NUMBER, PHONE, "0", CC) == Key.CANNOT_FIND_CARD_NUMBER
    assert _key(act, "", OTHER_PHONE, "0", CC) == Key.CANNOT_FIND_CARD_NUMBER
    assert act(NUMBER, "201-555-0123", "0", CC).number == NUMBER


def test_the_phone_alone_is_enough() -> None:
    card(of=contact())
    assert cards.block("", "201-555-0123", "0", CC).number == NUMBER
    assert cards.unblock("", PHONE, "0", CC).number == NUMBER


def test_a_phone_means_the_card_that_is_not_blocked_for_good() -> None:
    card(of=contact())
    cards.block(NUMBER, "", "4", CC)
    assert _key(cards.unblock, "", PHONE, "0", CC) == Key.UNBLOCK_REASON_ERROR
    card(OTHER_NUMBER)
    cards.bind(OTHER_NUMBER, PHONE, TILL)
    assert cards.block("", PHONE, "0", CC).number == OTHER_NUMBER
    assert cards.unblock("", PHONE, "0", CC).number == OTHER_NUMBER


def test_a_phone_means_the_usable_card_though_a_later_one_was_replaced() -> None:
    card()
    card(OTHER_NUMBER, of=contact())
    cards.block(OTHER_NUMBER, "", "4", CC)
    cards.bind(NUMBER, PHONE, TILL)
    assert cards.block("", PHONE, "0", CC).number == NUMBER
    assert cards.unblock("", PHONE, "0", CC).number == NUMBER


@pytest.mark.parametrize(
    ("act", "missing", "malformed"),
    [
        (lambda number: cards.issue(number, TILL), Key.CARD_NUMBER_CANNOT_FIND, Key.INVALID_CARD_NUMBER),
        (lambda number: cards.bind(number, PHONE, TILL), Key.CANNOT_FIND_CARD_NUMBER, Key.INVALID_CARD_NUMBER),
        (lambda number: cards.activate(number, TILL), Key.CANNOT_FIND_CARD_NUMBER, Key.CANNOT_FIND_CARD_NUMBER),
        (lambda number: cards.block(number, "", "0", CC), Key.CANNOT_FIND_CARD_NUMBER, Key.INVALID_CARD_NUMBER),
        (lambda number: cards.unblock(number, "", "0", CC), Key.CANNOT_FIND_CARD_NUMBER, Key.INVALID_CARD_NUMBER),
    ],
)
def test_each_method_has_its_own_word_for_a_card_that_is_not_there(
    act: Callable[[str], Card], missing: Key, malformed: Key
) -> None:
    contact()
    assert _key(act, NOWHERE) == missing
    for odd in ("12", "1" * 20, "4000\x0012341234", "١٢٣٤٥٦٧٨", "%s%s%s%s", "'; DROP TABLE", "9" * 1_000_000):
        assert _key(act, odd) == malformed


@pytest.mark.parametrize("act", [cards.block, cards.unblock])
def test_each_way_to_miss_a_phone_has_its_word(act: Callable[..., Card]) -> None:
    card()
    assert _key(cards.bind, NUMBER, OTHER_PHONE, TILL) == Key.CANNOT_FIND_MOBILE
    assert _key(act, "", OTHER_PHONE, "0", CC) == Key.CANNOT_FIND_MOBILE
    for odd in ("12", "phone", "+1201555\x000123", "+1 201 555 0123 0123", "+" * 100_000):
        assert _key(cards.bind, NUMBER, odd, TILL) == Key.INVALID_MOBILE_NUMBER
        assert _key(act, "", odd, "0", CC) == Key.INVALID_MOBILE_NUMBER


def test_what_is_refused_leaves_no_trace() -> None:
    card(issued=False)
    before = _history()
    contact()
    for act in (
        lambda: cards.bind(NUMBER, PHONE, TILL),
        lambda: cards.activate(NUMBER, TILL),
        lambda: cards.block(NUMBER, "", "0", CC),
        lambda: cards.unblock(NUMBER, "", "0", CC),
    ):
        assert _key(act) == Key.STATUS_ERROR
    assert _history() == before


def _key(act: Callable[..., object], *arguments: object) -> Key:
    with pytest.raises(Refused) as refused:
        act(*arguments)
    assert refused.value.sentence.endswith(".")
    return refused.value.key


def _history(number: str = NUMBER) -> list[tuple[str, str, str, str, str]]:
    """What, status after it, by whom, in which role, for which reason."""
    return list(
        CardEvent.objects.filter(card__number=number)
        .order_by("id")
        .values_list("what", "status", "by", "role", "reason")
    )
