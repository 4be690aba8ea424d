"""Wall clocks and instants: what a safe's clock read, and when that was.

DOMAIN.md section 1, "Dates". Pure: no ORM, no clock. Wall-clock times are naive, instants aware and in UTC.
"""

from __future__ import annotations

import datetime as dt
import enum
import functools
import zoneinfo


class TimeNote(enum.StrEnum):
    """Why the instant of a wall-clock time is a choice."""

    REPEATED = "repeated"  # the clock went back: that hour came twice, the first one was taken
    SKIPPED = "skipped"  # the clock went forward: that hour never was, the time was moved forward


@functools.cache
def zone(name: str) -> zoneinfo.ZoneInfo:
    """The IANA zone of that name; sites are only saved with a name that exists."""
    return zoneinfo.ZoneInfo(name)


def instant(
    wall: dt.datetime, zone_name: str | None, sent_offsets: tuple[int, ...] = ()
) -> tuple[dt.datetime | None, TimeNote | None]:
    """When a wall-clock time was, in UTC, and a note where the clock change leaves a choice.

    ``sent_offsets`` are the offsets from UTC in minutes that readings of the record carried: one wins over the zone; of
    several, the one that agrees with the zone, else the smallest. Without offset and zone the instant is not known.
    """
    if sent_offsets:
        offset = sent_offsets[0] if len(sent_offsets) == 1 else _choose(wall, zone_name, sent_offsets)
        return wall.replace(tzinfo=dt.UTC) - dt.timedelta(minutes=offset), None
    if zone_name is None:
        return None, None
    offset_first, offset_second = _offsets(zone_name, wall.replace(second=0, microsecond=0))
    note = None
    if offset_first != offset_second:
        # fold=0 is the first reading of a repeated hour, and moves a skipped one forward (PEP 495).
        note = TimeNote.REPEATED if offset_first > offset_second else TimeNote.SKIPPED
    return wall.replace(tzinfo=dt.UTC) - offset_first, note


def offset_all_day(date: dt.date, zone_name: str) -> dt.timedelta | None:
    """The zone's offset from UTC where it is the same at every moment of that local date, else None."""
    midnight = dt.datetime.combine(date, dt.time())
    # A change in between would show at the next midnight, or have been undone by then; no zone changes twice a day.
    offsets = {*_offsets(zone_name, midnight), *_offsets(zone_name, midnight + dt.timedelta(days=1))}
    return offsets.pop() if len(offsets) == 1 else None


@functools.lru_cache(maxsize=65536)
def _offsets(zone_name: str, minute: dt.datetime) -> tuple[dt.timedelta, dt.timedelta]:
    """Offsets of a minute, first and second reading. Since 1990 no clock has changed within one, but some at 00:01."""
    there = zone(zone_name)
    first = minute.replace(tzinfo=there).utcoffset()
    second = minute.replace(tzinfo=there, fold=1).utcoffset()
    assert first is not None  # a ZoneInfo always knows its offset
    assert second is not None
    return first, second


def _choose(wall: dt.datetime, zone_name: str | None, sent_offsets: tuple[int, ...]) -> int:
    if zone_name is not None:
        there = zone(zone_name)
        for fold in (0, 1):
            offset = wall.replace(tzinfo=there, fold=fold).utcoffset()
            assert offset is not None
            minutes = offset.total_seconds() / 60
            if minutes in sent_offsets:
                return int(minutes)
    return min(sent_offsets)
