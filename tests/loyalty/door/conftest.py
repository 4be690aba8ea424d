"""A database for tests that commit, and the real web server on it."""

from __future__ import annotations

from tests.transactions.conftest import _web_server, transactional_db, web_server

__all__ = ["_web_server", "transactional_db", "web_server"]
