"""The real web server, as the supervisor starts it, on the database of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.transactions.server import WebServer


@pytest.fixture(scope="session")
def web_server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """One for all tests of a session: it keeps nothing between requests but what is in the database."""
    server = WebServer(str(connection.settings_dict["NAME"]), Path(tmp_path_factory.mktemp("web")) / "said.txt")
    try:
        server.start()
        yield server
    finally:
        server.stop()
