"""Times of a row: wall clocks and instants, cut to microseconds. Pure: no ORM, no clock."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from transactions.wire.values import RowError

_TIME = re.compile(
    # A fraction belongs to seconds; 24:00 is read by some Pythons only.
    r"\s*(\d{4}-\d\d-\d\d[T ](?!24)\d\d:\d\d(?::\d\d)?)(?:(?<=:\d\d:\d\d)[.,](\d{1,12}))?"
    r"(?:(Z)|([+-])(\d\d):?(\d\d))?\s*\Z",
    re.ASCII | re.IGNORECASE,
)
EARLIEST, LATEST = 1990, 2100


def read_wall_clock(text: str) -> tuple[dt.datetime, int | None]:
    """Wall-clock time cut to microseconds, and the offset in minutes if one was sent."""
    read = _read_time(text)
    if read is None:
        raise RowError(f"“TransactionDateTime” is not an ISO 8601 date and time: “{text[:40]}”.")
    if not EARLIEST <= read[0].year < LATEST:
        raise RowError(f"“TransactionDateTime” lies outside the years {EARLIEST} to {LATEST - 1}: “{text[:40]}”.")
    return read


def read_retrieved(value: Any) -> dt.datetime | None:
    read = _read_time(value) if isinstance(value, str) and len(value) <= 60 else None
    if read is None or not EARLIEST <= read[0].year < LATEST:
        return None
    wall, offset = read
    wall = wall.replace(tzinfo=dt.UTC)
    return wall - dt.timedelta(minutes=offset) if offset else wall


def _read_time(text: str) -> tuple[dt.datetime, int | None] | None:
    match = _TIME.match(text)
    if match is None:
        return None
    moment, fraction, zulu, sign, hours, minutes = match.groups()
    try:
        # Cut, not rounded: two readings of one record with six and seven digits must agree.
        wall = dt.datetime.fromisoformat(f"{moment}.{fraction[:6]}" if fraction else moment)
    except ValueError:
        return None
    if zulu:
        return wall, 0
    if sign is None:
        return wall, None
    offset = int(hours) * 60 + int(minutes)
    if offset > 14 * 60 or int(minutes) > 59:
        return None
    return wall, -offset if sign == "-" else offset
