"""A database of its own and a real web server on it, for as long as a benchmark takes."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from config.services import web_command

DATABASE = "strongroom_bench"


@contextmanager
def own_database(beside: dict[str, Any]) -> Iterator[str]:
    """The URL of an empty database on the server of a Django database setting; dropped afterwards."""
    words = {"host": beside["HOST"], "port": beside.get("PORT"), "user": beside["USER"]}
    words |= {"password": beside.get("PASSWORD"), "dbname": beside["NAME"], "autocommit": True}
    server = {name: value for name, value in words.items() if value}
    name = sql.Identifier(DATABASE)
    with psycopg.connect(**server) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    try:
        yield _url(beside)
    finally:
        with psycopg.connect(**server) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def _url(beside: dict[str, Any]) -> str:
    given = os.environ.get("DATABASE_URL")
    if given:
        return urlunsplit(urlsplit(given)._replace(path=f"/{DATABASE}"))
    return f"postgres://{beside['USER']}@/{DATABASE}?host={quote(beside['HOST'])}"


@contextmanager
def web_server(log: int | None = None) -> Iterator[http.client.HTTPConnection]:
    """The web server as the supervisor starts it, with one worker, and a kept connection to it.

    ``log``: where it writes its log, as subprocess has it; to ours if nothing is said.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ["WEB_WORKERS"] = "1"
    server = subprocess.Popen(web_command("127.0.0.1", port), stdout=subprocess.DEVNULL, stderr=log)
    try:
        yield _connect(port)
    finally:
        server.terminate()
        server.wait(30)


def _connect(port: int) -> http.client.HTTPConnection:
    deadline = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return connection
