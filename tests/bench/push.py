"""The push budgets of DESIGN.md: against COPY, when it comes again, and with a long history."""

from __future__ import annotations

import gc
import http.client
import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from django.db import connection

from safes.estate import add_site, place_safe
from tests.bench.history import fill
from tests.bench.payloads import SAFES, Loomis, serial
from tests.bench.report import Line
from tests.bench.system import web_server
from transactions.endpoints import add_endpoint
from transactions.models import Delivery, Transaction
from transactions.recording.copying import COLUMNS

ROWS = 1000
WARM_UP = 5
_TABLE = Transaction._meta.db_table
_COPIED = f"{COLUMNS}, push_message_id, seen_by_push"


def measure(*, rounds: int, stored: int) -> list[Line]:
    """All push budgets, in one run."""
    site = add_site("BENCH", name="Benchmark", time_zone="America/Chicago")
    for number in range(SAFES):
        place_safe(serial(number), site)
    _, key = add_endpoint("bench")
    loomis = Loomis()
    with web_server() as server:
        pusher = _Pusher(server, key)
        ceilings = _Ceilings()
        say("pushes beside COPY")
        first, same, other = [], [], []
        for _ in range(WARM_UP + rounds):
            body = loomis.push(ROWS)
            first.append(pusher.push(body, "created"))
            ceilings.measure()
            same.append(pusher.push(body, "known"))
            other.append(pusher.push(loomis.again(body), "known"))
        lines = _against_ceilings(first, same, other, ceilings)
        if stored:
            lines.append(_with_history(pusher, loomis, first, rounds, stored))
    return lines


def _against_ceilings(first: list[float], same: list[float], other: list[float], ceilings: _Ceilings) -> list[Line]:
    work = f"a push of {ROWS:,} transactions"
    return [
        Line(work, "COPY of the same rows into the same table and indexes", _ms(first), _ms(ceilings.all_indexes), 2.0),
        Line(work, "COPY into the same columns with only the unique index", _ms(first), _ms(ceilings.one_index), 3.0),
        Line(work, "the first ceiling with the rows in Python (`write_row`)", _ms(first), _ms(ceilings.from_python)),
        Line("the same message again", "its first time", _ms(same), _ms(first), 0.15),
        Line("the same transactions in another message", "their first time", _ms(other), _ms(first), 0.6),
    ]


def _with_history(pusher: _Pusher, loomis: Loomis, empty: list[float], rounds: int, stored: int) -> Line:
    fill(stored, say)
    pusher.server.close()  # it has been idle for minutes, and the server has let it go: the next request opens another
    full = [pusher.push(loomis.push(ROWS), "created") for _ in range(WARM_UP + rounds)]
    return Line(f"a push with {stored:,} transactions stored", "the same on an empty table", _ms(full), _ms(empty), 1.3)


class _Pusher:
    def __init__(self, server: http.client.HTTPConnection, key: str) -> None:
        self.server = server
        self.headers = {"Authorization": key, "Content-Type": "application/json"}

    def push(self, body: bytes, outcome: str) -> float:
        """Seconds from request to answer; the answer must say that all rows were created, or known."""
        begun = time.perf_counter()
        self.server.request("POST", "/api/loomis/transactions/bench", body, self.headers)
        response = self.server.getresponse()
        answer = response.read()
        taken = time.perf_counter() - begun
        if response.status != 200 or json.loads(answer)[outcome] != ROWS:
            raise SystemExit(f"The push was answered {response.status}: {answer.decode()}")
        return taken


class _Ceilings:
    """COPY of the rows of the latest push into tables like ours, commit included."""

    def __init__(self) -> None:
        self.all_indexes: list[float] = []
        self.one_index: list[float] = []
        self.from_python: list[float] = []
        with connection.cursor() as cursor:
            for name in ("ceiling_all", "ceiling_python"):
                cursor.execute(f"CREATE TABLE {name} (LIKE {_TABLE} INCLUDING ALL)")
            cursor.execute(f"CREATE TABLE ceiling_one (LIKE {_TABLE} INCLUDING DEFAULTS INCLUDING IDENTITY)")
            cursor.execute("CREATE UNIQUE INDEX ON ceiling_one (safe_id, local_time, key_digest, occurrence, book)")

    def measure(self) -> None:
        message = Delivery.objects.filter(message__isnull=False).latest("pk").message_id
        wanted = f"SELECT {_COPIED} FROM {_TABLE} WHERE push_message_id = {message} ORDER BY id"
        with connection.cursor() as cursor:
            with cursor.copy(f"COPY ({wanted}) TO STDOUT") as copy:
                data = b"".join(bytes(part) for part in copy)
            cursor.execute(wanted.replace("denominations,", "denominations::text,"))
            rows = cursor.fetchall()
        self.all_indexes.append(_timed(lambda: _copy("ceiling_all", data)))
        self.one_index.append(_timed(lambda: _copy("ceiling_one", data)))
        self.from_python.append(_timed(lambda: _copy_rows("ceiling_python", rows)))


def _copy(table: str, data: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({_COPIED}) FROM STDIN") as copy:
        copy.write(data)


def _copy_rows(table: str, rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({_COPIED}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _timed(work: Callable[[], None]) -> float:
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _ms(seconds: list[float]) -> float:
    return median(seconds[WARM_UP:]) * 1000


def say(what: str) -> None:
    print(f"bench: {what} …", file=sys.stderr, flush=True)
