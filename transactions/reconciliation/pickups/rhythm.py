"""Whether the courier is due at a safe, by the safe's own rhythm: nobody tells this system his schedule.

Pure: no ORM, no clock. All times are instants in UTC. DOMAIN.md section 2, "Pickup".
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable
from itertools import pairwise
from statistics import median

LOOKED_AT = 8  # gaps between the last visits
_ENOUGH = 3  # fewer say nothing about what is usual
# The courier empties one compartment after the other, and sometimes comes back for a bag: that is one visit.
_ONE_VISIT = dt.timedelta(hours=6)
_LATE = 1.5


class Due(enum.StrEnum):
    """How a pickup stands that has not come."""

    DUE = "due"
    LATE = "late"


def usual_gap(servicings: Iterable[dt.datetime]) -> dt.timedelta | None:
    """The median of the last eight gaps between visits, in whichever order they are told; None of fewer than three."""
    visits: list[dt.datetime] = []
    last: dt.datetime | None = None
    for moment in sorted(servicings):
        if last is None or moment - last > _ONE_VISIT:
            visits.append(moment)
        last = moment
    gaps = [after - before for before, after in pairwise(visits)][-LOOKED_AT:]
    if len(gaps) < _ENOUGH:
        return None
    return dt.timedelta(seconds=median(gap.total_seconds() for gap in gaps))


def due(waits_since: dt.datetime, usual: dt.timedelta | None, now: dt.datetime) -> Due | None:
    """Due when the cash has waited for longer than the courier usually takes, late by half again as much."""
    if usual is None:
        return None
    waited = now - waits_since
    if waited > usual * _LATE:
        return Due.LATE
    return Due.DUE if waited > usual else None
