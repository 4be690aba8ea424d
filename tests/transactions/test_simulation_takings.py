"""Simulated takings: what the tills brought, by business date, and now and then not quite; the same for a seed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal

from transactions.simulation.estate import make_estate
from transactions.simulation.takings import TillHabits, business_day, takings_between, takings_of, told_at
from transactions.simulation.trade import day_of

ESTATE = make_estate(3, 2, 6)
SITES = list(dict.fromkeys(safe.site for safe in ESTATE))
FIRST = dt.date(2026, 10, 20)
DATES = [FIRST + dt.timedelta(days=number) for number in range(20)]  # American clocks go back among them
HONEST = TillHabits(short=0, over=0, silent=0, mistyped=0)


def test_business_days_have_all_that_happened_once():
    for safe in ESTATE:
        by_business = Counter(what for date in DATES for what in business_day(safe, date))
        by_calendar = Counter(what for date in DATES for what in day_of(safe, date))
        # Only at the ends is there something that belongs to a day outside.
        outside = (by_business - by_calendar) + (by_calendar - by_business)
        assert all(what.wall.date() <= FIRST or what.wall.date() >= DATES[-1] for what in outside)


def test_honest_tills_say_what_they_brought():
    for site in SITES:
        safes = [safe for safe in ESTATE if safe.site == site and not safe.is_recycler]
        brought = sum(
            (what.amount * what.copies for safe in safes for date in DATES for what in business_day(safe, date)
             if what.type in ("CashIn", "ManualCashTransaction") and what.register),
            Decimal(0),
        )  # fmt: skip
        said = sum((one.amount for date in DATES for one in takings_of(safes, site, date, HONEST)), Decimal(0))
        assert said == brought > 0


def test_some_are_short_some_over_some_silent_and_some_mistyped():
    honest = {one.reference: one for site in SITES for date in DATES for one in takings_of(ESTATE, site, date, HONEST)}
    habits = TillHabits(short=0.2, over=0.2, silent=0.1, mistyped=0.1)
    said = {one.reference: one for site in SITES for date in DATES for one in takings_of(ESTATE, site, date, habits)}
    assert said.keys() < honest.keys()
    signs = Counter((one.amount > honest[key].amount) - (one.amount < honest[key].amount) for key, one in said.items())
    assert signs[1] > 10 < signs[-1]
    assert signs[0] > signs[1]
    assert any(one.register != honest[key].register for key, one in said.items())


def test_references_never_come_twice_and_reports_come_when_their_day_is_over():
    begin = dt.datetime.combine(FIRST, dt.time(), dt.UTC)
    middle, end = begin + dt.timedelta(days=3, hours=13), begin + dt.timedelta(days=8)
    whole = list(takings_between(ESTATE, begin, end))
    parts = [*takings_between(ESTATE, begin, middle), *takings_between(ESTATE, middle, end, began=begin)]
    assert sorted(map(str, whole)) == sorted(map(str, parts))
    references = [one.reference for lot in whole for one in lot]
    assert len(references) == len(set(references))
    for lot in whole:
        for one in lot:
            site = next(site for site in SITES if site.code == one.site)
            assert begin <= told_at(site, one.business_date) < end
            assert one.business_date >= FIRST
