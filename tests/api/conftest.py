"""Who reads and who pushes, for every test of the API."""

from __future__ import annotations

import pytest

from tests.api.reader import Pusher, Reader


@pytest.fixture
def reader(db: None) -> Reader:
    return Reader()


@pytest.fixture
def loomis(db: None) -> Pusher:
    return Pusher()
