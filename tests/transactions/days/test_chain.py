"""Openings and closings: money is conserved, and a count takes over on its date."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from transactions.reconciliation.days.chain import Balance, Balances, Moved, carry

FIRST = dt.date(2026, 3, 2)


def date(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def moved(*changes: int) -> list[Moved]:
    return [Moved(date(number), Decimal(change), Decimal(-change)) for number, change in enumerate(changes)]


def contents(opened: list[tuple[dt.date, Balances]]) -> list[int]:
    return [int(balances.contents.amount) for _, balances in opened]


def test_each_day_opens_with_what_the_day_before_closed_with():
    opened = list(carry(Balances(Balance(Decimal(50))), moved(10, -20, 5), {}, {}))
    assert contents(opened) == [50, 60, 40]
    assert [int(balances.inventory.amount) for _, balances in opened] == [0, -10, 10]
    assert not any(balances.contents.is_counted for _, balances in opened)


def test_a_counted_opening_takes_over_on_its_date():
    opened = list(carry(Balances(), moved(10, 10, 10), {date(1): Decimal(300)}, {}))
    assert contents(opened) == [0, 300, 310]
    assert [balances.contents.is_counted for _, balances in opened] == [False, True, True]
    assert not any(balances.inventory.is_counted for _, balances in opened)


@given(
    st.lists(st.integers(-500, 500), max_size=12),
    st.dictionaries(st.integers(0, 11), st.integers(0, 900), max_size=3),
)
def test_money_is_conserved_between_counts(changes, counts):
    counted = {date(number): Decimal(amount) for number, amount in counts.items()}
    days = moved(*changes)
    opened = dict(carry(Balances(), days, counted, {}))
    for one, next_one in pairwise(days):
        if next_one.date not in counted:
            assert opened[next_one.date].contents.amount == opened[one.date].contents.amount + one.contents
    for day, amount in counted.items():
        if day in opened:
            assert opened[day].contents.amount == amount
