"""How fast cards are looked up: the real web server, a million cards, eight tills that keep their connections.

DESIGN.md, "Budgets": an authenticated balance at 0.35 × the rate of a bare Django view with the same look-up in raw SQL
on the same server at the least, and p99 below 50 ms at 8 connections.
"""

from __future__ import annotations

import base64
import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median, quantiles

from django.db import connection

from safes.accounts import add_account
from tests.bench.system import web_server

Say = Callable[[str], None]

CARDS = 1_000_000
CONNECTIONS = 8
SECONDS = 2.0
BUDGET, P99_MS = 0.35, 50.0
_FIRST = 4_000_000_000_000_000

# Half of the cards are somebody's, and a third of those have something on them. What makes sums true is left out: no
# look-up asks for entries.
_FILL = f"""
    ALTER TABLE loyalty_card DISABLE TRIGGER USER;
    ALTER TABLE loyalty_lot DISABLE TRIGGER USER;
    INSERT INTO loyalty_contact (id, code, name, mobile_number, email, birth_date, created_at)
    SELECT n, 'C' || 10000000 + n, 'Anna Berg ' || n, '+1201' || 1000000 + n, '', '1984-02-29', now()
    FROM generate_series(1, {CARDS} / 2) n;
    INSERT INTO loyalty_card (id, number, status, category, type, contact_id, block_reason, blocked_by, blocked_by_role,
        bonus_balance, created_at)
    SELECT n, ({_FIRST} + n)::text, CASE WHEN n % 2 = 0 THEN '2' ELSE '1' END, '0', '0',
        CASE WHEN n % 2 = 0 THEN n / 2 END, '', '', '', CASE WHEN n % 6 = 0 THEN 30 ELSE 0 END, now()
    FROM generate_series(1, {CARDS}) n;
    INSERT INTO loyalty_lot (card_id, type, amount, earned_at, active_from, expires_on, remaining, burnt)
    SELECT n, '0', 10, now(), current_date - 10, current_date + 30 * k, 10, 0
    FROM generate_series(6, {CARDS}, 6) n, generate_series(1, 3) k;
    ALTER TABLE loyalty_card ENABLE TRIGGER USER;
    ALTER TABLE loyalty_lot ENABLE TRIGGER USER;
    ANALYZE loyalty_contact; ANALYZE loyalty_card; ANALYZE loyalty_lot;
"""


@dataclass(slots=True)
class Measured:
    """Rates of each round, a second, and how long each request took, in milliseconds."""

    work: str
    rates: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return median(self.rates)

    @property
    def p50(self) -> float:
        return median(self.took)

    @property
    def p99(self) -> float:
        return quantiles(self.took, n=100)[-1]


def measure_cards(say: Say, rounds: int) -> list[Measured]:
    """The bare view first, then ours with the log of calls off and on; in turn, on a database that is migrated."""
    say(f"filling in {CARDS:,} cards")
    with connection.cursor() as cursor:
        for statement in _FILL.split(";"):  # each a transaction: triggers that wait hold a table as it is
            if statement.strip():
                cursor.execute(statement)
    _, password, _ = add_account("bench", "till")
    basic = base64.b64encode(f"bench:{password}".encode()).decode()
    os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.bench.bare_settings", "LOG_LEVEL": "INFO"}
    measured = [
        Measured("a bare view"),
        Measured("GET balance"),
        Measured("GET balance, all calls logged"),
    ]
    # The log is written as ever, and read by nobody.
    with web_server(subprocess.DEVNULL) as quiet:
        os.environ["LOYALTY_LOG_CALLS"] = "true"
        with web_server(subprocess.DEVNULL) as logged:
            places = [(quiet.port, "/bench/bare"), *((one.port, "/api/card/balance/by") for one in (quiet, logged))]
            for port, path in places:
                _ask_many(port, path, basic)  # warm
            for number in range(rounds):
                say(f"round {number + 1} of {rounds}")
                for one, (port, path) in zip(measured, places, strict=True):
                    took, seconds = _ask_many(port, path, basic)
                    one.rates.append(len(took) / seconds)
                    one.took += took
    return measured


def section(measured: list[Measured], load: float) -> str:
    """The part of the page; ``load``: what the machine had to do when measuring began."""
    bare, ours, _ = measured
    ratio = ours.rate / bare.rate
    rows = [
        f"| {one.work} | {one.rate:,.0f} | {one.rate / bare.rate:.2f} × | {one.p50:.1f} ms | {one.p99:.1f} ms |"
        for one in measured
    ]
    rate_verdict = "within" if ratio >= BUDGET else "**over**"
    p99_verdict = "within" if ours.p99 < P99_MS else "**over**"
    return "\n".join(
        [
            "## Cards",
            "",
            f"`make bench ARGS=cards`: {CARDS:,} cards, the web server as the supervisor starts it with one worker,",
            f"{CONNECTIONS} connections that are kept, numbers at random. The bare view is on the same server and does",
            "the same look-up in raw SQL; it asks nobody who they are. The rounds take turns. The machine had a load",
            f"of {load:.1f} on {os.cpu_count()} cores when it began: what else runs on it counts in full.",
            "",
            "| work | requests a second | of the bare view's | median | p99 |",
            "|---|---|---|---|---|",
            *rows,
            "",
            f"Budget: at least {BUDGET:g} ×: {rate_verdict}. p99 below {P99_MS:g} ms: {p99_verdict}.",
            "",
        ]
    )


def _ask_many(port: int, path: str, basic: str) -> tuple[list[float], float]:
    """How long each took, in milliseconds, and all of them, in seconds."""
    took: list[list[float]] = [[] for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    threads = [
        threading.Thread(target=_ask, args=(port, path, basic, began + SECONDS, one, number))
        for number, one in enumerate(took)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [one for mine in took for one in mine], time.perf_counter() - began


def _ask(port: int, path: str, basic: str, until: float, took: list[float], seed: int) -> None:
    """By the bytes: a client of comfort would take the time that the server is measured by."""
    choose = random.Random(f"{seed} {time.time_ns()}")
    end = f" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {basic}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (began := time.perf_counter()) < until:
            number = _FIRST + choose.randint(1, CARDS)
            line.sendall(f"GET {path}/{number}{end}".encode())
            answer = _answer(line)
            took.append((time.perf_counter() - began) * 1000)
            assert answer.startswith(b"HTTP/1.1 200"), answer
            assert str(number).encode() in answer, answer


def _answer(line: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        read += line.recv(65536)
    head, _, body = read.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(65536)
    return head + body
