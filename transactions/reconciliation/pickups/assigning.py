"""Which servicing takes which drops. DOMAIN.md section 2, "Pickup". Pure: no ORM, no clock.

Everything is of one safe. Times are its wall clocks. Order is by business date, then wall clock, which never run
against each other.
"""

from __future__ import annotations

import bisect
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_Moment = tuple[dt.date, dt.datetime]
_BEFORE_ALL = dt.datetime.combine(dt.date.min, dt.time())


@dataclass(frozen=True, slots=True)
class Servicing:
    """The courier came: a pickup group is closed, or with none, whatever has no group."""

    date: dt.date
    local_time: dt.datetime
    group: int | None

    @property
    def moment(self) -> _Moment:
        return self.date, self.local_time


@dataclass(frozen=True, slots=True)
class Line:
    """Drops that leave together; all of them come before the servicing that comes next after the last of them."""

    date: dt.date
    last: dt.datetime
    currency: str
    group: int | None
    is_opening: bool = False

    @property
    def moment(self) -> _Moment:
        # A counted opening is what the day begins with, before all that happens on it.
        return self.date, _BEFORE_ALL if self.is_opening else self.last

    @property
    def has_group(self) -> bool:
        return self.group is not None and not self.is_opening


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of drops: taken by a servicing, stood for by a counted opening, or still in the safe (neither).

    Astray are those that by the clock another servicing would have taken than the one of their group.
    """

    taken_at: dt.datetime | None = None
    leaves_on: dt.date | None = None
    counted_on: dt.date | None = None
    is_astray: bool = False


STILL_THERE = Fate()


class Servicings:
    """The servicings among which some lines look for theirs: those of their groups, and those that come next."""

    __slots__ = ("_groups", "_moments", "_ordered")

    def __init__(self, servicings: Iterable[Servicing]) -> None:
        # Of two at one moment, the lower group is first; one without a group is last.
        self._ordered = sorted(set(servicings), key=lambda one: (one.moment, one.group is None, one.group or 0))
        self._moments = [one.moment for one in self._ordered]
        self._groups: dict[int, list[Servicing]] = defaultdict(list)
        for one in self._ordered:
            if one.group is not None:
                self._groups[one.group].append(one)

    def next_at(self, moment: _Moment) -> Sequence[Servicing]:
        """The next servicing at or after a moment; several if they were at one time."""
        start = bisect.bisect_left(self._moments, moment)
        if start == len(self._moments):
            return ()
        return self._ordered[start : bisect.bisect_right(self._moments, self._moments[start])]

    def of_group(self, group: int) -> Sequence[Servicing]:
        return self._groups.get(group, ())


def fate_of(line: Line, servicings: Servicings, openings: Mapping[str, Sequence[dt.date]]) -> Fate:
    """What becomes of a line; ``openings`` are the dates of counted openings by currency, in order."""
    fate = _taken(line, servicings)
    dates = openings.get(line.currency, ())
    after = bisect.bisect_right(dates, line.date)
    # The first opening after it stands for it, if it was still there when that day began.
    if after < len(dates) and (fate.leaves_on is None or fate.leaves_on >= dates[after]):
        return Fate(counted_on=dates[after])
    return fate


def _taken(line: Line, servicings: Servicings) -> Fate:
    comes_next = servicings.next_at(line.moment)
    if line.group is None or line.is_opening:
        if not comes_next:
            return STILL_THERE
        return Fate(comes_next[0].local_time, comes_next[0].date)
    own = servicings.of_group(line.group)
    # With nothing to come it is still in the safe by the clock; by its group it may have gone.
    is_astray = all(one.group != line.group for one in comes_next) if comes_next else bool(own)
    if not own:
        return Fate(is_astray=is_astray)
    following = [one for one in own if one.moment >= line.moment]
    if following:
        return Fate(following[0].local_time, following[0].date, is_astray=is_astray)
    # It came after its group was serviced and belongs there all the same; cash does not leave before it came.
    return Fate(own[-1].local_time, line.date, is_astray=is_astray)
