"""The arithmetic of silence: what is usual, and when it becomes odd."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from transactions.silence.rhythm import HOURS, PATIENCE, YOUNG, Spell, hour_of_week, learn, next_due, overdue_at, usual

MONDAY = dt.datetime.fromisoformat("2026-01-05")
HOUR = dt.timedelta(hours=1)
WEEK = dt.timedelta(weeks=1)

# Hours of the week at which somebody comes, and how far into the hour.
habits = st.dictionaries(st.integers(0, HOURS - 1), st.integers(0, 59), min_size=1, max_size=60)


def weekly(habit: dict[int, int], weeks: int) -> list[dt.datetime]:
    return [
        MONDAY + week * WEEK + hour * HOUR + dt.timedelta(minutes=minute)
        for week in range(weeks)
        for hour, minute in sorted(habit.items())
    ]


def spells(moments: list[dt.datetime]) -> list[Spell]:
    """One sign of life an hour."""
    return [(moment, moment) for moment in moments]


@given(habits, st.integers(4, 8))
def test_who_keeps_a_weekly_habit_is_never_overdue(habit, weeks):
    moments = weekly(habit, weeks)
    gaps = learn(spells(moments))
    if gaps is None:
        assert len(moments) < 20 or moments[-1] - moments[0] < YOUNG
        return
    following = [*moments[1:], moments[0] + weeks * WEEK]
    for moment, next_moment in zip(moments, following, strict=True):
        assert overdue_at(moment, gaps) > next_moment


@given(habits, st.integers(5, 8))
def test_who_falls_silent_is_found_in_the_end_wherever_it_was(habit, weeks):
    moments = weekly(habit, weeks)
    gaps = learn(spells(moments))
    if gaps is None:
        return
    for moment in moments[-len(habit) :]:
        longest = dt.timedelta(minutes=max(gaps)) * 1.5
        assert moment < overdue_at(moment, gaps) <= moment + longest + HOUR + PATIENCE


@given(habits, st.integers(6, 8), st.integers(1, 4))
def test_one_week_away_makes_no_habit(habit, weeks, gone):
    moments = weekly(habit, weeks)
    away = [moment for moment in moments if not MONDAY + gone * WEEK <= moment < MONDAY + (gone + 1) * WEEK]
    gaps, with_a_holiday = learn(spells(moments)), learn(spells(away))
    if gaps is not None and with_a_holiday is not None:
        assert with_a_holiday == gaps


@given(st.lists(st.integers(20, 4000), min_size=HOURS, max_size=HOURS), st.datetimes(MONDAY, MONDAY + WEEK))
def test_silence_is_odd_only_when_it_is_longer_than_usual_at_that_hour(gaps, last):
    odd = overdue_at(last, gaps) - PATIENCE
    assert odd - last >= dt.timedelta(minutes=gaps[hour_of_week(odd)]) * 1.5
    # And no whole hour before was odd already.
    hour = last.replace(minute=0, second=0, microsecond=0) + HOUR
    while hour < odd:
        assert hour - last <= dt.timedelta(minutes=gaps[hour_of_week(hour)]) * 1.5
        hour += HOUR


@given(st.lists(st.timedeltas(dt.timedelta(), dt.timedelta(days=9)), min_size=1))
def test_one_gap_in_four_or_more_may_be_as_long_as_it_likes(gaps):
    if len(gaps) >= 3:
        assert usual([*gaps, max(gaps) + dt.timedelta(days=400)]) == max(gaps)
    assert usual(gaps) <= max(gaps)


def test_a_shop_is_quiet_at_night_and_on_sundays_and_not_at_noon():
    open_hours = {day * 24 + hour: 30 for day in range(6) for hour in range(9, 20)}
    gaps = learn(spells(weekly(open_hours, 8)))
    assert gaps is not None
    saturday_evening = MONDAY + 5 * dt.timedelta(days=1) + 19 * HOUR + HOUR / 2
    # It opens on Monday at half past nine: nobody is troubled before eleven, and somebody is by noon.
    assert dt.timedelta(hours=39) < overdue_at(saturday_evening, gaps) - saturday_evening <= dt.timedelta(hours=41)
    noon = MONDAY + 12 * HOUR + HOUR / 2
    assert overdue_at(noon, gaps) == noon + HOUR * 1.5 + PATIENCE


def test_the_young_have_no_rhythm():
    daily = {day * 24 + hour: 0 for day in range(7) for hour in range(8, 20)}
    assert learn(spells(weekly(daily, 3))) is None
    assert learn(spells(weekly(daily, 4))) is not None
    assert learn([]) is None


def test_a_daily_file_is_due_a_day_later_and_after_its_days_off_when_they_are_over():
    days = [MONDAY + number * dt.timedelta(days=1, minutes=0) + 5 * HOUR for number in range(8 * 7)]
    weekdays = [day for day in days if day.weekday() < 5]
    friday = weekdays[-1]
    assert friday.weekday() == 4
    assert next_due(weekdays, dt.timedelta(days=1)) == friday + dt.timedelta(days=3)
    assert next_due(weekdays[:-1], dt.timedelta(days=1)) == friday
    assert next_due(days[:1], dt.timedelta(days=1)) == days[1]


@given(st.integers(1, 20), st.integers(1, 60), st.integers(0, 167))
def test_many_files_a_day_are_due_as_one(files, minutes_apart, start):
    bursts = [
        MONDAY + start * HOUR + day * dt.timedelta(days=1) + number * dt.timedelta(seconds=minutes_apart)
        for day in range(28)
        for number in range(files)
    ]
    due = next_due(bursts, dt.timedelta(days=1))
    assert due == bursts[-1] + dt.timedelta(days=1) - (files - 1) * dt.timedelta(seconds=minutes_apart)


@given(habits, st.integers(4, 7))
def test_learning_depends_on_the_hour_of_the_week_alone(habit, weeks):
    moments = weekly(habit, weeks)
    later = [moment + 5 * WEEK for moment in moments]
    assert learn(spells(moments)) == learn(spells(later))
