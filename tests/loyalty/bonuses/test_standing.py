"""How bonuses stand on a date: active, inactive, frozen, burnt, and what expires next."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from loyalty.bonuses.standing import LotFacts, bonus_rows, spendable

TODAY = dt.date(2026, 3, 14)


def lot(remaining: Any, *, type: str = "0", burnt: Any = 0, begins: int = -9, ends: int | None = None) -> LotFacts:
    """It begins and ends so many days from TODAY."""
    return LotFacts(
        type=type,
        remaining=Decimal(remaining),
        burnt=Decimal(burnt),
        active_from=TODAY + dt.timedelta(days=begins),
        expires_on=None if ends is None else TODAY + dt.timedelta(days=ends),
    )


def rows(*lots: LotFacts, is_blocked: bool = False) -> list[tuple[Any, ...]]:
    told = bonus_rows(lots, is_blocked=is_blocked, today=TODAY)
    return [
        (row.status.label, row.type.label, row.amount, *([(row.expires_on - TODAY).days] if row.expires_on else []))
        for row in told
    ]


def test_nothing_is_nothing():
    assert rows() == rows(lot(0)) == []
    assert spendable([], TODAY) == 0


@pytest.mark.parametrize(
    ("of", "status"),
    [
        (lot(5), "active"),
        (lot(5, begins=0), "active"),
        (lot(5, begins=1), "inactive"),
        (lot(5, begins=-9, ends=0), "burnt"),
        (lot(5, begins=-9, ends=-5), "burnt"),
    ],
)
def test_a_lot_stands_by_its_dates(of, status):
    assert rows(of) == [(status, "cash", 5)]
    assert spendable([of], TODAY) == (5 if status == "active" else 0)


@pytest.mark.parametrize("begins", [-9, 0, 1])
def test_what_is_left_of_a_blocked_card_is_frozen(begins):
    assert rows(lot(5, begins=begins), is_blocked=True) == [("frozen", "cash", 5)]


def test_what_is_over_is_not_frozen():
    assert rows(lot(5, ends=0, burnt=2), is_blocked=True) == [("burnt", "cash", 7)]


def test_it_is_the_same_before_and_after_the_burning():
    before = [lot(5, ends=0), lot(1, ends=3)]
    after = [lot(0, burnt=5, ends=0), lot(1, ends=3)]
    assert rows(*before) == rows(*after)
    assert spendable(before, TODAY) == spendable(after, TODAY) == 1


def test_sums_are_by_status_and_type():
    lots = [lot(1), lot(2), lot(4, type="1"), lot(8, begins=1), lot(16, begins=1, type="1"), lot(32, burnt=64)]
    assert rows(*lots) == [
        ("active", "cash", 35),
        ("active", "status", 4),
        ("inactive", "cash", 8),
        ("inactive", "status", 16),
        ("burnt", "cash", 64),
    ]


def test_what_expires_next_is_told_beside():
    lots = [lot(1, ends=5), lot(2, ends=3), lot(4, ends=3), lot(8, ends=3, type="1"), lot(16), lot(0, ends=1)]
    assert rows(*lots)[2:] == [
        ("with the nearest expiry date", "cash", 6, 3),
        ("with the nearest expiry date", "status", 8, 3),
    ]


def test_what_is_over_does_not_expire_next():
    assert rows(lot(1, ends=0), lot(2, ends=1))[2:] == [("with the nearest expiry date", "cash", 2, 1)]


def test_what_is_frozen_or_not_active_yet_expires_all_the_same():
    for blocked in (True, False):
        assert rows(lot(2, begins=1, ends=4), is_blocked=blocked)[-1] == (
            *("with the nearest expiry date", "cash", 2),
            4,
        )


def test_amounts_are_exact():
    assert rows(*[lot("0.10")] * 3) == [("active", "cash", Decimal("0.30"))]
