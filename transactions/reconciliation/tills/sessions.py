"""Till sessions of one register at one recycler, in one currency. DOMAIN.md section 2. Pure: no ORM, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Event:
    """A till that went out with a float, or came back. Wall-clock time; money in the register's currency."""

    local_time: dt.datetime
    is_out: bool
    amount: Decimal
    business_date: dt.date
    user: str = ""


@dataclass(slots=True)
class Session:
    """A till's check-outs, then its check-ins, up to its next check-out."""

    began: dt.datetime
    business_date: dt.date
    last: dt.datetime
    first_out: dt.datetime | None = None
    last_in: dt.datetime | None = None
    checked_out: Decimal = _ZERO
    checked_in: Decimal = _ZERO
    users: set[str] = field(default_factory=set)

    def takes(self, event: Event) -> bool:
        """Whether an event that follows is of this session: a check-out after a check-in begins the next one."""
        return not event.is_out or self.last_in is None

    def add(self, event: Event) -> None:
        self.last = event.local_time
        if event.is_out:
            self.first_out = self.first_out or event.local_time
            self.checked_out += event.amount
        else:
            self.last_in = event.local_time
            self.checked_in += event.amount
        if event.user:
            self.users.add(event.user)


def sessions(events: Iterable[Event]) -> list[Session]:
    """The sessions these events make, in order. The first event begins one, whatever it is.

    At one reading of the clock check-outs come before check-ins, so that no two sessions begin at once.
    """
    made: list[Session] = []
    for event in sorted(events, key=lambda event: (event.local_time, not event.is_out)):
        if not made or not made[-1].takes(event):
            made.append(Session(event.local_time, event.business_date, event.local_time))
        made[-1].add(event)
    return made
