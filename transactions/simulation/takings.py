"""What the tills of the simulated retailer say was banked: what they brought to the safes, and now and then not quite.

Told a while after the business day is over, per site. Pure: no ORM, no clock.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from transactions.business_day import business_date, nominal_date
from transactions.catalogue import END_OF_DAY
from transactions.reconciliation.effects import TO_BANKED
from transactions.simulation.estate import SimSafe, SimSite
from transactions.simulation.happenings import ZERO, Happening
from transactions.simulation.trade import day_of

_DAY = dt.timedelta(days=1)
_ROLLOVER = dt.timedelta(hours=6)
_TOLD = dt.timedelta(hours=7)

Till = tuple[str, str]
"""Register and cashier."""


@dataclass(frozen=True, slots=True)
class Taking:
    """One line of a till's report, as /api/v1/takings takes it."""

    site: str
    business_date: dt.date
    register: str
    cashier: str
    amount: Decimal
    reference: str

    def as_json(self) -> dict[str, str]:
        return {
            "site": self.site,
            "business_date": self.business_date.isoformat(),
            "register": self.register,
            "cashier": self.cashier,
            "amount": f"{self.amount:.2f}",
            "reference": self.reference,
        }


@dataclass(frozen=True, slots=True)
class TillHabits:
    """How often a till is wrong, as shares of its reports."""

    short: float = 0.015
    over: float = 0.008
    silent: float = 0.004
    mistyped: float = 0.003  # under a register that nobody has


def told_at(site: SimSite, date: dt.date) -> dt.datetime:
    """When the takings of a business date are told, UTC: an hour after the next one has begun."""
    wall = dt.datetime.combine(date + _DAY, dt.time()) + _TOLD
    return wall.replace(tzinfo=ZoneInfo(site.zone)).astimezone(dt.UTC)


def takings_between(
    estate: list[SimSafe],
    first: dt.datetime,
    last: dt.datetime,
    *,
    began: dt.datetime | None = None,
    habits: TillHabits = TillHabits(),
) -> Iterator[list[Taking]]:
    """The reports that are told from ``first`` on and before ``last`` (UTC): one a site and business date.

    Of no day that was under way already when the story began, which is at ``first`` unless said.
    """
    for site in dict.fromkeys(safe.site for safe in estate):
        date = first.date() - 3 * _DAY
        while (moment := told_at(site, date)) < last:
            if moment >= first and _midnight(site, date) >= (began or first):
                yield takings_of(estate, site, date, habits)
            date += _DAY


def _midnight(site: SimSite, date: dt.date) -> dt.datetime:
    # Not the rollover: what comes after the close, a minute past midnight, is of the new day.
    return dt.datetime.combine(date, dt.time(), ZoneInfo(site.zone)).astimezone(dt.UTC)


def takings_of(
    estate: Iterable[SimSafe], site: SimSite, date: dt.date, habits: TillHabits = TillHabits()
) -> list[Taking]:
    """What the tills of a site say of a business date, in order."""
    safes = [safe for safe in estate if safe.site == site]
    banked: dict[Till, Decimal] = defaultdict(Decimal)
    for safe in safes:
        for what in business_day(safe, date):
            if what.type in TO_BANKED:
                banked[what.register or "", what.user or ""] += TO_BANKED[what.type] * what.amount * what.copies
    # What a recycler's till took out overnight it cannot have banked.
    tills = [(till, amount) for till, amount in sorted(banked.items()) if till[0] and amount >= 0]
    return [
        taking
        for number, (till, amount) in enumerate(tills)
        for taking in _said(safes[0], date, till, amount, number, habits)
    ]


def business_day(safe: SimSafe, date: dt.date) -> list[Happening]:
    """What happened at a safe on a business date, by its own closes."""
    around = [what for day in (date - _DAY, date, date + _DAY) for what in day_of(safe, day)]
    last: dict[dt.date, dt.datetime] = {}
    for what in around:
        if what.type == END_OF_DAY:
            nominal = nominal_date(what.wall, _rollover)
            last[nominal] = max(what.wall, last.get(nominal, what.wall))
    found = []
    for what in around:
        nominal = nominal_date(what.wall, _rollover)
        is_close = what.type == END_OF_DAY
        if date == business_date(nominal, what.wall, is_close=is_close, last_close=last.get(nominal)):
            found.append(what)
    return found


def _rollover(date: dt.date) -> dt.timedelta:
    return _ROLLOVER


def _said(
    safe: SimSafe, date: dt.date, till: Till, amount: Decimal, number: int, habits: TillHabits
) -> Iterator[Taking]:
    register, cashier = till
    luck: random.Random = safe.luck("takings", date, register, cashier)
    if luck.random() < habits.silent:
        return
    # Somebody gave too much change, or too little, or put a note into the wrong drawer.
    wrong = Decimal(luck.choice((1, 5, 10, 20, 50))) + Decimal(luck.randint(0, 3)) / 4
    if luck.random() < habits.short:
        amount += wrong
    elif luck.random() < habits.over:
        amount = max(amount - wrong, ZERO)
    if luck.random() < habits.mistyped:
        register = f"9{register[-1:]}"
    yield Taking(safe.site.code, date, register, cashier, amount, f"{safe.site.code}-{date:%Y%m%d}-{number + 1:02}")
