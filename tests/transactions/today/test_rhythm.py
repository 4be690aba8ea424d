"""When the courier is due at a safe, by the safe's own rhythm."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from transactions.reconciliation.pickups.rhythm import Due, due, usual_gap

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def visits(*gaps: float) -> list[dt.datetime]:
    """Visits with so many days between."""
    moments = [NOON]
    for gap in gaps:
        moments.append(moments[-1] + gap * DAY)
    return moments


@pytest.mark.parametrize("gaps", [(), (3,), (3, 3)])
def test_fewer_than_three_gaps_make_no_rhythm(gaps):
    assert usual_gap(visits(*gaps)) is None


def test_a_courier_who_once_stayed_away_keeps_his_rhythm():
    assert usual_gap(visits(3, 3, 14, 3, 4)) == 3 * DAY


def test_only_the_last_eight_gaps_count():
    assert usual_gap(visits(*[14] * 20, *[2] * 8)) == 2 * DAY
    assert usual_gap(visits(*[14] * 20, *[2] * 3)) == 14 * DAY


def test_servicings_of_one_visit_are_one_however_they_are_told():
    told = [moment + dt.timedelta(minutes=minutes) for moment in visits(3, 3, 3) for minutes in (0, 4, 90)]
    random.shuffle(told)
    assert usual_gap(told) == 3 * DAY
    assert usual_gap([NOON + dt.timedelta(minutes=minutes) for minutes in range(20)]) is None


@pytest.mark.parametrize(
    ("waited", "standing"),
    [(2.9, None), (3.0, None), (3.1, Due.DUE), (4.5, Due.DUE), (4.6, Due.LATE), (30, Due.LATE), (-1, None)],
)
def test_due_after_the_usual_wait_late_after_half_as_much_again(waited, standing):
    assert due(NOON, 3 * DAY, NOON + waited * DAY) is standing


def test_without_a_rhythm_nobody_is_late():
    assert due(NOON, None, NOON + 400 * DAY) is None
