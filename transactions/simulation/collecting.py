"""What Loomis collects from the safes, and when: at once, or hours later where a safe was out of reach. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache

from transactions.simulation.estate import SimSafe
from transactions.simulation.happenings import Fact, Happening, dates_around
from transactions.simulation.trade import day_of


@lru_cache(maxsize=1024)
def _collected_of(safe: SimSafe, date: dt.date) -> tuple[tuple[dt.datetime, Happening], ...]:
    """A business day with when Loomis gets it: at once, unless the safe is out of reach for some hours (UTC)."""
    reach = {moment: _out_of_reach(safe, moment) for moment in {what.moment.date() for what in day_of(safe, date)}}
    return tuple(
        (end if begin <= what.moment < end else what.moment, what)
        for what in day_of(safe, date)
        for begin, end in [reach[what.moment.date()]]
    )


def _out_of_reach(safe: SimSafe, date: dt.date) -> tuple[dt.datetime, dt.datetime]:
    luck = safe.luck("reach", date)
    begin = dt.datetime.combine(date, dt.time(luck.randint(0, 18)), dt.UTC)
    return begin, begin + dt.timedelta(hours=luck.randint(2, 5) if luck.random() < 0.04 else 0)


def collected(estate: Iterable[SimSafe], first: dt.datetime, last: dt.datetime) -> list[tuple[SimSafe, Happening]]:
    """Everything that Loomis gets from ``first`` on and before ``last`` (instants), by the time of its happening."""
    found = [
        (safe, what)
        for safe in estate
        for date in dates_around(safe, first, last)
        for moment, what in _collected_of(safe, date)
        if first <= moment < last
    ]
    found.sort(key=lambda pair: (pair[1].moment, pair[0].serial))
    return found


def facts_between(
    estate: Iterable[SimSafe], first: dt.datetime, last: dt.datetime
) -> tuple[dict[Fact, int], dict[Fact, int]]:
    """What must be found of everything collected between two instants: transactions and audit events, with copies."""
    both: tuple[dict[Fact, int], dict[Fact, int]] = ({}, {})
    for _, what in collected(estate, first, last):
        facts = both[what.is_audit]
        facts[what.fact] = max(what.copies, facts.get(what.fact, 0))
    return both
