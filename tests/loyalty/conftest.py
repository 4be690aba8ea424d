"""A database for tests that commit, emptied in one statement."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.transactions.cleaning import clean_database


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Takes the place of pytest-django's, which draws up permissions anew each time."""
    with django_db_blocker.unblock():
        clean_database()
        yield
        clean_database()
