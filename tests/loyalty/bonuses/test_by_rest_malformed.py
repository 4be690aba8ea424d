"""Bonuses by REST, half broken: every field that is wrong is named, and nothing is written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.reader import problem
from tests.loyalty.bonuses.receipts import CARD, EARNED, SPENT, WRITES
from tests.loyalty.bonuses.saying import written

pytestmark = pytest.mark.django_db

AMOUNTS: list[Any] = [
    *(0, -1, "0", "-1", "+1", "1e2", " 1", "1 ", "1,5", "", "x", "١", "１", True, [], {}, None, 10**10, "10000000000"),
    *("0.001", 0.001, "NaN", "Infinity", 10**400, "1" * 500, "\x00", "\ud800"),
]
TYPES: list[Any] = ["2", "", "cash", 2, -1, True, None, [], 10**30, "0\x00"]
REFERENCES: list[Any] = ["", " ", "x" * 101, "a\nb", "\x00", "\ud800", True, None, [], {}, 1.5, 10**200]
DAYS: list[Any] = [
    *("", "tomorrow", "2026-02-30", "20260401", "2026-04-01T00:00:00Z", "0000-01-01", 20260401, True, [], "1899-12-31"),
]
BODIES = [
    *(b"{", b"[]", b'"text"', b"1", b"null", b"\xff", b"[" * 100_000, b'{"amount": NaN}'),
    b'{"amount": 1e999999999999}',
]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        *(({"amount": amount}, "amount") for amount in AMOUNTS),
        *(({"type_code": code}, "type_code") for code in TYPES),
        *(({"reference": text}, "reference") for text in REFERENCES),
        *(({"expires_on": day}, "expires_on") for day in DAYS),
        ({"active_from": "2026-13-01"}, "active_from"),
        ({"active_from": "2026-04-01", "expires_on": "2026-04-01"}, "expires_on"),
        ({"amuont": 1}, "amuont"),
    ],
)
def test_an_accrual_that_is_malformed_is_named_by_its_field(till, changes, field):
    assert set(problem(till.say(f"{CARD}/accruals", EARNED | changes), 400)["errors"]) == {field}
    assert written() == (0, 0, 0)


@pytest.mark.parametrize(
    ("path", "said", "fields"),
    [
        ("accruals", {}, {"amount", "type_code", "reference"}),
        ("spends", {}, {"amount", "reference"}),
        ("spends", {"amount": 0, "reference": "\x00"}, {"amount", "reference"}),
        ("spends", SPENT | {"type_code": "0"}, {"type_code"}),
        ("reversals", {}, {"reference", "reverses"}),
        ("reversals", {"reference": "R3", "reverses": "R2", "kind": "hold"}, {"kind"}),
        ("reversals", {"reference": "R3", "reverses": "\x00"}, {"reverses"}),
        ("reversals", {"reference": "R3", "reverses": "R2", "amount": 1}, {"amount"}),
        ("holds", {"amount": 1, "reference": "a/b"}, {"reference"}),
        ("holds/H1/confirm", {"amount": 0}, {"amount"}),
        ("holds/H1/confirm", {"amount": "x"}, {"amount"}),
        ("holds/H1/confirm", {"reference": "H1"}, {"reference"}),
        ("holds/H1/void", {"amount": 1}, {"amount"}),
    ],
)
def test_what_is_malformed_is_named_by_its_field(till, path, said, fields):
    assert set(problem(till.say(f"{CARD}/{path}", said), 400)["errors"]) == fields
    assert written() == (0, 0, 0)


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("body", BODIES)
def test_what_is_no_object_is_refused(till, path, body):
    assert problem(till.say(f"{CARD}/{path}", None, body=body), 400)["errors"]


@pytest.mark.parametrize("path", [*WRITES, "entries"])
def test_unknown_cards_are_404_whatever_they_are_called(till, path):
    for number in ("4000123412340000", "x", "%00", "１" * 16, "9" * 300, "%F0%9F%92%A9"):
        if path == "entries":
            problem(till.ask(f"cards/{number}/entries"), 404)
        else:
            said = {"reversals": {"reference": "R3", "reverses": "R2"}, "accruals": EARNED}.get(path, SPENT)
            problem(till.say(f"cards/{number}/{path}", {} if "/" in path else said), 404)


def test_parameters_and_verbs_that_are_none_are_refused(till):
    for path in WRITES:
        problem(till.say(f"{CARD}/{path}?amount=1", SPENT), 400)
        problem(till.ask(f"{CARD}/{path}"), 405)
    problem(till.say(f"{CARD}/entries", {}), 405)
    till.refused(f"{CARD}/entries", kinds="spend")
    till.refused(f"{CARD}/entries", kind="gift")
