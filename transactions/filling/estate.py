"""The area that is lived through: a few sites and their safes, named so that copies of it can be named apart. Pure.

Everything of the area that has a name has the mark of the area in it: sites, safes, cashiers. Pickup groups have
eleven digits, the same mark among them. A copy is the same rows with another mark.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from transactions.catalogue import KIND_OF, Kind
from transactions.simulation.estate import SimSafe, make_estate, pickup_number
from transactions.simulation.trade import day_of

MARK = "A000"
GROUPS = 61_000_000_000
GROUPS_OF_AN_AREA = 1_000_000
_GROUPS_OF_A_SAFE = 10_000
# Of a chain whose 900 safes see some eighteen transactions a day, so that ten million are the better part of two years.
_TRADE = 0.1
_REGISTERS = 2
_SEED = 11
_SAMPLE = 14


def area(sites: int, safes: int, begin: dt.date) -> list[SimSafe]:
    """The safes of the area, whose story begins on that date."""
    return [_marked(number, safe, begin) for number, safe in enumerate(make_estate(_SEED, sites, safes))]


def rows_a_day(estate: list[SimSafe], date: dt.date) -> float:
    """How many transactions a day the area has, audit events aside, by the days after ``date``."""
    counted = sum(
        what.copies
        for safe in estate
        for day in range(_SAMPLE)
        for what in day_of(safe, date + dt.timedelta(days=day))
        if KIND_OF.get(what.type) != Kind.AUDIT
    )
    return counted / _SAMPLE


def _marked(number: int, safe: SimSafe, begin: dt.date) -> SimSafe:
    site = replace(
        safe.site, code=f"{MARK}-{safe.site.code.rpartition('-')[2]}", name=f"{safe.site.name.split()[0]} {MARK}"
    )
    return replace(
        safe,
        site=site,
        serial=f"{MARK}-{number + 1:03}",
        cashiers=tuple(f"{name} {MARK}" for name in safe.cashiers),
        first_group=GROUPS + number * _GROUPS_OF_A_SAFE - pickup_number(safe, begin) + 1,
        trade=safe.trade * _TRADE,
        registers=safe.registers[:_REGISTERS],
    )
