"""Business dates against the words of DOMAIN.md section 2, "Business date"."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safes.estate import Standing, Standings
from tests.transactions.wire.making import wall
from transactions.business_day import business_date, nominal_date, window

DAY = dt.timedelta(days=1)
FIRST = dt.date(2026, 3, 1)
rollovers = st.integers(0, 24 * 60 - 1).map(lambda minutes: dt.timedelta(minutes=minutes))
times = st.datetimes(wall("2026-03-01T00:00:00"), wall("2026-03-20T00:00:00"))
# Where a safe stood from which date, each place with a rollover of its own.
standings = st.dictionaries(st.integers(0, 20), rollovers, min_size=1, max_size=6).map(
    lambda starts: Standings(
        (FIRST + DAY * start, Standing(site_id=start, day_rollover=rollover)) for start, rollover in starts.items()
    )
)


@given(times, rollovers)
def test_the_nominal_date_is_the_date_of_the_wall_clock_less_the_rollover(
    time: dt.datetime, rollover: dt.timedelta
) -> None:
    assert nominal_date(time, lambda _: rollover) == (time - rollover).date()


@pytest.mark.parametrize(
    ("time", "date"),
    [
        ("2026-03-14T05:59:59.999999", "2026-03-13"),
        ("2026-03-14T06:00:00", "2026-03-14"),
        ("2026-03-14T23:59:59", "2026-03-14"),
        ("2026-03-15T00:01:00", "2026-03-14"),
        ("2026-03-01T00:00:00", "2026-02-28"),
        ("2024-03-01T05:00:00", "2024-02-29"),
    ],
)
def test_a_day_begins_at_six(time: str, date: str) -> None:
    assert nominal_date(wall(time), lambda _: dt.timedelta(hours=6)) == dt.date.fromisoformat(date)


@given(times, standings)
def test_windows_part_the_line_of_time_even_where_the_rollover_changes(time: dt.datetime, stood: Standings) -> None:
    around = [time.date() + DAY * days for days in range(-3, 4)]
    dates = [date for date in around if window(date, stood.rollover)[0] <= time < window(date, stood.rollover)[1]]
    assert dates == [nominal_date(time, stood.rollover)]


@given(standings)
def test_a_window_ends_where_the_next_begins(stood: Standings) -> None:
    for days in range(25):
        assert window(FIRST + DAY * days, stood.rollover)[1] == window(FIRST + DAY * (days + 1), stood.rollover)[0]


@given(times, times, standings)
def test_later_times_never_have_earlier_dates(one: dt.datetime, other: dt.datetime, stood: Standings) -> None:
    earlier, later = sorted([one, other])
    assert nominal_date(earlier, stood.rollover) <= nominal_date(later, stood.rollover)


def test_a_change_of_rollover_re_dates_nothing_before_it() -> None:
    before = Standing(site_id=1, day_rollover=dt.timedelta(hours=6))
    after = Standing(site_id=2, day_rollover=dt.timedelta(hours=2))
    stood = Standings([(FIRST, before), (dt.date(2026, 3, 10), after)])
    minute = dt.timedelta(minutes=1)
    time = wall("2026-03-02T06:00:00")
    while time < wall("2026-03-10T00:00:00"):
        assert nominal_date(time, stood.rollover) == (time - dt.timedelta(hours=6)).date()
        time += 97 * minute
    assert nominal_date(wall("2026-03-10T01:59:00"), stood.rollover) == dt.date(2026, 3, 9)
    assert nominal_date(wall("2026-03-10T02:00:00"), stood.rollover) == dt.date(2026, 3, 10)


def by_the_book(time: dt.datetime, is_close: bool, closes: list[dt.datetime], rollover: dt.timedelta) -> dt.date:
    """DOMAIN.md section 2, word for word."""
    d = (time - rollover).date()
    if is_close:
        return d
    dated_d = [close for close in closes if (close - rollover).date() == d]
    if not dated_d or not time > max(dated_d):
        return d
    return d + DAY


@given(times, st.booleans(), st.lists(times, max_size=30), rollovers)
def test_a_transaction_belongs_to_its_day_or_after_the_last_close_to_the_next(
    time: dt.datetime, is_close: bool, closes: list[dt.datetime], rollover: dt.timedelta
) -> None:
    nominal = nominal_date(time, lambda _: rollover)
    dated = [close for close in closes if nominal_date(close, lambda _: rollover) == nominal]
    date = business_date(nominal, time, is_close=is_close, last_close=max(dated, default=None))
    assert date == by_the_book(time, is_close, closes, rollover)


@pytest.mark.parametrize(
    ("time", "is_close", "date"),
    [
        ("2026-03-14T21:59:59", False, "2026-03-14"),
        ("2026-03-14T22:00:00", False, "2026-03-14"),
        ("2026-03-14T22:00:00.000001", False, "2026-03-15"),
        ("2026-03-15T05:59:59", False, "2026-03-15"),
        ("2026-03-15T05:59:59", True, "2026-03-14"),
        ("2026-03-14T22:00:00", True, "2026-03-14"),
    ],
)
def test_at_the_very_time_of_the_close_a_drop_still_belongs_to_its_day(time: str, is_close: bool, date: str) -> None:
    close = wall("2026-03-14T22:00:00")
    nominal = nominal_date(wall(time), lambda _: dt.timedelta(hours=6))
    assert business_date(nominal, wall(time), is_close=is_close, last_close=close) == dt.date.fromisoformat(date)
