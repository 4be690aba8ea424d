"""Wall clocks and instants. DOMAIN.md section 1, "Dates"; zoneinfo is the oracle."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from safes.localtime import TimeNote, instant, offset_all_day

wall = dt.datetime.fromisoformat
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
ZONES = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
zones = st.sampled_from(ZONES) | st.sampled_from(
    ["America/Chicago", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham"]
)


def utc(text: str) -> dt.datetime:
    return wall(text).replace(tzinfo=dt.UTC)


def readings(time: dt.datetime, zone_name: str) -> list[dt.datetime]:
    """Every instant at which a clock in that zone showed this time, found without asking about folds."""
    zone = zoneinfo.ZoneInfo(zone_name)
    day = time.replace(tzinfo=dt.UTC)
    offsets = {moment.astimezone(zone).utcoffset() or dt.timedelta() for moment in (day - DAY, day, day + DAY)}
    return sorted(day - offset for offset in offsets if (day - offset).astimezone(zone).replace(tzinfo=None) == time)


def change_of(zone_name: str, year: int) -> dt.datetime | None:
    """The instant, to the minute, at which that zone's clocks first changed in that year."""
    zone = zoneinfo.ZoneInfo(zone_name)
    before = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
    for _ in range(53):
        after = before + 7 * DAY
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            low, high = 0, 7 * 24 * 60
            while high - low > 1:
                middle = (low + high) // 2
                same = (before + middle * MINUTE).astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            return before + high * MINUTE
        before = after
    return None


@st.composite
def times_near_a_change(draw: st.DrawFn) -> tuple[dt.datetime, str]:
    zone_name = draw(zones)
    change = change_of(zone_name, draw(st.integers(1990, 2037)))
    seconds = draw(st.integers(-4 * 3600, 4 * 3600))
    near = (change or utc("2026-03-14T11:54:27")) + dt.timedelta(
        seconds=seconds, microseconds=draw(st.integers(0, 999_999))
    )
    # As a clock showed it, or as one that was never put forward or back would have.
    offset = draw(st.sampled_from([-1, 1])) * dt.timedelta(days=1)
    zone = zoneinfo.ZoneInfo(zone_name)
    shown = draw(st.sampled_from([near, near + offset])).astimezone(zone).utcoffset() or dt.timedelta()
    return (near + shown).replace(tzinfo=None), zone_name


def assert_as_the_oracle_says(time: dt.datetime, zone_name: str) -> None:
    found, note = instant(time, zone_name)
    assert found is not None
    assert found.utcoffset() == dt.timedelta()
    possible = readings(time, zone_name)
    if possible:
        assert found == possible[0]
        assert note == (TimeNote.REPEATED if len(possible) > 1 else None)
    else:
        shown = found.astimezone(zoneinfo.ZoneInfo(zone_name)).replace(tzinfo=None)
        assert note == TimeNote.SKIPPED
        assert shown > time
        # By as much as the clock went forward: as if it had not been put forward yet.
        assert not readings(shown - (shown - time) / 2, zone_name) or readings(shown, zone_name)


@given(times_near_a_change())
@example((wall("2010-11-06T23:05:00"), "America/St_Johns"))  # put back at 00:01
@example((wall("2010-03-14T01:05:00"), "America/St_Johns"))
@example((wall("2022-10-02T00:00:30"), "Antarctica/Casey"))
def test_around_a_change_of_clocks_a_time_is_its_first_reading_or_moved_forward(case: tuple[dt.datetime, str]) -> None:
    assert_as_the_oracle_says(*case)


@given(st.datetimes(wall("1990-01-01T00:00:00"), wall("2099-12-31T00:00:00")), zones)
def test_any_time_in_any_zone_is_the_instant_the_oracle_says(time: dt.datetime, zone_name: str) -> None:
    assert_as_the_oracle_says(time, zone_name)


@given(st.datetimes(wall("1990-01-02T00:00:00"), wall("2099-12-30T00:00:00"), timezones=st.just(dt.UTC)), zones)
def test_an_instant_comes_back_from_the_wall_clock_that_showed_it(moment: dt.datetime, zone_name: str) -> None:
    shown = moment.astimezone(zoneinfo.ZoneInfo(zone_name))
    found, note = instant(shown.replace(tzinfo=None, fold=0), zone_name)
    assert found is not None
    assert note in (None, TimeNote.REPEATED)
    if shown.fold:
        assert note == TimeNote.REPEATED
        assert found < moment
    else:
        assert found == moment


@pytest.mark.parametrize(
    ("time", "zone_name", "expected", "note"),
    [
        ("2026-07-01T12:00:00", "America/Chicago", "2026-07-01T17:00:00", None),
        ("2026-11-01T00:59:59.999999", "America/Chicago", "2026-11-01T05:59:59.999999", None),
        ("2026-11-01T01:00:00", "America/Chicago", "2026-11-01T06:00:00", TimeNote.REPEATED),
        ("2026-11-01T01:59:59.999999", "America/Chicago", "2026-11-01T06:59:59.999999", TimeNote.REPEATED),
        ("2026-11-01T02:00:00", "America/Chicago", "2026-11-01T08:00:00", None),
        ("2026-03-08T01:59:59.999999", "America/Chicago", "2026-03-08T07:59:59.999999", None),
        ("2026-03-08T02:00:00", "America/Chicago", "2026-03-08T08:00:00", TimeNote.SKIPPED),
        ("2026-03-08T02:59:59.999999", "America/Chicago", "2026-03-08T08:59:59.999999", TimeNote.SKIPPED),
        ("2026-03-08T03:00:00", "America/Chicago", "2026-03-08T08:00:00", None),
        # Thirty minutes forward and back.
        ("2026-04-05T01:29:59", "Australia/Lord_Howe", "2026-04-04T14:29:59", None),
        ("2026-04-05T01:30:00", "Australia/Lord_Howe", "2026-04-04T14:30:00", TimeNote.REPEATED),
        ("2026-04-05T02:00:00", "Australia/Lord_Howe", "2026-04-04T15:30:00", None),
        ("2026-10-04T02:15:00", "Australia/Lord_Howe", "2026-10-03T15:45:00", TimeNote.SKIPPED),
        ("2026-10-04T02:30:00", "Australia/Lord_Howe", "2026-10-03T15:30:00", None),
        # Offsets of a half and of three quarters of an hour.
        ("2026-03-14T05:30:00", "Asia/Kolkata", "2026-03-14T00:00:00", None),
        ("2026-03-14T05:45:00", "Asia/Kathmandu", "2026-03-14T00:00:00", None),
        ("2026-04-05T03:00:00", "Pacific/Chatham", "2026-04-04T13:15:00", TimeNote.REPEATED),
        # A day that never was.
        ("2011-12-30T12:00:00", "Pacific/Apia", "2011-12-30T22:00:00", TimeNote.SKIPPED),
        # Changes at a minute past midnight.
        ("2010-11-06T23:00:59", "America/St_Johns", "2010-11-07T01:30:59", None),
        ("2010-11-06T23:01:00", "America/St_Johns", "2010-11-07T01:31:00", TimeNote.REPEATED),
        ("2010-03-14T00:01:00", "America/St_Johns", "2010-03-14T03:31:00", TimeNote.SKIPPED),
        ("2010-03-14T01:01:00", "America/St_Johns", "2010-03-14T03:31:00", None),
    ],
)  # fmt: skip
def test_the_repeated_hour_is_read_first_and_the_skipped_one_moved_forward(
    time: str, zone_name: str, expected: str, note: TimeNote | None
) -> None:
    assert instant(wall(time), zone_name) == (utc(expected), note)


def test_without_zone_and_offset_the_instant_is_not_known() -> None:
    assert instant(wall("2026-03-14T11:54:27"), None) == (None, None)


@given(
    st.datetimes(wall("1990-01-01T00:00:00"), wall("2099-12-31T00:00:00")), st.none() | zones, st.integers(-840, 840)
)
def test_a_sent_offset_wins_over_the_zone(time: dt.datetime, zone_name: str | None, offset: int) -> None:
    assert instant(time, zone_name, (offset,)) == (time.replace(tzinfo=dt.UTC) - offset * MINUTE, None)


@pytest.mark.parametrize(
    ("time", "zone_name", "offsets", "chosen"),
    [
        ("2026-07-01T12:00:00", "America/Chicago", (-360, -300), -300),
        ("2026-07-01T12:00:00", "America/Chicago", (-300, 0, -600), -300),
        ("2026-01-01T12:00:00", "America/Chicago", (-300, -360), -360),
        ("2026-07-01T12:00:00", "America/Chicago", (0, 60, -420), -420),
        ("2026-07-01T12:00:00", None, (0, -300, 60), -300),
        ("2026-11-01T01:30:00", "America/Chicago", (-360, -300), -300),
        ("2026-11-01T01:30:00", "America/Chicago", (-360, -420), -360),
        ("2026-07-01T12:00:00", "Asia/Kathmandu", (330, 345, 300), 345),
    ],
)
def test_of_several_offsets_the_one_the_zone_has_is_taken_else_the_smallest(
    time: str, zone_name: str | None, offsets: tuple[int, ...], chosen: int
) -> None:
    for order in (offsets, offsets[::-1], tuple(sorted(offsets))):
        assert instant(wall(time), zone_name, order) == (utc(time) - chosen * MINUTE, None)


@given(zones, st.datetimes(wall("1990-01-02"), wall("2037-12-30")))
@example("America/St_Johns", wall("2000-04-02T00:00:30"))
@example("Australia/Lord_Howe", wall("2026-04-05T01:59"))
def test_an_offset_that_holds_all_day_gives_every_instant_of_it(zone_name: str, time: dt.datetime) -> None:
    offset = offset_all_day(time.date(), zone_name)
    if offset is not None:
        assert (time.replace(tzinfo=dt.UTC) - offset, None) == instant(time, zone_name)


def test_a_day_on_which_the_clock_changes_has_no_offset_of_its_own() -> None:
    assert offset_all_day(dt.date(2026, 3, 8), "America/Chicago") is None
    assert offset_all_day(dt.date(2026, 11, 1), "America/Chicago") is None
    assert offset_all_day(dt.date(2026, 3, 9), "America/Chicago") == dt.timedelta(hours=-5)
