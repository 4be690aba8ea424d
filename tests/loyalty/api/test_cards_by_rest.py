"""/api/v1/cards: made once, found by each filter, told with what became of them."""

from __future__ import annotations

import csv
import io

import pytest

from loyalty import cards
from loyalty.acting import Actor
from loyalty.models import Card, CardEvent
from loyalty.replacing import replace
from tests.api.reader import problem
from tests.loyalty.api.office import CARD, Office
from tests.loyalty.making import NUMBER, PHONE, card, contact

pytestmark = pytest.mark.django_db

AFTER, THIRD = "4000567856785678", "4000777777777777"
DESK = Actor("desk", "cc_operator", is_person=True)


@pytest.fixture
def office(db: None) -> Office:
    return Office()


def test_a_card_is_made_new_and_read_back_as_it_was_answered(office):
    said = office.made("cards", CARD)
    assert {name: said[name] for name in CARD} == CARD
    assert (said["status_code"], said["status_name"]) == ("0", "New")
    assert (said["category_name"], said["type_name"], said["bonus_balance"]) == ("Plastic", "Bonus/Discount", "0.00")
    assert all(
        said[name] is None for name in ("contact", "block_reason_code", "blocked_by", "blocked_at", "replaced_by")
    )
    assert office.read(f"cards/{NUMBER}") == said
    assert office.rows("cards") == [said]
    event = CardEvent.objects.get()
    assert (event.what, event.by, event.role, event.by_person) == ("made", "office", "back_office", False)


def test_numbers_may_come_as_numbers(office):
    said = office.made("cards", {"number": int(NUMBER), "category_code": 1, "type_code": 0})
    assert (said["number"], said["category_code"], said["type_code"]) == (NUMBER, "1", "0")


def test_the_same_again_is_refused_and_with_its_key_answered_as_before(office):
    first = office.say("cards", CARD, key="k1")
    again = office.say("cards", CARD, key="k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert set(problem(office.say("cards", CARD), 400)["errors"]) == {"number"}
    problem(office.say("cards", CARD | {"type_code": "1"}, key="k1"), 409)
    assert Card.objects.count() == CardEvent.objects.count() == 1


NO_NUMBERS: tuple[object, ...] = (
    *("", None, "123", "1" * 20, "4000 1234 1234", "4000\x001234", "٤٠٠٠١٢٣٤", "%s%s%s%s"),
    *(-40001234, 10**4000, [], True, 1.5),
)
NO_CODES: tuple[object, ...] = ("", None, "9", 9, "x" * 9999, "\x00", "٠", [], False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("number", number) for number in NO_NUMBERS),
        *((field, code) for field in ("category_code", "type_code") for code in NO_CODES),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_its_field(office, field, value):
    assert set(problem(office.say("cards", CARD | {field: value}), 400)["errors"]) == {field}
    assert not Card.objects.exists()


def test_nothing_said_is_answered_with_what_is_needed(office):
    assert set(problem(office.say("cards", {"status": "2"}), 400)["errors"]) == {*CARD, "status"}


@pytest.fixture
def three(db: None) -> None:
    """A replaced card, the Active one after it, and a New virtual one."""
    card(of=contact())
    card(AFTER)
    replace(NUMBER, AFTER, DESK)
    cards.make(THIRD, "1", "1", DESK)


def test_what_became_of_a_card_is_told(office, three):
    old, new = office.read(f"cards/{NUMBER}"), office.read(f"cards/{AFTER}")
    assert (old["status_code"], old["block_reason_code"], old["block_reason_name"]) == ("3", "4", "card replacement")
    assert (old["blocked_by"], old["blocked_by_role"], old["replaced_by"]) == ("desk", "cc_operator", AFTER)
    assert old["blocked_at"].endswith("Z")
    assert (new["status_name"], new["contact"], new["replaced_by"]) == ("Active", "C100001", None)
    assert office.read("contacts/C100001")["cards"] == [AFTER, NUMBER]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [THIRD, AFTER, NUMBER]),
        ({"order": "asc"}, [NUMBER, AFTER, THIRD]),
        ({"number": AFTER}, [AFTER]),
        ({"status_code": "3"}, [NUMBER]),
        ({"status_code": "0"}, [THIRD]),
        ({"category_code": "1"}, [THIRD]),
        ({"type_code": "1"}, [THIRD]),
        ({"block_reason_code": "4"}, [NUMBER]),
        ({"contact": "C100001"}, [AFTER, NUMBER]),
        ({"contact": "C100001", "status_code": "2"}, [AFTER]),
        ({"mobile_number": "(201) 555-0123"}, [AFTER, NUMBER]),
        ({"mobile_number": PHONE, "status_code": "3"}, [NUMBER]),
        ({"created_from": "2100-01-01T00:00:00Z"}, []),
        ({"created_to": "2100-01-01T00:00:00Z"}, [THIRD, AFTER, NUMBER]),
    ],
)
def test_cards_are_found_by_what_is_asked(office, three, asked, found):
    assert [row["number"] for row in office.rows("cards", **asked)] == found


@pytest.mark.parametrize("asked", [{"status_code": "7"}, {"mobile_number": "x"}, {"status": "2"}, {"created_to": "1"}])
def test_a_filter_that_is_not_understood_is_refused(office, asked):
    assert set(office.refused("cards", **asked)["errors"]) == set(asked)


def test_cards_are_given_as_a_table_and_page_by_page(office, three):
    rows = list(csv.DictReader(io.StringIO(b"".join(office.ask("cards", accept="text/csv")).decode("utf-8-sig"))))
    assert [row["number"] for row in rows] == [THIRD, AFTER, NUMBER]
    assert [row["number"] for row in office.walk("cards", page_size="1")] == [THIRD, AFTER, NUMBER]


@pytest.mark.parametrize("number", ["4000999999999999", "x", "%00", "1" * 900, "٤٠٠٠", "'--"])
def test_a_card_that_is_not_there_is_not_found(office, number):
    problem(office.ask(f"cards/{number}"), 404)


def test_more_cards_take_no_more_queries(office, three, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        assert len(office.rows("cards")) == 3


def test_a_card_is_not_changed_here(office):
    office.made("cards", CARD)
    assert office.change(f"cards/{NUMBER}", {"status_code": "2"}).status_code == 405
