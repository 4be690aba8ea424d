"""PostgreSQL as Django has it, but a server that falls silent is given up after a while.

`statement_timeout` is kept by the server: one that hangs (a stopped machine, a cut network) keeps nothing. Then a web
request would wait for ever, and Loomis with it, instead of getting its 503 and coming again. So the client counts too.
The option `silence_timeout` (seconds; absent: for ever) says how long one exchange with the server may take.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import psycopg
from django.db.backends.postgresql import base

# Seconds for the question whether a kept connection still works, which any living server answers at once.
HEALTH_CHECK_SECONDS = 2.0


class ImpatientConnection(psycopg.Connection[Any]):
    """Closes itself, with an OperationalError, when the server is silent for `patience` seconds."""

    patience: float | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval=interval, timeout=timeout or self.patience)
        except psycopg.errors._WaitTimeout:
            # An answer may still come, to a question that nobody remembers: the connection is of no use any more.
            self.pgconn.finish()
            raise


# Django takes the driver's `connect` and its exceptions from one module; this is psycopg with another `connect`.
driver = ModuleType("psycopg")
vars(driver).update(vars(psycopg) | {"connect": ImpatientConnection.connect})


class DatabaseWrapper(base.DatabaseWrapper):
    Database = driver

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        params.pop("silence_timeout", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> ImpatientConnection:
        connection: ImpatientConnection = super().get_new_connection(conn_params)
        connection.patience = self.settings_dict["OPTIONS"].get("silence_timeout")
        return connection

    def is_usable(self) -> bool:
        with self._quickly():
            return bool(super().is_usable())

    @contextmanager
    def _quickly(self) -> Iterator[None]:
        connection = self.connection
        if connection is None or connection.patience is None:
            yield
            return
        usual, connection.patience = connection.patience, HEALTH_CHECK_SECONDS
        try:
            yield
        finally:
            connection.patience = usual
