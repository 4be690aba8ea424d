"""A running web server, and pushes to it over real sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection as database

from config.data_dir import CHECKOUT
from config.services import web_command
from tests.config.system import free_port, until

PATH = "/api/loomis/transactions"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, response: HTTPResponse) -> Answer:
        headers = {name.lower(): value for name, value in response.getheaders()}
        return cls(response.status, headers, response.read())

    def json(self) -> dict[str, Any]:
        answer = json.loads(self.body)
        assert isinstance(answer, dict)
        return answer


def ask(port: int, method: str, path: str, body: bytes | None, headers: dict[str, str] | None) -> Answer:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, path, body=body, headers=headers or {})
        return Answer.of(connection.getresponse())


def push_to(port: int, endpoint: str, body: bytes, headers: dict[str, str] | None = None, query: str = "") -> Answer:
    return ask(port, "POST", f"{PATH}/{endpoint}{query}", body, headers)


class WebServer:
    """Granian as in `make run`, its port and what it has written."""

    def __init__(self, database_name: str, written: Path) -> None:
        self.database_name = database_name
        self.written = written
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        settings = database.settings_dict
        # A host that is a directory, for its socket, is spelt with two slashes; one that is a name with its port.
        place = f"/{settings['HOST']}" if settings["HOST"].startswith("/") else f"{settings['HOST']}:{settings['PORT']}"
        url = f"postgres://{settings['USER']}:{quote(settings['PASSWORD'])}@{place}/{self.database_name}"
        environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.local"}
        with self.written.open("wb") as written:
            self.process = subprocess.Popen(
                web_command("127.0.0.1", self.port),
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                start_new_session=True,
            )
        until(self.answers, "the web server")

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(30)

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        try:
            return self.ask("GET", "/healthz").status == 200
        except (OSError, HTTPException):
            return False

    def is_idle(self) -> bool:
        """Whether none of its connections to the database is at work."""
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle')"
            )
            (idle,) = cursor.fetchone()
        return bool(idle)

    def said(self) -> str:
        """Everything on its stdout and stderr so far."""
        return self.written.read_text(errors="replace")

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        return ask(self.port, method, path, body, headers)

    def push(self, endpoint: str, body: bytes, headers: dict[str, str] | None = None, query: str = "") -> Answer:
        return push_to(self.port, endpoint, body, headers, query)

    @contextmanager
    def line(self) -> Iterator[Line]:
        """A connection on which a test says every byte itself."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            yield Line(connection)


class Line:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def head(self, endpoint: str, **headers: str | int) -> None:
        """The request line and headers of a push; underscores in names are hyphens."""
        lines = [f"POST {PATH}/{endpoint} HTTP/1.1", "Host: localhost"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    def answer(self) -> Answer:
        response = HTTPResponse(self.connection, method="POST")
        response.begin()
        return Answer.of(response)

    def interim(self) -> bytes:
        """An interim answer, up to the empty line after it."""
        read = b""
        while not read.endswith(b"\r\n\r\n"):
            byte = self.connection.recv(1)
            assert byte, read
            read += byte
        return read

    def end(self) -> None:
        """Say that nothing more comes, so that a server which was promised more does not wait for it."""
        with suppress(OSError):  # it has hung up already; what it said can still be read
            self.connection.shutdown(socket.SHUT_WR)
