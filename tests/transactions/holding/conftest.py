"""A safe, Loomis telling of it, and the day on which people look: for tests of what is in it and what left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from safes.models import Safe
from tests.transactions.holding.telling import Sender, now, placed


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with now():
        yield


@pytest.fixture
def safe(db: None) -> Safe:
    return placed()


@pytest.fixture
def loomis(safe: Safe) -> Sender:
    return Sender()
