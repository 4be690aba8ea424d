"""Every address of the document, in every spelling, by the right verb; anything else is refused in the same form."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.loyalty.door.till import Till, key, said
from tests.loyalty.making import NUMBER, PHONE, card, contact

pytestmark = pytest.mark.django_db

ASKED = [f"balance/by/{NUMBER}", f"balance/by/phone/{PHONE}", "balance/by/C100001", f"active?Number={NUMBER}"]
CHANGES = ["issue", "active", "bindto", "binto", "block", "unblock"]


@pytest.fixture
def till(db: None) -> Till:
    return Till()


def spellings(path: str) -> list[str]:
    """The whole of it in capitals, in small letters, in both; with a slash and without."""
    address, question, query = f"/api/card/{path}".partition("?")
    cases = [address, address.upper(), address.title(), address.swapcase()]
    return [f"{one}{slash}{question}{query}" for one in cases for slash in ("", "/")]


@pytest.mark.parametrize("path", [ASKED[0], ASKED[1], ASKED[3]])
def test_addresses_are_read_in_any_case_and_with_a_slash(till, path):
    card(of=contact())
    for one in spellings(path):
        assert key(till.get(one)) == "OK", one


def test_a_contact_code_keeps_its_case_and_its_address_need_not(till):
    card(of=contact())
    assert key(till.get("/API/Card/BALANCE/By/C100001/")) == "OK"
    assert key(till.get("balance/by/c100001")) == "InvalidCardNumber"


@pytest.mark.parametrize("path", ["bindto", "BindTo", "binto", "BinTo", "BINDTO"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_bind_is_reached_by_both_its_names(till, path, slash):
    card()
    contact()
    assert key(till.post(path + slash, Number=NUMBER, MobileNumber=PHONE)) == "OK"


@pytest.mark.parametrize("path", ["block", "Block/", "unblock", "UnBlock/", "UNBLOCK"])
def test_block_and_unblock_are_reached_in_any_case(till, path):
    assert key(till.post(path)) == "RequiredParameterNotSpecified"


@pytest.mark.parametrize("path", ["", "/", "x", "balance", "balance/by", "balance/by/", "issue/now", "%0A", "cards/1"])
def test_there_is_nothing_elsewhere(till, path):
    for method in ("GET", "POST"):
        assert key(till.ask(method, f"/api/card{path and '/'}{path}"), 404) == "NotFound"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (ASKED[0], "GET, HEAD"),
        (ASKED[1], "GET, HEAD"),
        ("issue", "GET"),
        ("active", "GET"),
        *((path, "POST") for path in ("bindto", "binto", "block", "unblock")),
    ],
)
def test_each_is_asked_by_its_verb_alone(till, path, allowed):
    card(of=contact())
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        answer = till.ask(method, path)
        if method in allowed.split(", "):
            assert answer.status_code == 200
        else:
            assert answer.status_code == 405
            assert answer["Allow"] == allowed
            assert answer["Cache-Control"] == "no-store"
            assert method == "HEAD" or key(answer, 405) == "MethodNotAllowed"


def test_head_of_a_balance_is_answered_without_a_body_and_changes_nothing(till):
    card(of=contact())
    answer = till.ask("HEAD", ASKED[0])
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (200, b"", "no-store")
    card("4000123412349999", issued=False)
    assert till.ask("HEAD", "issue?Number=4000123412349999").status_code == 405
    assert said(till.get("balance/by/4000123412349999"))["StatusCode"] == "0"


def test_the_addresses_have_names():
    assert reverse("card-issue").rstrip("/") == "/api/card/issue"
    assert reverse("card-balance", kwargs={"value": NUMBER}).rstrip("/") == f"/api/card/balance/by/{NUMBER}"
