"""How long a source is usually quiet at each hour of the week, and when its silence becomes odd.

Times are those of one clock: a safe's own wall clock, or UTC for what has none. That a clock changes twice a year is
less than the patience. Pure: no ORM, no clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import pairwise

HOURS = 7 * 24
WEEKS = 8
# Silence is odd when it lasts this much longer than usual, and worth somebody's time when it does so for the patience.
_LONGER = 1.5
PATIENCE = dt.timedelta(hours=2)
# Shorter than this nobody has a rhythm.
YOUNG = dt.timedelta(days=21)
_FEWEST = 20

_HOUR = dt.timedelta(hours=1)

Spell = tuple[dt.datetime, dt.datetime]
"""The first and the last sign of life within one hour of the clock."""
Gaps = Sequence[int]
"""Usual gaps in minutes, by hour of the week from Monday 00:00."""


def hour_of_week(moment: dt.datetime) -> int:
    return moment.weekday() * 24 + moment.hour


def usual(gaps: Iterable[dt.timedelta]) -> dt.timedelta:
    """The longest of several gaps; of four or more, the longest but one: one holiday or outage makes no habit."""
    ordered = sorted(gaps)
    return ordered[-2] if len(ordered) >= 4 else ordered[-1]


def learn(spells: Sequence[Spell]) -> list[int] | None:
    """The usual gaps of a source that gave these signs of life, in order; None as long as it is too young.

    What counts for an hour of the week is, week by week, the longest gap that touches it: the hour in which a shop
    opens knows the night. Gaps within an hour are less than the patience and left aside.
    """
    if len(spells) < _FEWEST or spells[-1][1] - spells[0][0] < YOUNG:
        return None
    longest: dict[dt.datetime, tuple[dt.timedelta, dt.datetime]] = {}
    for (_, last), (first, _) in pairwise(spells):
        hour = _floor(last)
        while hour <= first:
            longest[hour] = max((first - last, last), longest.get(hour, (dt.timedelta(), last)))
            hour += _HOUR
    # A gap of several weeks is still one gap.
    by_hour: list[set[tuple[dt.timedelta, dt.datetime]]] = [set() for _ in range(HOURS)]
    for hour, gap in longest.items():
        by_hour[hour_of_week(hour)].add(gap)
    return [int(usual(gap for gap, _ in gaps) / dt.timedelta(minutes=1)) for gaps in by_hour]


def overdue_at(last: dt.datetime, gaps: Gaps) -> dt.datetime:
    """When silence since the last sign of life becomes worth somebody's time, unless there is another before.

    It stays so: what was odd in the afternoon does not become usual at night.
    """
    hour = _floor(last)
    while True:
        odd = max(hour, last + dt.timedelta(minutes=gaps[hour_of_week(hour)]) * _LONGER)
        if odd < hour + _HOUR:
            return odd + PATIENCE
        hour += _HOUR


def next_due(arrivals: Sequence[dt.datetime], otherwise: dt.timedelta) -> dt.datetime:
    """By when the next of these arrivals, in order, is usually there: daily files, with their days off.

    After the last one the usual gap is that of arrivals at that time of that weekday; ``otherwise`` as long as there
    are too few to tell.
    """
    last = arrivals[-1]
    gaps = [(hour_of_week(first), second - first) for first, second in pairwise(arrivals)]
    alike = [gap for hour, gap in gaps if _apart(hour, hour_of_week(last)) <= 12]
    for known in (alike, [gap for _, gap in gaps]):
        if len(known) >= 3:
            return last + usual(known)
    return last + otherwise


def _apart(one: int, other: int) -> int:
    """Hours between two hours of the week, either way round."""
    return min((one - other) % HOURS, (other - one) % HOURS)


def _floor(moment: dt.datetime) -> dt.datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
