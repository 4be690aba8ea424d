"""Sums of a day, by the table of types in DOMAIN.md: worked out by hand, in any order of lines."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest

from transactions.catalogue import KIND_OF
from transactions.reconciliation.days.adding_up import Denominated, Line, Sums, add_up, spelt

DAY = dt.date(2026, 3, 14)
NOON = dt.datetime.combine(DAY, dt.time(12))
SUMS = ("validated", "manual", "dispensed", "picked_up", "change_ordered", "inventory_change", "till_in", "till_out")


def line(type_: str, amount: int = 100, **more: object) -> Line:
    known: dict[str, object] = {
        "date": DAY,
        "currency": "USD",
        "type": type_,
        "register": "1",
        "user_name": "ANNA",
        "group": 7,
        "before": None,
        "count": 1,
        "amount": Decimal(amount),
        "first": NOON,
        "last": NOON,
        "first_at": None,
    }
    return Line(**(known | more))  # type: ignore[arg-type]


def piece(type_: str, unit: str, count: int) -> Denominated:
    return Denominated(DAY, "USD", type_, 7, None, Decimal(unit), Decimal(count))


# What 100 of each type comes to.
EFFECTS: dict[str, dict[str, int]] = {
    "CashIn": {"validated": 100},
    "ManualCashTransaction": {"manual": 100},
    "Servicing": {"picked_up": 100},
    "ChangeRequest": {"change_ordered": 100},
    "CoinDispense": {"dispensed": 100, "inventory_change": -100},
    "NoteDispense": {"dispensed": 100, "inventory_change": -100},
    "CoinDispenseBuyChange": {"dispensed": 100, "inventory_change": -100},
    "NoteDispenseBuyChange": {"dispensed": 100, "inventory_change": -100},
    "TubeLoaded": {"inventory_change": 100},
    "TubeRemoved": {"inventory_change": -100},
    "TubeDumped": {"inventory_change": -100},
    "BuyChange": {},
    "CashAcceptedTillCheckin": {"inventory_change": 100, "till_in": 100},
    "CashAcceptedAddCash": {"inventory_change": 100},
    "CashAcceptedReplenishment": {"inventory_change": 100},
    "CashAcceptedCashFundTransferIn": {"inventory_change": 100},
    "CashDispenseTillCheckout": {"inventory_change": -100, "till_out": 100},
    "CashDispenseAdvanceCash": {"inventory_change": -100},
    "CashDispenseCashFundTransferOut": {"inventory_change": -100},
    "EndOfDay": {},
    "Placeholder": {},
    "FooBar": {},
}


def sums_of(day: Sums) -> dict[str, int]:
    return {name: int(getattr(day, name)) for name in SUMS if getattr(day, name)}


@pytest.mark.parametrize("type_", [*EFFECTS, *(name for name, kind in KIND_OF.items() if kind != "audit")])
def test_each_type_adds_what_the_table_says(type_):
    added = add_up([line(type_)], [])
    assert sums_of(added.days[DAY, "USD"]) == EFFECTS[type_]
    assert added.days[DAY, "USD"].transaction_count == 1


@pytest.mark.parametrize("type_", EFFECTS)
def test_what_a_till_brought_is_its_drops_and_check_ins_less_its_check_outs(type_):
    expected = {"CashIn": 100, "ManualCashTransaction": 100, "CashAcceptedTillCheckin": 100}
    expected["CashDispenseTillCheckout"] = -100
    brought = add_up([line(type_)], []).banked
    assert {key: int(one.amount) for key, one in brought.items()} == (
        {(DAY, "USD", "1", "ANNA"): expected[type_]} if type_ in expected else {}
    )


def test_amounts_sent_negative_are_taken_as_they_were_sent():
    added = add_up([line("CashIn", -30), line("CashIn", 100)], [])
    assert added.days[DAY, "USD"].validated == 70


def test_drops_stand_by_pickup_group_and_by_the_servicing_after_them():
    at_one = NOON + dt.timedelta(hours=1)
    lines = [
        line("CashIn", 10, group=7, before=at_one, first=NOON, last=NOON),
        line("ManualCashTransaction", 20, group=7, before=at_one, first=at_one, last=at_one, user_name="BEN"),
        line("CashIn", 40, group=8, before=None),
        line("CashIn", 80, group=None, before=None),
        line("Servicing", 70, group=7),
    ]
    drops = add_up(lines, []).drops
    assert {key[2:]: (int(one.validated), int(one.manual), one.count) for key, one in drops.items()} == {
        (7, at_one): (10, 20, 2),
        (8, None): (40, 0, 1),
        (None, None): (80, 0, 1),
    }
    assert drops[DAY, "USD", 7, at_one].first_local_time == NOON
    assert drops[DAY, "USD", 7, at_one].last_local_time == at_one


def test_the_inventory_moves_by_denomination_and_an_exchange_moves_what_it_names():
    lines = [line("TubeLoaded", 50), line("CoinDispense", 5), line("BuyChange", 20)]
    pieces = [
        piece("TubeLoaded", "0.25", 200),
        piece("CoinDispense", "0.25", 20),
        piece("BuyChange", "20", 1),
        piece("BuyChange", "5", -4),
    ]
    moves = add_up(lines, pieces).days[DAY, "USD"].inventory_moves
    assert spelt(moves) == [["0.25", 180], ["5", -4], ["20", 1]]
    assert sum(unit * count for unit, count in moves.items()) == add_up(lines, pieces).days[DAY, "USD"].inventory_change


def test_no_order_of_lines_makes_a_difference():
    lines = [line(type_, amount, group=group) for type_ in EFFECTS for amount in (3, 5) for group in (None, 7)]
    pieces = [piece("CashIn", "20", 2), piece("CashIn", "5", 1), piece("TubeLoaded", "1", 9)]
    # Those of a drop need its line, which has them all.
    lines.append(line("CashIn", 45))
    expected = add_up(lines, pieces)
    for seed in range(5):
        luck = random.Random(seed)
        assert add_up(luck.sample(lines, len(lines)), luck.sample(pieces, len(pieces))) == expected
