"""Killed hard in the middle of a stream of pushes that are retried as Loomis does it, and started again.

At the end every transaction is there exactly once, and every delivery is recorded.
"""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.config.system import System, until
from tests.journeys.stream import Client, Stream

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("killed")]

SEED = 20261121


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    running = System(tmp_path / "var", {"WEB_WORKERS": "2"})
    try:
        running.start()
        running.wait_until_ready()
        yield running
    finally:
        running.destroy()


def kill(victims: list[psutil.Process]) -> None:
    """All of them as good as at once, so that none sees another end."""
    for victim in victims:
        with suppress(psutil.NoSuchProcess):
            victim.send_signal(signal.SIGKILL)
    psutil.wait_procs(victims, timeout=10)


def web_processes(system: System) -> list[psutil.Process]:
    server = system.member("granian")
    return [server, *server.children(recursive=True)]


def kill_everything(system: System) -> None:
    kill([psutil.Process(system.supervisor.pid), *system.family()])
    system.supervisor.wait()
    kill(system.left())
    assert system.left() == []


def recorded(system: System) -> bool:
    ((waiting,),) = system.sql("SELECT count(*) FROM transactions_delivery WHERE status IN ('stored', 'failed')")
    return waiting == 0


def test_every_transaction_is_there_once_after_the_system_was_killed_under_a_stream(system: System):
    shown = json.loads(system.manage("add_push_endpoint", "loomis", "--json").stdout)
    stream = Stream.of(SEED, messages=150)
    client = Client(system.port, "loomis", shown["key"])
    with client.sending(stream, lines=3):
        until(lambda: client.taken() >= 25, "some pushes")
        kill(web_processes(system))
        until(lambda: client.taken() >= 60, "pushes after the web server was killed")
        kill_everything(system)
        assert client.taken() < len(stream.bodies)  # in the middle, or it proves nothing
        system.start()
        system.wait_until_ready()
    assert client.statuses[0] > 0  # the kills were felt
    until(lambda: recorded(system), "the deliveries that the kills left behind")

    found = system.sql(
        "SELECT s.serial_number, t.local_time, t.amount, count(*) FROM transactions_transaction t "
        "JOIN safes_safe s ON s.id = t.safe_id WHERE t.counted GROUP BY 1, 2, 3"
    )
    assert Counter({(serial, wall, amount): number for serial, wall, amount, number in found}) == stream.happened
    ((rows,),) = system.sql("SELECT count(*) FROM transactions_transaction")
    assert rows == stream.happened.total()
    ((messages,),) = system.sql("SELECT count(*) FROM transactions_delivery WHERE status = 'accepted'")
    assert messages == len(stream.bodies)
