"""How a true history is cut into messages changes nothing, as long as equal records stay together.

DOMAIN.md section 1, "Claimed" and "The law of the product". Apart, they are counted once and shown, with their cash.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transactions.law.books import books_in_database, difference
from tests.transactions.law.said import Fact, File, Push, Reading, Telling
from tests.transactions.law.stories import Action, Arrival, Placing, Story, facts
from tests.transactions.law.telling import Teller

pytestmark = pytest.mark.usefixtures("transactional_db")

FIRST = dt.date(2026, 3, 7)
PLACED = (Placing("SR1", "CHI", FIRST),)
_few = settings(max_examples=20 if settings().max_examples <= 100 else 300)
History = dict[Fact, int]

histories = st.dictionaries(facts(FIRST, serial="SR1"), st.integers(1, 3), min_size=1, max_size=6)


@st.composite
def cut(draw: st.DrawFn, history: History, *, again: bool) -> list[Telling]:
    """The history in up to four messages, all copies of a fact in one; with ``again``, some in another one as well."""
    parts: list[list[Reading]] = [[] for _ in range(draw(st.integers(1, 4)))]
    for fact, number in history.items():
        into = draw(st.lists(st.integers(0, len(parts) - 1), min_size=1, max_size=1 + again, unique=True))
        for place in into:
            parts[place] += [Reading(fact, draw(st.integers(0, 59))) for _ in range(number)]
    kind = draw(st.sampled_from(["named", "nameless", "files"]))
    cut_up: list[Telling] = []
    for number, part in enumerate(parts):
        readings = tuple(draw(st.permutations(part)))
        if part and kind == "files":
            cut_up.append(File("daily", f"{number}.xml", readings))
        elif part:
            cut_up.append(Push("north", f"m-{number}" if kind == "named" else None, readings))
    return cut_up


def tell(tellings: Sequence[Telling]):
    story = Story(tuple(tellings), PLACED)
    actions: list[Action] = [*PLACED, *map(Arrival, tellings), *map(Arrival, tellings)]
    Teller(story).tell(actions)
    return books_in_database(tellings)


def what_counts(books) -> Counter[Fact]:
    return Counter(fact for _, fact, *_ in books.entries.elements())


def without_channels(books):
    """The same books but for who showed the rows."""
    entries = Counter(entry[:5] for entry in books.entries.elements())
    return replace(books, entries=entries)


def kinds(books) -> set[str]:
    return {kind for kind, _, _ in books.findings}


@_few
@given(st.data())
def test_another_cut_of_the_same_history_makes_the_same_books(data):
    history = data.draw(histories)
    books = [tell(data.draw(cut(history, again=False))) for _ in range(2)]
    assert difference(*map(without_channels, books)) == {}
    assert what_counts(books[0]) == history
    assert "possible_twin" not in kinds(books[0])


@_few
@given(st.data())
def test_what_is_told_again_in_other_messages_is_counted_once(data):
    history = data.draw(histories)
    books = tell(data.draw(cut(history, again=True)))
    assert what_counts(books) == history


DROP = dt.datetime.combine(FIRST, dt.time(12))


@_few
@given(st.lists(st.integers(1, 3), min_size=2, max_size=4), st.sampled_from([Decimal(40), Decimal("-20.5")]))
def test_twins_apart_are_counted_once_and_shown_with_their_cash(copies, amount):
    """Copies per message: Stored is the most in one, Claimed is all of them, and the difference is at stake."""
    drop = Fact("SR1", DROP, "CashIn", amount)
    numbers = count()
    books = tell([Push("north", f"m-{next(numbers)}", (Reading(drop),) * number) for number in copies])
    assert sum(books.entries.values()) == max(copies)
    missing = sum(copies) - max(copies)
    assert dict(books.findings) == {("possible_twin", "SR1 2026-03-07", missing * abs(amount)): 1}


@pytest.mark.parametrize("type_", ["EndOfDay", "DoorOpened", "FooBar"])
def test_without_cash_at_stake_no_twin_is_asked_about(type_):
    fact = Fact("SR1", DROP, type_)
    books = tell([Push("north", f"m-{number}", (Reading(fact),)) for number in range(2)])
    assert "possible_twin" not in kinds(books)


def test_the_same_drop_at_two_endpoints_is_no_twin():
    """Loomis sends a copy of everything to all endpoints: what each says alone is what counts."""
    drop = Reading(Fact("SR1", DROP, "CashIn", Decimal(40)))
    books = tell([Push("north", "m-1", (drop,)), Push("south", "m-2", (drop,))])
    assert sum(books.entries.values()) == 1
    assert not books.findings


@_few
@given(st.lists(st.integers(1, 3), min_size=2, max_size=4), st.integers(1, 4), st.booleans())
def test_twins_apart_in_pushes_are_settled_by_the_file_that_shows_them(copies, filed, file_first):
    drop = Reading(Fact("SR1", DROP, "CashIn", Decimal(40)))
    pushes = [Push("north", f"m-{number}", (drop,) * many) for number, many in enumerate(copies)]
    file = File("daily", "day.xml", (drop,) * filed)
    books = tell([file, *pushes] if file_first else [*pushes, file])
    assert sum(books.entries.values()) == max(*copies, filed)
    assert not books.findings


@pytest.mark.parametrize("feeds", [("daily", "daily"), ("daily", "spare")])
def test_two_files_of_one_feed_claim_twins_and_those_of_two_feeds_do_not(feeds):
    drop = Reading(Fact("SR1", DROP, "CashIn", Decimal(40)))
    books = tell([File(feed, f"{number}.xml", (drop,), salt=number) for number, feed in enumerate(feeds)])
    assert sum(books.entries.values()) == 1
    assert [cash for _, _, cash in books.findings] == ([Decimal(40)] if len(set(feeds)) == 1 else [])
