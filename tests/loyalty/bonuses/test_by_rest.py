"""Bonuses by REST: /api/v1/cards/{number}/…, as tills and back offices send and read them."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.test import Client

from loyalty.models import Entry
from safes.models.machine_account import Role
from tests.api.reader import Reader, problem
from tests.loyalty import making
from tests.loyalty.api.office import Office
from tests.loyalty.bonuses.receipts import CARD, EARNED, SPENT, WRITES
from tests.loyalty.bonuses.saying import NEXT, active_card, balance, block, replace, written
from tests.transactions.at_once import at_once

pytestmark = pytest.mark.django_db


def entries(reader: Reader, **filters: Any) -> list[dict[str, Any]]:
    return reader.rows(f"{CARD}/entries", **filters)


def test_a_receipt_earns_and_spends_and_is_returned(till):
    earned = till.made(f"{CARD}/accruals", EARNED | {"active_from": "2026-03-14", "expires_on": "2026-04-14"})
    assert earned.pop("id")
    assert earned.pop("at").endswith("Z")
    assert earned == {
        "reference": "R1", "kind": "accrual", "card": "••••1234", "amount": "12.50", "change": "12.50",
        "type_code": "0", "active_from": "2026-03-14", "expires_on": "2026-04-14", "balance": "12.50",
        "reverses": None, "by": "till-7",
    }  # fmt: skip
    spent = till.made(f"{CARD}/spends", SPENT)
    assert [spent[name] for name in ("kind", "amount", "change", "balance")] == ["spend", "2.50", "-2.50", "10.00"]
    undone = till.made(f"{CARD}/reversals", {"reference": "R3", "reverses": "R2"})
    assert [undone[name] for name in ("kind", "reverses", "balance")] == ["reversal", "R2", "12.50"]
    assert [one["reference"] for one in entries(till)] == ["R3", "R2", "R1"]
    assert entries(till, order="asc")[1] == spent


def test_a_hold_is_confirmed_or_voided(till):
    till.made(f"{CARD}/accruals", EARNED)
    for reference in ("H1", "H2", "H3"):
        held = till.made(f"{CARD}/holds", {"amount": 2, "reference": reference})
        assert (held["kind"], held["change"]) == ("hold", "-2.00")
    assert till.made(f"{CARD}/holds/H1/confirm", {"amount": 1.5})["change"] == "-1.50"
    assert till.made(f"{CARD}/holds/H2/void", {})["kind"] == "release"
    answer = till.say(f"{CARD}/holds/H3/confirm", None, body=b"")
    assert (answer.status_code, answer.json()["amount"], answer.json()["balance"]) == (201, "2.00", "9.00")
    problem(till.say(f"{CARD}/holds/H1/void", None, body=b""), 409)
    problem(till.say(f"{CARD}/holds/H4/void", {}), 404)


@pytest.mark.parametrize("amount", ["12.5", "12.50", 12.5, "012.50"])
def test_amounts_are_exact_whichever_way_they_are_written(till, amount):
    assert till.made(f"{CARD}/accruals", EARNED | {"amount": amount})["amount"] == "12.50"


def test_amounts_are_read_without_floating_point(till):
    body = json.dumps(EARNED | {"amount": 0}).replace('"amount": 0', '"amount": 9999999999.99').encode()
    answer = till.say(f"{CARD}/accruals", None, body=body)
    assert answer.json()["balance"] == "9999999999.99"
    assert (
        till.made(f"{CARD}/accruals", EARNED | {"amount": 1, "reference": 4711, "type_code": 1})["reference"] == "4711"
    )


# --- twice --------------------------------------------------------------------------------------------------------


def test_a_repeat_is_200_with_the_same_entry(till):
    calls = [
        ("accruals", EARNED),
        ("spends", SPENT),
        ("reversals", {"reference": "R3", "reverses": "R2"}),
        ("holds", {"amount": 1, "reference": "H1"}),
        ("holds/H1/confirm", {}),
        ("holds", {"amount": 1, "reference": "H2"}),
        ("holds/H2/void", {}),
    ]
    firsts = [till.made(f"{CARD}/{path}", said) for path, said in calls]
    before = written()
    block()
    for (path, said), first in zip(calls, firsts, strict=True):
        again = till.say(f"{CARD}/{path}", said)
        assert (again.status_code, again.json()) == (200, first)
    assert written() == before


def test_a_key_makes_a_repeat_harmless_too(till):
    answers = [till.say(f"{CARD}/accruals", EARNED, key="k1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotency-Replayed"] == "true"
    problem(till.say(f"{CARD}/accruals", EARNED | {"reference": "R9"}, key="k1"), 409)
    # What was refused has not used its key up.
    problem(till.say(f"{CARD}/spends", {"amount": 99, "reference": "R2"}, key="k2"), 409)
    assert till.say(f"{CARD}/spends", SPENT, key="k2").status_code == 201


def test_a_reference_with_something_else_is_409(till):
    till.made(f"{CARD}/accruals", EARNED)
    said = problem(till.say(f"{CARD}/accruals", EARNED | {"amount": 13}), 409)
    assert said["detail"] == ("This reference came with another accrual before: give each a reference of its own.")


# --- out of order -------------------------------------------------------------------------------------------------


def test_what_cannot_be_done_yet_is_refused_and_can_be_done_later(till):
    for path, said, status in (
        ("spends", SPENT, 409),
        ("reversals", {"reference": "R3", "reverses": "R2"}, 409),
        ("holds/H1/confirm", {}, 404),
    ):
        problem(till.say(f"{CARD}/{path}", said), status)
    assert entries(till) == []
    till.made(f"{CARD}/accruals", EARNED)
    till.made(f"{CARD}/spends", SPENT)
    till.made(f"{CARD}/reversals", {"reference": "R3", "reverses": "R2"})


def test_what_was_earned_comes_after_the_card_was_replaced(till):
    replace()
    earned = till.made(f"{CARD}/accruals", EARNED)
    assert (earned["card"], earned["balance"]) == ("••••9999", "12.50")
    assert entries(till) == []
    assert [one["reference"] for one in till.rows(f"cards/{NEXT}/entries")] == ["R1"]
    said = problem(till.say(f"{CARD}/spends", SPENT), 409)
    assert "••••9999" in said["detail"]
    assert NEXT not in json.dumps(said)


def test_no_more_is_spent_than_there_is(till):
    till.made(f"{CARD}/accruals", EARNED)
    said = problem(till.say(f"{CARD}/spends", {"amount": "12.51", "reference": "R2"}), 409)
    assert said["detail"] == "No more than 12.50 can be spent of this card: give a smaller amount."


# --- at once by many ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_many_tills_at_once_spend_no_more_than_there_is():
    active_card()
    till = Office("till", "till-7")
    till.made(f"{CARD}/accruals", EARNED)

    def spend(number: int, key: str | None) -> int:
        answer = till.say(f"{CARD}/spends", {"amount": 5, "reference": f"S{number}"}, key=key)
        return int(answer.status_code)

    told = Counter(at_once(*(partial(spend, number, f"k{number}") for number in range(8))))
    assert told == {201: 2, 409: 6}
    # The rest is too little for another; what was spent is spent, however often it is said.
    spent = [entry.reference for entry in Entry.objects.filter(kind="spend")]
    again = Counter(at_once(*[partial(spend, int(spent[0][1:]), None)] * 6))
    assert again == {200: 6}
    assert str(balance()) == "2.50"


# --- who may ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(Role.values))
def test_every_role_reads_entries_and_all_but_readers_write_them(till, role):
    somebody = Office(role, f"a-{role}")
    assert entries(somebody) == []
    for path, said in (("accruals", EARNED), ("spends", SPENT), ("reversals", {"reference": "R3", "reverses": "R2"})):
        if role == "reader":
            assert "only read" in problem(somebody.say(f"{CARD}/{path}", said), 403)["detail"]
        else:
            assert somebody.made(f"{CARD}/{path}", said)["by"] == f"a-{role}"


def test_nobody_unknown_writes(till):
    for path in WRITES:
        answer = Client().post(f"/api/v1/{CARD}/{path}", json.dumps(EARNED), content_type="application/json")
        problem(answer, 401)
    assert written() == (0, 0, 0)


# --- reading ------------------------------------------------------------------------------------------------------


def test_entries_are_read_in_pages_by_kind_reference_and_time(till, clock):
    for number in range(5):
        till.made(f"{CARD}/accruals", EARNED | {"reference": f"A{number}"})
    clock.move_to("2026-03-20T12:00:00Z")
    till.made(f"{CARD}/spends", SPENT)
    assert [one["reference"] for one in till.walk(f"{CARD}/entries", page_size=2, order="asc")] == [
        *(f"A{number}" for number in range(5)),
        "R2",
    ]
    assert [one["reference"] for one in entries(till, kind="spend")] == ["R2"]
    assert [one["kind"] for one in entries(till, reference="A3")] == ["accrual"]
    assert [one["reference"] for one in entries(till, at_from="2026-03-20T00:00:00Z")] == ["R2"]
    assert len(entries(till, at_to="2026-03-20T00:00:00Z")) == 5


def test_entries_of_one_card_are_not_those_of_another(till):
    till.made(f"{CARD}/accruals", EARNED)
    making.card("4000123412345555")
    assert till.rows("cards/4000123412345555/entries") == []


def test_entries_come_as_csv(till):
    till.made(f"{CARD}/accruals", EARNED | {"reference": "=1+1"})
    answer = till.ask(f"{CARD}/entries", accept="text/csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    [row] = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))
    assert (row["reference"], row["amount"], row["expires_on"]) == ("'=1+1", "12.50", "")


def test_a_call_is_a_few_queries(till, django_assert_num_queries):
    for number in range(3):
        till.made(f"{CARD}/accruals", EARNED | {"reference": f"A{number}"})
    entries(till)
    # The account, the card, what was written before, the lots, the entry, its changes to lots; and the transaction.
    with django_assert_num_queries(6 + 4):
        till.made(f"{CARD}/spends", {"amount": 30, "reference": "S1"})
    with django_assert_num_queries(3):
        assert len(entries(till)) == 4


# --- whoever tries numbers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["spends", "accruals", "entries", "holds/H1/void"])
def test_whoever_tries_numbers_is_told_to_wait(till, settings, path):
    settings.LOYALTY_MISS_LIMIT = "3/min"

    def ask(number: str) -> Any:
        if path == "entries":
            return till.ask(f"cards/{number}/entries")
        said = {"spends": SPENT, "accruals": EARNED}.get(path, {})
        return till.say(f"cards/{number}/{path}", said)

    for number in range(3):
        problem(ask(f"400012341234000{number}"), 404)
    answer = ask("4000123412340009")
    problem(answer, 429)
    assert 0 < int(answer["Retry-After"]) <= 60
    # What is there is not limited, and other accounts are not.
    assert till.say(f"{CARD}/accruals", EARNED).status_code == 201
    problem(Office("till", "till-8").say("cards/4000123412340009/spends", SPENT), 404)


def test_whoever_may_read_all_cards_is_not_counted(till, settings):
    settings.LOYALTY_MISS_LIMIT = "1/min"
    office = Office("back_office", "office")
    for number in range(4):
        problem(office.say(f"cards/400012341234000{number}/spends", SPENT), 404)


def test_a_hold_that_is_not_there_is_no_missed_card(till, settings):
    settings.LOYALTY_MISS_LIMIT = "1/min"
    for _ in range(3):
        problem(till.say(f"{CARD}/holds/H1/void", {}), 404)
