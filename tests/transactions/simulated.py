"""Simulated stories for tests, and a line to the system that can be trusted as little as a real one."""

from __future__ import annotations

import datetime as dt
import http.client
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from transactions.catalogue import Kind
from transactions.simulation.estate import make_estate
from transactions.simulation.happenings import Fact
from transactions.simulation.messages import Habits, Message, told
from transactions.wire.records import Record

HOUR = dt.timedelta(hours=1)
# Around the end of summer time in the United States.
BEGIN = dt.datetime(2026, 10, 31, tzinfo=dt.UTC)
ODD = Habits(again=0.3, respelt=0.2, overlapping=0.2, late=0.2, nameless=0.2, audit_apart=0.5, with_broken_row=0.2)


def story(seed: int = 1, safes: int = 3, days: int = 2, step: dt.timedelta = HOUR, **more: object) -> list[Message]:
    begin = more.pop("begin", BEGIN)
    assert isinstance(begin, dt.datetime)
    estate = make_estate(seed, min(safes, 3), safes)
    return list(told(estate, begin, begin + dt.timedelta(days=days), step, **{"habits": ODD} | more))  # type: ignore[arg-type]


def told_fact(record: Record) -> Fact:
    """The fact that a record tells of."""
    if record.kind == Kind.AUDIT:
        return (record.serial_number, record.local_time, record.type, record.user_name, record.door_name)
    cash = tuple((each.unit_value.normalize(), each.count) for each in record.denominations)
    group, register = record.pickup_group_id or 0, record.register
    amount = record.amount.normalize()
    return (record.serial_number, record.local_time, record.type, record.user_name, amount, group, register, cash)


class Line:
    """A proxy. ``whim`` is asked by the number of each request, from 0, for what goes wrong with it."""

    def __init__(self, port: int, whim: Callable[[int], str]) -> None:
        self.port, self.whim = port, whim
        self.count, self.lock = 0, Lock()

    def next_whim(self) -> str:
        with self.lock:
            self.count += 1
            return self.whim(self.count - 1)


@contextmanager
def line_to(port: int, whim: Callable[[int], str]) -> Iterator[str]:
    """The address of a line to that port: ``refused`` never arrives, ``lost`` and ``failed`` arrive and say so badly,

    ``swallowed`` never arrives although it is answered 200.
    """
    line = Line(port, whim)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            what = line.next_whim()
            status, answer = 200, b"{}"
            if what not in ("refused", "swallowed"):
                status, answer = self._forward(body)
            if what == "lost":
                self.close_connection = True
                return
            self.send_response(500 if what in ("refused", "failed") else status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _forward(self, body: bytes) -> tuple[int, bytes]:
            with closing(http.client.HTTPConnection("127.0.0.1", line.port, timeout=30)) as connection:
                connection.request("POST", self.path, body, {"Authorization": self.headers["Authorization"]})
                answer = connection.getresponse()
                return answer.status, answer.read()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
