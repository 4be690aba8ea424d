"""The real web server, for tests of the door."""

from tests.transactions.conftest import _web_server, web_server

__all__ = ["_web_server", "web_server"]
