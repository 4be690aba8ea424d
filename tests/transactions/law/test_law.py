"""The law of the product: the books are a function of what was said and ruled, not of how it arrived.

DOMAIN.md section 1, "The law of the product". Whole stories on a real PostgreSQL against an oracle that knows only the
definitions.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transactions.law.books import books_in_database, difference, figures_differ, figures_in_database
from tests.transactions.law.cash_stories import cash_stories, counted_stories
from tests.transactions.law.figures import Figures, figures_of
from tests.transactions.law.oracle import Books, Inputs, books_of
from tests.transactions.law.stories import BOOKS, PLACES, Action, Story, orders
from tests.transactions.law.telling import Teller

pytestmark = pytest.mark.usefixtures("transactional_db")

# Each example is a few dozen transactions on a real database.
_few = settings(max_examples=40 if settings().max_examples <= 100 else 600)


def expected(story: Story) -> tuple[Books, Figures]:
    said = Inputs(story.tellings, BOOKS, PLACES, story.placements, story.rulings)
    books = books_of(said)
    figures = figures_of(books.entries, said, story.counts, story.takings)
    books.findings += figures.findings
    return books, figures


def compare(story: Story) -> Books:
    """Hold what is in the database against what is due; what is there."""
    books, figures = expected(story)
    found = books_in_database(story.tellings)
    assert figures_differ(figures_in_database(), figures) == {}
    assert difference(found, books) == {}
    return found


class Tale:
    """A story and orders in which it may arrive; shown in as few words as will do, since a failure shows all of it."""

    def __init__(self, story: Story, *told: list[Action]) -> None:
        self.story = story
        self.told = told

    def __repr__(self) -> str:
        tellings = "\n".join(map(repr, self.story.tellings))
        return "\n".join([tellings, *(f"ORDER {number}: {order}" for number, order in enumerate(self.told, start=1))])


@st.composite
def tales(draw: st.DrawFn, ways: int, of: Callable[[], st.SearchStrategy[Story]] = counted_stories) -> Tale:
    story = draw(of())
    return Tale(story, *(draw(orders(story)) for _ in range(ways)))


@_few
@given(tales(ways=2))
def test_the_books_follow_from_what_was_said_in_whatever_order_it_came(tale):
    books = []
    for order in tale.told:
        Teller(tale.story).tell(order)
        books.append(compare(tale.story))
    assert difference(*books) == {}


@settings(max_examples=20 if settings().max_examples <= 100 else 400)
@given(tales(2, cash_stories))
def test_the_figures_follow_from_what_was_said_counted_and_taken(tale):
    for order in tale.told:
        Teller(tale.story).tell(order)
        compare(tale.story)


@_few
@given(tales(ways=1), st.integers(2, 6))
def test_several_tellers_at_once_make_the_same_books(tale, tellers):
    Teller(tale.story).tell_at_once(tale.told[0], tellers)
    compare(tale.story)
