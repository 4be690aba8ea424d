"""Bars by the day, drawn by the server: they print, need no script, and each is a link. Pure: no ORM, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

# The drawing board, in units of its own: it is stretched to the panel.
WIDTH, HEIGHT = 480, 110
_GAP = 4
_LEAST = 3.0  # what a bar that is not zero measures at least, so that a little is told from nothing


@dataclass(frozen=True, slots=True)
class Day:
    """What is drawn of a date: an amount above the line, one below it (both as they are written, none negative)."""

    date: dt.date
    above: Decimal
    below: Decimal
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    wide: float
    middle: float
    above_y: float
    above_tall: float
    below_tall: float
    day: Day
    tick: str


@dataclass(frozen=True, slots=True)
class Chart:
    """``line`` is where zero is. ``words`` say what the drawing shows to those who do not see it."""

    title: str
    words: str
    bars: list[Bar]
    line: float
    width: int = WIDTH
    height: int = HEIGHT


def draw(title: str, words: str, days: Sequence[Day]) -> Chart:
    """A chart of these days, in their order; the tallest bars reach from edge to edge."""
    most_above = max((day.above for day in days), default=Decimal(0))
    most_below = max((day.below for day in days), default=Decimal(0))
    reach = most_above + most_below or Decimal(1)
    line = float(HEIGHT * most_above / reach) if most_above or most_below else float(HEIGHT)
    step = WIDTH / max(len(days), 1)
    bars = []
    for number, day in enumerate(days):
        above, below = _tall(day.above, reach, line), _tall(day.below, reach, HEIGHT - line)
        bars.append(
            Bar(
                x=round(number * step + _GAP / 2, 1),
                wide=round(step - _GAP, 1),
                middle=round((number + 0.5) * step, 1),
                above_y=round(line - above, 1),
                above_tall=above,
                below_tall=below,
                day=day,
                # Weeks are what a month of shops is made of.
                tick=f"{day.date.day} {day.date:%b}" if day.date.weekday() == 0 else "",
            )
        )
    return Chart(title, words, bars, round(line, 1))


def _tall(amount: Decimal, reach: Decimal, room: float) -> float:
    if not amount:
        return 0.0
    return round(min(max(float(HEIGHT * amount / reach), _LEAST), max(room, _LEAST)), 1)
