"""Which readings of a safe's clock belong to business dates. Pure: no ORM, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

_DAY = dt.timedelta(days=1)

Window = tuple[dt.datetime, dt.datetime]
"""Wall-clock times, the first included and the last excluded."""


def windows(dates: Collection[dt.date]) -> list[Window]:
    """All wall-clock times that these business dates can have had, those of neighbouring dates in one; in order.

    A business date lies at most a day behind the wall clock, and at most one ahead.
    """
    found: list[Window] = []
    for date in sorted(dates):
        first, last = (dt.datetime.combine(day, dt.time()) for day in (date - _DAY, date + 2 * _DAY))
        if found and first <= found[-1][1]:
            first, _ = found.pop()
        found.append((first, last))
    return found
