"""What the two channels told of a safe's day, compared. DOMAIN.md section 2, "Channel completeness".

Compared are the types and dates that both cover: a channel is expected for a safe from the first business date it
showed. Pure: no ORM, no clock. Cash is the sum of |amount| over the kinds that are cash.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from safes.localtime import instant


class Verdict(enum.StrEnum):
    COMPLETE = "complete"
    WAITING = "waiting"
    MISSING_IN_PUSH = "missing_in_push"
    MISSING_IN_FILE = "missing_in_file"
    MISSING_IN_BOTH = "missing_in_both"
    NOT_COMPARED = "not_compared"


@dataclass(frozen=True, slots=True)
class Told:
    """So many transactions, and their cash."""

    count: int = 0
    cash: Decimal = Decimal(0)

    def __add__(self, other: Told) -> Told:
        return Told(self.count + other.count, self.cash + other.cash)


NOTHING = Told()


@dataclass(frozen=True, slots=True)
class Line:
    """Counted transactions of one type, and which channels told of them."""

    type: str
    by_push: bool
    by_file: bool
    told: Told


@dataclass(frozen=True, slots=True)
class Covered:
    """What the channels are to bring: canonical types of pushes, None for all, and whether files come."""

    push_types: frozenset[str] | None = frozenset()
    files: bool = False

    def has(self, type_: str) -> bool:
        """Whether both channels bring this type; files bring all."""
        return self.files and (self.push_types is None or type_ in self.push_types)

    @property
    def pushes(self) -> bool:
        return self.push_types is None or bool(self.push_types)


@dataclass(frozen=True, slots=True)
class Since:
    """The first business date on which each channel told of a safe; None as long as it has not."""

    push: dt.date | None = None
    file: dt.date | None = None

    def both(self) -> dt.date | None:
        """From when on there is something to compare."""
        return None if self.push is None or self.file is None else max(self.push, self.file)


@dataclass(frozen=True, slots=True)
class Figures:
    """A day in one currency."""

    all: Told
    push: Told
    file: Told
    both: Told
    missing_in_push: Told
    missing_in_file: Told
    verdict: Verdict


def judge(lines: Iterable[Line], covered: Covered, since: Since, date: dt.date, *, is_over: bool) -> Figures:
    """The figures of a day and what they come to; ``is_over``: whether the grace of that date is."""
    lines = list(lines)

    def told(which: Callable[[Line], bool]) -> Told:
        return sum((line.told for line in lines if which(line)), NOTHING)

    from_then = since.both()
    is_compared = from_then is not None and from_then <= date
    by_push = told(lambda line: line.by_push)
    by_file = told(lambda line: line.by_file)
    by_both = told(lambda line: line.by_push and line.by_file)
    no_push = told(lambda line: is_compared and covered.has(line.type) and line.by_file and not line.by_push)
    no_file = told(lambda line: is_compared and covered.has(line.type) and line.by_push and not line.by_file)
    both_are_asked = is_compared and covered.files and covered.pushes
    if no_push.count or no_file.count:
        verdict = _missing(no_push, no_file) if is_over else Verdict.WAITING
    elif by_both.count and (both_are_asked or by_push == by_file == by_both):
        verdict = Verdict.COMPLETE
    else:
        verdict = Verdict.NOT_COMPARED
    return Figures(told(lambda line: True), by_push, by_file, by_both, no_push, no_file, verdict)


def _missing(no_push: Told, no_file: Told) -> Verdict:
    if no_push.count and no_file.count:
        return Verdict.MISSING_IN_BOTH
    return Verdict.MISSING_IN_PUSH if no_push.count else Verdict.MISSING_IN_FILE


def grace_ends(date: dt.date, time_zone: str | None, grace: dt.timedelta) -> dt.datetime:
    """When the grace of a business date is over, in UTC: so long after the midnight with which the date begins.

    By the site's wall clock; where nobody knows the site's zone, in UTC.
    """
    moment, _ = instant(dt.datetime.combine(date, dt.time()) + grace, time_zone or "UTC")
    if moment is None:
        raise AssertionError("a wall clock with a zone has an instant")
    return moment
