"""Stories of cash: few safes, plainly told, and drops, couriers, closes and counts that get into each other's way."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from tests.transactions.law.figures import Counted, Took
from tests.transactions.law.oracle import PRODUCTION
from tests.transactions.law.said import Fact, Push, Reading
from tests.transactions.law.stories import (
    BOOKS,
    FIRST_DAYS,
    PLACES,
    Action,
    Counting,
    Placing,
    Story,
    Taking,
    Verdict,
    stories,
)

_SUMS = st.sampled_from([Decimal(0), Decimal(40), Decimal("60.5")])
_WRONG = st.lists(_SUMS, max_size=2).map(tuple)
# Mostly what hangs together over days.
_TYPES = [*["CashIn"] * 5, "ManualCashTransaction", *["Servicing"] * 4, "EndOfDay", "EndOfDay"]
_TYPES += ["ChangeRequest", "CashDispenseTillCheckout", "DoorOpened"]
_TIMES = [dt.time(3), dt.time(9), dt.time(9, 20), dt.time(16), dt.time(22)]


def _facts(first: dt.date) -> st.SearchStrategy[Fact]:
    walls = st.builds(
        lambda days, time: dt.datetime.combine(first + dt.timedelta(days=days), time),
        st.integers(0, 4),
        st.sampled_from(_TIMES),
    )
    return st.builds(
        Fact,
        serial=st.sampled_from([*["SR1"] * 6, "SR2"]),
        wall=walls,
        type=st.sampled_from(_TYPES),
        amount=st.sampled_from([Decimal("20.5"), Decimal(40), Decimal(7)]),
        group=st.sampled_from([None, 7, 7, 8]),
        register=st.sampled_from([None, "0"]),
    ).map(_without_cash)


def _without_cash(fact: Fact) -> Fact:
    """Nobody sends an amount with what is none."""
    return fact if fact.nature == "cash" else replace(fact, amount=Decimal(0), group=None, register=None)


@st.composite
def cash_stories(draw: st.DrawFn) -> Story:
    first = draw(st.sampled_from(FIRST_DAYS))
    said = draw(st.lists(_facts(first), min_size=8, max_size=16, unique=True))
    sent = [Push("north", None, tuple(map(Reading, said[at : at + 2]))) for at in range(0, len(said), 2)]
    places = st.sampled_from(sorted(PLACES))
    people: list[Action] = [Placing("SR1", draw(places), first - dt.timedelta(days=9))]
    if draw(st.booleans()):
        people.append(Placing("SR1", draw(places), first + dt.timedelta(days=2)))
    people += draw(countings(first, sorted({fact.serial for fact in said})))
    judged = draw(st.lists(st.sampled_from(said), max_size=3, unique=True))
    people += [Verdict(fact, draw(st.sampled_from([(0,), (2,), (0, None)]))) for fact in judged]
    people += draw(takings(first))
    return Story(tuple(sent), tuple(people))


@st.composite
def counted_stories(draw: st.DrawFn) -> Story:
    """Any story, in which people count and tills speak as well."""
    story = draw(stories())
    facts = [reading.fact for telling in story.tellings for reading in telling.readings]
    first = min(fact.wall for fact in facts).date()
    there = {r.fact.serial for t in story.tellings if BOOKS[t.source] == PRODUCTION for r in t.readings}
    people = [*story.people, *draw(takings(first))]
    return replace(story, people=(*people, *(draw(countings(first, sorted(there))) if there else ())))


def countings(first: dt.date, serials: list[str]) -> st.SearchStrategy[list[Counting]]:
    """Counted openings of some of these safes."""
    dates = st.integers(-1, 4).map(lambda days: first + dt.timedelta(days=days))
    compartments = st.sampled_from(["contents", "contents", "inventory"])
    currencies = st.sampled_from(["USD", "USD", "EUR", "AUD"])
    counted = st.builds(Counted, st.sampled_from(serials), compartments, dates, currencies, _SUMS)
    return st.lists(st.builds(Counting, counted, _WRONG), max_size=3, unique_by=_place)


def _place(one: Counting) -> tuple[object, ...]:
    return one.counted.serial, one.counted.compartment, one.counted.date, one.counted.currency


def takings(first: dt.date) -> st.SearchStrategy[list[Taking]]:
    """What tills say of days around these."""
    dates = st.integers(-1, 3).map(lambda days: first + dt.timedelta(days=days))
    took = st.builds(
        Took, st.sampled_from("abcd"), st.sampled_from(sorted(PLACES)), dates, st.sampled_from(["0", "0", "9"]), _SUMS
    )
    return st.lists(st.builds(Taking, took, _WRONG), max_size=4, unique_by=lambda one: one.took.reference)
