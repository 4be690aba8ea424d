"""A database for tests that commit, and the real web server on it, as the supervisor starts it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from tests.config.system import until
from tests.transactions.cleaning import clean_database
from tests.transactions.server import WebServer


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Takes the place of pytest-django's: emptied in one statement, without drawing up permissions anew each time."""
    with django_db_blocker.unblock():
        clean_database()
        yield
        clean_database()


@pytest.fixture(scope="session")
def _web_server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """One for all tests of a session: it keeps nothing between requests but what is in the database."""
    server = WebServer(str(connection.settings_dict["NAME"]), Path(tmp_path_factory.mktemp("web")) / "said.txt")
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def web_server(transactional_db: None, _web_server: WebServer) -> Iterator[WebServer]:
    """The running server; after the test it has ended what it was at, also for callers who hung up."""
    yield _web_server
    until(_web_server.is_idle, "the server to end its requests")
