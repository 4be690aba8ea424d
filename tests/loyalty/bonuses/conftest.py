"""The day of the ledger's tests, 14 March 2026, noon in UTC, and a till."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from tests.loyalty.api.office import Office
from tests.loyalty.bonuses.saying import NOON, active_card


@pytest.fixture
def clock() -> Iterator[Any]:
    """A clock that moves when it is told to, and by itself as clocks do."""
    with time_machine.travel(NOON) as traveller:
        yield traveller


@pytest.fixture
def till(clock: Any, db: None) -> Office:
    """A till, and a card to use it with."""
    active_card()
    return Office("till", "till-7")
