"""Whatever was said, in whatever order and however often: books that nobody touched are what follows from it."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings

from tests.transactions.law.telling import Teller
from tests.transactions.law.test_law import tales
from tests.transactions.verifying.lively import settle_down, verified

pytestmark = pytest.mark.usefixtures("transactional_db")


# A book is told and rebuilt in a second or two: to make a failing one smaller would take an hour.
@settings(max_examples=10 if settings().max_examples <= 100 else 200, phases=[Phase.reuse, Phase.generate])
@given(tales(ways=1))
def test_any_book_is_what_follows_from_what_was_said(tale):
    Teller(tale.story).tell(tale.told[0])
    settle_down()
    assert verified()["differences"] == []
