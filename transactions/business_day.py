"""Business dates. DOMAIN.md section 2, "Business date". Pure: no ORM, no clock; all times are wall-clock times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

_DAY = dt.timedelta(days=1)
_MIDNIGHT = dt.time()

Rollover = Callable[[dt.date], dt.timedelta]
"""How long after midnight the business day of that date begins, 0 ≤ rollover < 24 h."""


def nominal_date(wall: dt.datetime, rollover: Rollover) -> dt.date:
    """The date of (wall clock − rollover): the business date as long as no close says otherwise."""
    date = wall.date()
    return date if wall - dt.datetime.combine(date, _MIDNIGHT) >= rollover(date) else date - _DAY


def window(date: dt.date, rollover: Rollover) -> tuple[dt.datetime, dt.datetime]:
    """The wall-clock times, first included and last excluded, whose nominal date is ``date``."""
    following = date + _DAY
    return (
        dt.datetime.combine(date, _MIDNIGHT) + rollover(date),
        dt.datetime.combine(following, _MIDNIGHT) + rollover(following),
    )


def business_date(
    nominal: dt.date,
    wall: dt.datetime,
    *,
    is_close: bool,
    last_close: dt.datetime | None,
) -> dt.date:
    """``nominal``, or the day after for what came after the last close dated so. A close keeps its own date."""
    if is_close or last_close is None or wall <= last_close:
        return nominal
    return nominal + _DAY
