"""How long the outbox waits."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from incidents.outbox.waits import LONGEST, backoff, is_too_late, lease, longest_try


@given(failures=st.integers(1, 100_000), base=st.floats(0.01, 60), chance=st.floats(0, 1))
def test_the_wait_doubles_up_to_a_quarter_of_an_hour_and_is_never_less_than_half_of_that(failures, base, chance):
    whole, wait = backoff(failures, base, 0), backoff(failures, base, chance)
    assert whole == min(dt.timedelta(seconds=base * 2 ** min(failures - 1, 30)), LONGEST)
    assert whole / 2 - dt.timedelta(microseconds=1) <= wait <= whole


def test_what_the_server_asks_for_holds_where_it_is_longer():
    minute = dt.timedelta(minutes=1)
    assert backoff(1, 5, 0, asked=minute) == minute
    assert backoff(1, 500, 0, asked=minute) == dt.timedelta(seconds=500)


def test_too_late_is_after_23_hours():
    first = dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC)
    assert not is_too_late(first + dt.timedelta(hours=23), first)
    assert is_too_late(first + dt.timedelta(hours=23, seconds=1), first)
    assert not is_too_late(first, None)


def test_a_lease_outlasts_the_longest_try():
    for is_file in (True, False):
        assert lease(10, is_file=is_file) > longest_try(10, is_file=is_file) >= dt.timedelta(seconds=20)
