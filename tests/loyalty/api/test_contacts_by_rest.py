"""/api/v1/contacts: registered once, changed by field, found by each filter, and never a 500."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.utils import timezone

from loyalty import erasing
from loyalty.models import Contact
from tests.api.reader import problem
from tests.loyalty.api.office import ANNA, CARD, Office
from tests.loyalty.making import card

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(db: None) -> Office:
    return Office()


def test_what_is_registered_is_read_back_as_it_was_answered(office):
    said = office.made("contacts", ANNA)
    assert {name: said[name] for name in ANNA} == ANNA
    assert (said["is_sufficient"], said["cards"], said["erased_at"]) == (True, [], None)
    assert said["created_at"].endswith("Z")
    assert office.read("contacts/C100001") == said
    assert office.rows("contacts") == [said]


def test_code_name_and_phone_are_needed_and_the_name_may_be_empty(office):
    assert set(problem(office.say("contacts", {}), 400)["errors"]) == {"code", "name", "mobile_number"}
    said = office.made("contacts", {"code": "C100001", "name": "", "mobile_number": "(201) 555-0123"})
    assert (said["name"], said["mobile_number"], said["email"], said["birth_date"]) == ("", "+12015550123", None, None)
    assert said["is_sufficient"] is False


def test_the_same_again_is_refused_by_both_fields_and_with_its_key_answered_as_before(office):
    first = office.say("contacts", ANNA, key="k1")
    again = office.say("contacts", ANNA, key="k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    problem(office.say("contacts", ANNA | {"name": "Other"}, key="k1"), 409)
    assert set(problem(office.say("contacts", ANNA), 400)["errors"]) == {"code", "mobile_number"}
    assert Contact.objects.count() == 1


NOT_SO: dict[str, tuple[Any, ...]] = {
    "code": ("", "C12", "c100001", "C1234567890123", "C10000\x00", "C١٠٠٠٠١", [], {}, True, 1.5),
    "name": ("x" * 201, "A\x00", "A\x07B", "A\ud800", ["A"], True),
    "mobile_number": ("", None, "12", "x", "+1201555012\x003", "+" * 999, [], False),
    "email": ("anna", "a@b", "@example.com", "a\x00@example.com", "x" * 300 + "@example.com"),
    "birth_date": ("29.02.1984", "1984-02-30", "1899-12-31", "2984-01-01", "x", 19840229, "1984-02-29T00:00"),
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in NOT_SO.items() for value in values])
def test_what_cannot_be_is_refused_by_the_name_of_its_field(office, field, value):
    assert set(problem(office.say("contacts", ANNA | {field: value}), 400)["errors"]) == {field}
    office.made("contacts", ANNA | {"code": "C100009", "mobile_number": "+12015550199"})
    assert set(problem(office.change("contacts/C100009", {field: value}), 400)["errors"]) == {field}


def test_nobody_is_born_today(office):
    today = timezone.now().date().isoformat()
    assert set(problem(office.say("contacts", ANNA | {"birth_date": today}), 400)["errors"]) == {"birth_date"}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'"text"', b"1", b"\xff\xfe", b'{"code": NaN}', b'{"code": 1e999999999}',
        b'{"code": ' + b"9" * 5000 + b"}", b"[" * 100_000, b'{"code": "' + b"x" * 1_000_000 + b'"}', b'{"a": 1}',
        b'{"code": "C1", "name": {"$gt": ""}, "mobile_number": "\xf0\x9f\x93\x9e"}',
    ],
)  # fmt: skip
def test_odd_bodies_are_refused_and_never_break_anything(office, body):
    office.made("contacts", ANNA)
    problem(office.say("contacts", None, body=body), 400)
    problem(office.change("contacts/C100001", None, body=body), 400)
    problem(office.say("cards", None, body=body), 400)
    assert Contact.objects.get().name == "Anna Berg"


def test_a_field_or_a_parameter_nobody_knows_is_refused(office):
    assert set(problem(office.say("contacts", ANNA | {"phone": "1"}), 400)["errors"]) == {"phone"}
    assert set(problem(office.say("contacts?force=1", ANNA), 400)["errors"]) == {"force"}


def test_a_change_leaves_the_rest(office):
    office.made("contacts", ANNA)
    said = office.change("contacts/C100001", {"mobile_number": "201 555 0177", "email": None}).json()
    assert {name: said[name] for name in ANNA} == ANNA | {"mobile_number": "+12015550177", "email": None}
    assert office.change("contacts/C100001", {"code": "C100002"}).json()["code"] == "C100002"
    problem(office.change("contacts/C100001", {"name": "X"}), 404)
    assert office.change("contacts/C100002/", {}).status_code == 200
    # Who changed what is kept.
    rows = Contact.history.order_by("history_id")
    assert [(row.code, row.mobile_number) for row in rows] == [
        ("C100001", "+12015550123"),
        ("C100001", "+12015550177"),
        ("C100002", "+12015550177"),
    ]
    assert {row.history_change_reason for row in rows} == {"account office"}


def test_a_change_to_what_another_has_is_refused(office):
    office.made("contacts", ANNA)
    office.made("contacts", ANNA | {"code": "C100002", "mobile_number": "+12015550177"})
    assert set(problem(office.change("contacts/C100002", ANNA), 400)["errors"]) == {"code", "mobile_number"}


def test_cards_of_a_contact_stay_as_they_are_when_it_changes(office):
    office.made("contacts", {"code": "C100001", "name": "", "mobile_number": "+12015550123"})
    card(of=Contact.objects.get())
    said = office.change("contacts/C100001", ANNA).json()
    assert (said["is_sufficient"], said["cards"]) == (True, [CARD["number"]])
    assert office.read(f"cards/{CARD['number']}")["status_code"] == "1"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "bert anna"),
        ({"order": "asc"}, "anna bert"),
        ({"code": "C100001"}, "anna"),
        ({"code": "C999999"}, ""),
        ({"mobile_number": "+12015550123"}, "anna"),
        ({"mobile_number": " 12015550123"}, "anna"),
        ({"mobile_number": "(201) 555-0123"}, "anna"),
        ({"email": "ANNA@example.com"}, "anna"),
        ({"erased": "false"}, "bert anna"),
        ({"erased": "true"}, "gone"),
        ({"created_from": "2100-01-01T00:00:00Z"}, ""),
        ({"created_to": "2100-01-01T00:00:00Z"}, "bert anna"),
    ],
)
def test_contacts_are_found_by_what_is_asked(office, asked, found):
    office.made("contacts", ANNA)
    office.made("contacts", {"code": "C100002", "name": "Bert", "mobile_number": "+12015550177"})
    office.made("contacts", {"code": "C100003", "name": "Gone", "mobile_number": "+12015550188"})
    gone = erasing.erase(Contact.objects.get(code="C100003").pk, "desk")
    codes = {"anna": "C100001", "bert": "C100002", "gone": gone.code}
    assert [row["code"] for row in office.rows("contacts", **asked)] == [codes[name] for name in found.split()]


@pytest.mark.parametrize("asked", [{"mobile_number": "12"}, {"erased": "yes"}, {"name": "Anna"}, {"created_from": "x"}])
def test_a_filter_that_is_not_understood_is_refused(office, asked):
    assert set(office.refused("contacts", **asked)["errors"]) == set(asked)


def test_of_an_erased_contact_nothing_is_written_any_more(office):
    office.made("contacts", ANNA)
    gone = erasing.erase(Contact.objects.get().pk, "desk")
    said = office.read(f"contacts/{gone.code}")
    assert (said["name"], said["mobile_number"], said["is_sufficient"]) == ("", None, False)
    assert set(problem(office.change(f"contacts/{gone.code}", ANNA), 400)["errors"]) == {"code"}
    problem(office.ask("contacts/C100001"), 404)


def test_contacts_are_given_as_a_table(office):
    office.made("contacts", ANNA | {"name": "=1+1"})
    answer = office.ask("contacts", accept="text/csv")
    (row,) = csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig")))
    assert (row["code"], row["mobile_number"].lstrip("'")) == ("C100001", "+12015550123")
    assert row["name"] == "'=1+1"


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("reader", 200, 403), ("back_office", 200, 201), ("administrator", 200, 201), ("till", 403, 403),
        ("client", 403, 403), ("cc_operator", 403, 403), ("marketer", 403, 403), ("senior_employee", 403, 403),
        ("director", 403, 403),
    ],
)  # fmt: skip
def test_roles_read_and_write_what_they_may(office, role, reads, writes):
    office.made("contacts", ANNA)
    office.made("cards", CARD)
    other = Office(role, "other")
    for path in ("contacts", "contacts/C100001", "cards", f"cards/{CARD['number']}"):
        assert other.ask(path).status_code == reads
    said: dict[str, Any] = ANNA | {"code": "C100002", "mobile_number": "+12015550177"}
    assert other.say("contacts", said).status_code == writes
    assert other.say("cards", CARD | {"number": "4000999999999999"}).status_code == writes
    assert other.change("contacts/C100001", {}).status_code == (200 if writes == 201 else 403)


def test_more_contacts_take_no_more_queries(office, django_assert_max_num_queries):
    for number in range(12):
        office.made("contacts", ANNA | {"code": f"C2000{number:02}", "mobile_number": f"+120155501{number:02}"})
    with django_assert_max_num_queries(4):
        assert len(office.rows("contacts")) == 12
