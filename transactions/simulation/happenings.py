"""What happens at a safe: the facts, before anybody spells them. Pure: no ORM, no clock."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from transactions.catalogue import KIND_OF, Kind
from transactions.simulation.estate import SimSafe

_DAY = dt.timedelta(days=1)
_CLOCKS_PUT_RIGHT = dt.timedelta(hours=6)
ZERO = Decimal(0)

Cash = tuple[tuple[Decimal, int], ...]
"""Unit values and counts."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One transaction or audit event, ``copies`` times: twins are equal in everything anybody could tell.

    ``wall`` is the safe's clock (naive, microseconds) and ``tick`` its seventh digit; ``moment`` is the instant.
    """

    serial: str
    wall: dt.datetime
    tick: int
    moment: dt.datetime
    type: str
    user: str | None = None
    amount: Decimal = ZERO
    cash: Cash = ()
    group: int = 0
    register: str | None = None
    change_number: str | None = None
    deposit_reference: str | None = None
    door: str | None = None
    tube_column: str | None = None
    tube_count: str | None = None
    copies: int = 1

    @property
    def is_audit(self) -> bool:
        return KIND_OF.get(self.type) == Kind.AUDIT

    @property
    def fact(self) -> Fact:
        """What must be found of it in whoever was told, spelt as nobody spells it on the wire."""
        if self.is_audit:
            return (self.serial, self.wall, self.type, self.user, self.door)
        cash = tuple(sorted((unit.normalize(), count) for unit, count in self.cash))
        return (self.serial, self.wall, self.type, self.user, self.amount.normalize(), self.group, self.register, cash)


Fact = tuple[object, ...]


def worth(cash: Cash) -> Decimal:
    return sum((unit * count for unit, count in cash), ZERO)


class SafeClock:
    """The clock of a safe on one business day: from seconds since local midnight to instants and to what it shows."""

    def __init__(self, safe: SimSafe, date: dt.date) -> None:
        self.safe = safe
        self.zone = ZoneInfo(safe.site.zone)
        self.midnight = dt.datetime.combine(date, dt.time())
        self.begin = self.midnight.replace(tzinfo=self.zone).astimezone(dt.UTC)
        self.taken: set[dt.datetime] = set()

    def read(self, seconds: int) -> tuple[dt.datetime, dt.datetime]:
        """What the clock shows and the instant, at that second or the first one after it nobody has taken yet.

        Where clocks go back an hour is shown twice; a slow clock shows the hour that never was.
        """
        while True:
            elapsed = dt.timedelta(seconds=seconds)
            if elapsed < _CLOCKS_PUT_RIGHT:
                moment = self.begin + elapsed
                wall = moment.astimezone(self.zone).replace(tzinfo=None)
                if self.safe.slow_clock:
                    wall = self.midnight + elapsed
            else:
                wall = self.midnight + elapsed
                moment = wall.replace(tzinfo=self.zone).astimezone(dt.UTC)
            if wall not in self.taken:
                self.taken.add(wall)
                return wall, moment
            seconds += 1


def dates_around(safe: SimSafe, first: dt.datetime, last: dt.datetime) -> list[dt.date]:
    """The safe's business days that can have something between two instants, collected up to a day late."""
    zone = ZoneInfo(safe.site.zone)
    date, end = first.astimezone(zone).date() - 2 * _DAY, last.astimezone(zone).date()
    return [date + number * _DAY for number in range((end - date).days + 1)]
