"""The card desk finds what the holder can say, and leads straight to the one card that is meant."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import replacing
from loyalty.admin.looking import look
from loyalty.erasing import erase
from loyalty.models import Card, Contact
from tests.loyalty.making import ADMINISTRATOR, NUMBER, PHONE, card, contact
from tests.staff import page

pytestmark = pytest.mark.django_db

DESK = "/admin/loyalty/card/desk/"
NEXT = "5000123412340001"


@pytest.fixture
def anna() -> Contact:
    someone = contact(name="Anna-Maria von Berg")
    card(of=someone)
    return someone


def found(typed: str) -> list[tuple[str | None, str | None]]:
    return [
        (line.card.number if line.card else None, line.contact.code if line.contact else None)
        for line in look(typed).lines
    ]


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        "4000 1234 1234 1234",
        "4000-1234-1234-1234",
        f"  {NUMBER} ",
        PHONE,
        "(201) 555-0123",
        "201 555 0123",
        "+1 201.555.0123",
        "C100001",
        "c100001",
    ],
)
def test_what_means_one_card_leads_straight_to_it(staff, anna, typed):
    contact("C100002", "+12015550124")
    card(NEXT, issued=False)
    answer = staff.post(DESK, {"q": typed})
    assert answer["Location"] == page(Card, "change", anna.cards.get().pk)


@pytest.mark.parametrize("typed", ["1234", "12341234", "400012", "anna", "MARIA", "ber", "von ann", "berg anna", "mar"])
def test_a_part_of_it_finds_rows(anna, typed):
    assert found(typed) == [(NUMBER, "C100001")]


@pytest.mark.parametrize(
    "typed", ["0123", "4000", "erg", "anna x", "bob", "99999999", "C999999", "+12015550199", "(201) 555-0199"]
)
def test_what_is_no_part_of_it_finds_nothing(anna, typed):
    assert found(typed) == []


def test_a_phone_leads_to_the_card_in_use_and_not_to_those_before(staff, anna):
    after = card(NEXT, issued=False)
    replacing.replace(NUMBER, NEXT, ADMINISTRATOR)
    assert staff.post(DESK, {"q": PHONE})["Location"] == page(Card, "change", after.pk)
    assert staff.post(DESK, {"q": NUMBER})["Location"] == page(Card, "change", anna.cards.get(number=NUMBER).pk)
    assert found("berg") == [(NEXT, "C100001")]


def test_a_contact_without_a_card_is_led_to(staff):
    one = contact()
    assert staff.post(DESK, {"q": PHONE})["Location"] == page(Contact, "change", one.pk)


def test_what_is_a_card_and_a_phone_at_once_shows_both(staff, anna):
    card("2015550123", issued=False)
    assert found("2015550123") == [("2015550123", None), (NUMBER, "C100001")]
    assert "2 found" in staff.post(DESK, {"q": "2015550123"}, follow=True).content.decode()


@pytest.mark.parametrize("typed", ["1", "123", "a", ".", "(", "12 x"])
def test_too_little_is_answered_with_what_can_be_given(staff, typed):
    shown = staff.post(DESK, {"q": typed}, follow=True)
    assert shown.status_code == 200
    assert shown.context["refused"] or typed == "12 x"


@pytest.mark.parametrize(
    "typed",
    ["x" * 201, "\x00", "a\x00nna", "'; --", "anna:*", "!ann & |", "%", "١٢٣٤", "²²²²", "9" * 200],
)
def test_whatever_is_typed_is_answered(staff, anna, typed):
    assert staff.post(DESK, {"q": typed}, follow=True).status_code == 200


def test_many_of_a_name_are_cut_and_it_says_so(staff):
    for number in range(25):
        contact(f"C2000{number:02d}", f"+120155501{number:02d}", name=f"Anna {number}")
    shown = staff.post(DESK, {"q": "anna"}, follow=True).content.decode()
    assert "The first 20; there are more" in shown


def test_an_erased_contact_is_found_by_nothing_it_was(anna):
    erase(anna.pk, "root")
    assert [found(typed) for typed in (PHONE, "C100001", "anna", "berg")] == [[], [], [], []]


def test_who_may_not_see_contacts_is_led_to_none(client, as_role):
    client = as_role("Integration admin")
    assert client.post(DESK, {"q": PHONE}).status_code == 403


@pytest.fixture
def many():
    """So many rows, and known to be, that a plan for them is that for all there will be."""
    with connection.cursor() as cursor:
        cursor.execute("""
            INSERT INTO loyalty_contact (code, name, mobile_number, email, created_at)
            SELECT 'C2' || lpad(i::text, 6, '0'), 'Name' || i || ' Other' || i, '+1303' || lpad(i::text, 7, '0'), '',
                now()
            FROM generate_series(1, 5000) AS i
        """)
        cursor.execute("""
            INSERT INTO loyalty_card (number, status, category, type, block_reason, blocked_by, blocked_by_role,
                bonus_balance, created_at)
            SELECT lpad((i * 7919)::text, 16, '7'), '0', '0', '0', '', '', '', 0, now()
            FROM generate_series(1, 5000) AS i
        """)
        cursor.execute("ANALYZE loyalty_contact, loyalty_card")


@pytest.mark.parametrize(
    ("typed", "index"),
    [
        ("0123", "card_by_last_digits"),
        ("400012", "loyalty_card_number"),
        ("ann ber", "contact_by_words_of_name"),
        (PHONE, "loyalty_contact_mobile_number"),
        ("C100001", "loyalty_contact_code"),
    ],
)
def test_each_look_is_by_an_index(many, typed, index):
    """With sequential scans out of the way a plan says what is used on many rows."""
    with CaptureQueriesContext(connection) as caught:
        look(typed)
    asked = [query["sql"] for query in caught.captured_queries if query["sql"].startswith("SELECT")]
    plans = ""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in asked:
            cursor.execute(f"EXPLAIN {query}")
            plans += " ".join(row[0] for row in cursor.fetchall())
    assert index in plans
    assert "Seq Scan" not in plans


@pytest.mark.parametrize("typed", ["0123", "400012", "ann ber"])
def test_parts_are_asked_for_in_no_order(typed):
    """In an order that an index has, the planner takes that index instead, and reads it to its end."""
    with CaptureQueriesContext(connection) as caught:
        look(typed)
    limited = [query["sql"] for query in caught.captured_queries if "LIMIT 21" in query["sql"]]
    assert limited
    assert not [query for query in limited if "ORDER BY" in query]
