"""The database or the broker away under a running system: what a push gets, and what is there afterwards."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

from tests.config.system import System, until
from tests.transactions.pushing import body, drop
from tests.transactions.server import Answer, push_to

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("servers_away")]

SECONDS = 8.0  # "within seconds", on a machine that may be busy with other things


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    running = System(tmp_path_factory.mktemp("away") / "var")
    try:
        running.start()
        running.wait_until_ready()
        yield running
    finally:
        running.destroy()


@pytest.fixture(scope="module")
def key(system: System) -> str:
    shown = system.manage("add_push_endpoint", "loomis", "--json").stdout
    return str(json.loads(shown)["key"])


def push(system: System, key: str, sent: bytes) -> tuple[Answer, float]:
    started = time.monotonic()
    answer = push_to(system.port, "loomis", sent, {"Authorization": key})
    return answer, time.monotonic() - started


def deliveries(system: System) -> object:
    return system.sql("SELECT count(*), (SELECT count(*) FROM transactions_deliverybody) FROM transactions_delivery")


@contextmanager
def frozen(*processes: psutil.Process) -> Iterator[None]:
    stopped = [each for process in processes for each in (process, *process.children(recursive=True))]
    send(signal.SIGSTOP, stopped)
    try:
        yield
    finally:
        send(signal.SIGCONT, stopped)


def send(number: signal.Signals, processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # it was ending by itself, and its parent has buried it since
            process.send_signal(number)


@contextmanager
def gone(system: System, *words: str) -> Iterator[None]:
    """A server ended for good, as long as the supervisor that would start it again is kept from looking."""
    supervisor, server = psutil.Process(system.supervisor.pid), system.member(*words)
    supervisor.send_signal(signal.SIGSTOP)
    try:
        server.send_signal(signal.SIGINT)
        until(lambda: server.status() == psutil.STATUS_ZOMBIE, "the server's end")
        yield
    finally:
        supervisor.send_signal(signal.SIGCONT)
        until(system.ready_now, "ready again")


def test_while_the_database_hangs_a_push_is_told_to_come_again(system: System, key: str):
    push(system, key, body([drop(1)]))  # so that the server's connection is one that it had before
    before = deliveries(system)
    sent = body([drop(2)])
    with frozen(system.member("postgres", "-D")):
        answer, seconds = push(system, key, sent)
        assert answer.status == 503
        assert seconds < SECONDS
    until(system.ready_now, "ready again")
    assert deliveries(system) == before
    answer, _ = push(system, key, sent)
    assert (answer.status, answer.json()["status"], answer.json()["created"]) == (200, "accepted", 1)


def test_while_the_database_is_stopped_a_push_is_told_to_come_again(system: System, key: str):
    push(system, key, body([drop(3)]))
    before = deliveries(system)
    sent = body([drop(4)])
    with gone(system, "postgres", "-D"):
        for _ in range(3):
            answer, seconds = push(system, key, sent)
            assert answer.status == 503
            assert answer.headers["retry-after"]
            assert seconds < SECONDS
    assert deliveries(system) == before
    answer, _ = push(system, key, sent)
    assert (answer.status, answer.json()["status"], answer.json()["created"]) == (200, "accepted", 1)


MANY_DAYS = [drop(5, TransactionDateTime=f"2026-04-{day:02}T12:00:00") for day in range(1, 21)]


@pytest.mark.parametrize("how", ["stopped", "hanging"])
def test_without_a_broker_pushes_are_taken_and_their_findings_drawn_later(system: System, key: str, how: str):
    serial = f"SR-{how.upper()}"
    with gone(system, "valkey-server") if how == "stopped" else frozen(system.member("valkey-server")):
        # Enough days that the drawing of them goes to the worker.
        answer, seconds = push(system, key, body([row | {"SerialNumber": serial} for row in MANY_DAYS]))
        assert (answer.status, answer.json()["created"]) == (200, 20)
        assert seconds < SECONDS
    until(
        lambda: system.sql(f"SELECT 1 FROM safes_finding WHERE kind = 'unknown_safe' AND subject = '{serial}'"),
        "the finding",
    )
