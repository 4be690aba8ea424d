"""Loomis's server as it may be: a real one on loopback that plays a script, down to where the line is cut."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Asked:
    """A request as it came; ``stop`` is set when the test is over."""

    line: str
    headers: dict[str, str]
    body: bytes
    stop: threading.Event

    @property
    def reference(self) -> str:
        return str(json.loads(self.body)["IncidentReference"])


Play = Callable[[socket.socket, Asked], None]


@dataclass
class FarEnd:
    """``play``: what happens to each request; ``asked``: all that came, in order."""

    play: Play
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def references(self) -> list[str]:
        return [one.reference for one in self.asked]


def says(status: int = 200, body: bytes | str = b"", **headers: str) -> Play:
    """An answer; headers with _ for -."""
    payload = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(payload)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]

    def play(line: socket.socket, asked: Asked) -> None:
        line.sendall("\r\n".join([*lines, "", ""]).encode() + payload)

    return play


def sends(raw: bytes) -> Play:
    """Bytes, and then the line is cut."""

    def play(line: socket.socket, asked: Asked) -> None:
        line.sendall(raw)

    return play


def is_silent(line: socket.socket, asked: Asked) -> None:
    """Takes the message, and says nothing."""
    asked.stop.wait()


def in_turn(*plays: Play) -> Play:
    """Each once, then the last one for ever."""
    left = list(plays)

    def play(line: socket.socket, asked: Asked) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(line, asked)

    return play


@contextmanager
def far_end(play: Play, certificate: Path | None = None) -> Iterator[FarEnd]:
    """A running server; with a certificate (PEM with its key) by TLS."""
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as door:
        scheme = "https" if context else "http"
        there = FarEnd(play, f"{scheme}://127.0.0.1:{door.getsockname()[1]}/incidents")
        threads: list[threading.Thread] = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    line, _ = door.accept()
                    threads.append(threading.Thread(target=_attend, args=(there, line, context)))
                    threads[-1].start()

        listener = threading.Thread(target=serve)
        listener.start()
        try:
            yield there
        finally:
            there.stop.set()
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            door.close()
            for thread in [listener, *threads]:
                thread.join()


def _attend(there: FarEnd, line: socket.socket, context: ssl.SSLContext | None) -> None:
    # Whoever asks may hang up at any moment: that is no business of the server's.
    with line, suppress(OSError):
        line.settimeout(60)
        speaks = context.wrap_socket(line, server_side=True) if context else line
        with speaks:
            asked = _read(speaks, there.stop)
            if asked is not None:
                there.asked.append(asked)
                there.play(speaks, asked)


def _read(line: socket.socket, stop: threading.Event) -> Asked | None:
    raw = b""
    while b"\r\n\r\n" not in raw:
        part = line.recv(65536)
        if not part:
            return None
        raw += part
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        part = line.recv(65536)
        if not part:
            return None  # who asked is gone in the middle of it
        body += part
    return Asked(first, headers, body, stop)
