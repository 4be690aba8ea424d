"""The arithmetic of completeness, over whatever channels may tell."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactions.completeness.judging import (
    NOTHING,
    Covered,
    Figures,
    Line,
    Since,
    Told,
    Verdict,
    grace_ends,
    judge,
)

DAY = dt.date(2026, 3, 14)
TYPES = ["CashIn", "Servicing", "EndOfDay", "Levitation"]

tolds = st.builds(Told, st.integers(1, 50), st.decimals(0, 1000, places=2))
lines = st.lists(st.builds(Line, st.sampled_from(TYPES), st.booleans(), st.booleans(), tolds), max_size=12)
coverages = st.builds(Covered, st.none() | st.frozensets(st.sampled_from(TYPES)), st.booleans())
dates = st.none() | st.dates(DAY - dt.timedelta(days=2), DAY + dt.timedelta(days=2))
sinces = st.builds(Since, dates, dates)


def sums(figures: Figures) -> list[Told]:
    return [figures.all, figures.push, figures.file, figures.both, figures.missing_in_push, figures.missing_in_file]


@given(lines, coverages, sinces, st.booleans())
def test_the_figures_add_up_and_what_is_missing_is_what_one_told_alone(told, covered, since, is_over):
    figures = judge(told, covered, since, DAY, is_over=is_over)
    neither = sum((line.told for line in told if not line.by_push and not line.by_file), NOTHING)
    for name in ("count", "cash"):
        all_, push, file, both, no_push, no_file = (getattr(one, name) for one in sums(figures))
        assert all_ == push + file - both + getattr(neither, name)
        assert 0 <= no_push <= file - both
        assert 0 <= no_file <= push - both
    if covered == Covered(None, True) and since.both() is not None and since.both() <= DAY:
        assert figures.missing_in_push.count == figures.file.count - figures.both.count
        assert figures.missing_in_file.count == figures.push.count - figures.both.count


@given(lines, coverages, sinces)
def test_time_turns_waiting_into_missing_and_nothing_else(told, covered, since):
    early = judge(told, covered, since, DAY, is_over=False)
    late = judge(told, covered, since, DAY, is_over=True)
    assert sums(early) == sums(late)
    assert early.verdict in (Verdict.WAITING, Verdict.COMPLETE, Verdict.NOT_COMPARED)
    assert late.verdict != Verdict.WAITING
    assert (early.verdict == Verdict.WAITING) == (late.verdict not in (Verdict.COMPLETE, Verdict.NOT_COMPARED))


@given(lines, coverages, sinces, st.randoms())
def test_the_order_of_lines_is_nothing(told, covered, since, random):
    shuffled = random.sample(told, len(told))
    assert judge(told, covered, since, DAY, is_over=True) == judge(shuffled, covered, since, DAY, is_over=True)


@given(lines, sinces)
def test_with_a_channel_that_is_not_arranged_nothing_is_missing(told, since):
    for covered in (Covered(), Covered(None, False), Covered(frozenset(), True)):
        figures = judge(told, covered, since, DAY, is_over=True)
        assert (figures.missing_in_push, figures.missing_in_file) == (NOTHING, NOTHING)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", "2026-03-09T12:00"),
        ("Pacific/Kiritimati", "2026-03-08T22:00"),
        # The clocks go forward between the date and its noon: noon is noon.
        ("America/Chicago", "2026-03-09T17:00"),
        (None, "2026-03-09T12:00"),
    ],
)
def test_the_grace_ends_at_noon_of_the_second_day_by_the_wall_clock(zone, expected):
    ends = grace_ends(dt.date(2026, 3, 7), zone, dt.timedelta(hours=60))
    assert ends == dt.datetime.fromisoformat(expected + "+00:00")


def test_cash_is_exact():
    told = [Line("CashIn", True, False, Told(1, Decimal("0.1"))) for _ in range(10)]
    assert judge(told, Covered(), Since(), DAY, is_over=True).push == Told(10, Decimal("1.0"))
