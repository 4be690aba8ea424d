"""How soon incidents go out and updates are answered: the real worker and the real web server, and Loomis on loopback.

DESIGN.md, "Budgets": queued to on the wire within a second with an idle worker; the issue's: a burst of 200 at the far
end's pace, updates answered in 50 ms.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from django.utils import timezone

from config import broker
from config.services import DISPATCH, worker_command
from incidents import arranging
from incidents.models import Incident, LoomisAccount
from incidents.raising import raise_incident
from incidents.wanted import Wanted
from safes.estate import place_safe
from safes.models import Site
from tests.bench.system import web_server
from tests.incidents.transports.far_end import Asked, far_end, says

Say = Callable[[str], None]

ALONE, BURST, UPDATES = 50, 200, 200
# What the far end takes with each of the burst, seconds.
PACE = 0.1
_SAFE = "BENCH001"


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the page; in milliseconds, but for the burst's seconds."""

    work: str
    took: str
    budget: str
    is_within: bool


class Loomis:
    """Notes when each request came; silent to one for as long as it is told to be."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        self.takes, self.silent_to, self.is_over = 0.0, "", threading.Event()

    def __call__(self, line: socket.socket, asked: Asked) -> None:
        self.came[asked.reference] = time.perf_counter()
        if asked.reference == self.silent_to:
            self.is_over.wait(60)
        time.sleep(self.takes)
        says(200)(line, asked)


def measure_dispatch(say: Say) -> list[Measured]:
    """The three, on a database that is migrated."""
    loomis = Loomis()
    with far_end(loomis) as there:
        account, key = arranging.create(
            LoomisAccount(name="bench", dialect="safepoint", customer_number="1", dispatch_url=there.url)
        )
        Site.objects.create(code="BENCH", name="Bench", time_zone="UTC")
        place_safe(_SAFE, Site.objects.get(code="BENCH"))
        with worker(say):
            say(f"{ALONE} dispatches, one after the other")
            alone = [_one(account, loomis) for _ in range(ALONE)]
            say(f"a burst of {BURST}, one of them stuck")
            burst, last = _burst(account, loomis)
    say(f"{UPDATES} updates")
    updates = _updates(key)
    return [
        Measured(
            "queued to on the wire, one at a time",
            f"median {median(alone) * 1000:.0f} ms, worst {max(alone) * 1000:.0f} ms",
            "1,000 ms",
            max(alone) < 1,
        ),
        Measured(
            f"a burst of {BURST}, one stuck, {PACE * 1000:.0f} ms each there, three at once beside the stuck one",
            f"{last:.1f} s from the first queued to the last on the wire, median {median(burst) * 1000:.0f} ms",
            "for comparison",
            True,
        ),
        Measured(
            "an update, from the request's first byte to the last of the answer",
            f"median {median(updates) * 1000:.1f} ms, worst {max(updates) * 1000:.1f} ms",
            "50 ms for the median",
            median(updates) < 0.05,
        ),
    ]


def section(lines: list[Measured], load: float) -> str:
    """The part of the page; ``load``: what the machine had to do when measuring began."""
    rows = [
        f"| {line.work} | {line.took} | {line.budget} | {'within' if line.is_within else '**over**'} |"
        for line in lines
    ]
    return "\n".join(
        [
            "## Incidents",
            "",
            "`make bench ARGS=dispatch`: the worker that sends and the web server as the supervisor starts them, and a",
            "server on loopback in Loomis's place. An account has four tries under way at most. The machine had a load",
            f"of {load:.1f} on {os.cpu_count()} cores when it began: what else runs on it counts in full.",
            "",
            "| work | took | budget | |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _queue(account: LoomisAccount) -> tuple[str, float]:
    """The reference of an incident that is queued, and when that was durable."""
    wanted = Wanted(
        account=account.name,
        device=_SAFE,
        fault_time=timezone.now(),
        subject="Door",
        description="It does not open.",
        contact_name="Anna Berg",
        contact_number="555-0100",
    )
    incident, _ = raise_incident(wanted)
    return incident.reference, time.perf_counter()


def _one(account: LoomisAccount, loomis: Loomis) -> float:
    reference, queued_at = _queue(account)
    _until(lambda: reference in loomis.came)
    # It is idle again when it has written down what came of it.
    _until(lambda: Incident.objects.filter(reference=reference, state="sent").exists())
    return max(loomis.came[reference] - queued_at, 0.0)


def _burst(account: LoomisAccount, loomis: Loomis) -> tuple[list[float], float]:
    loomis.takes = PACE
    began = time.perf_counter()
    queued: dict[str, float] = {}
    for _ in range(BURST):
        reference, at = _queue(account)
        loomis.silent_to = loomis.silent_to or reference
        queued[reference] = at
    _until(lambda: queued.keys() <= loomis.came.keys())
    loomis.is_over.set()
    _until(lambda: not Incident.objects.filter(state="queued").exists())
    return [loomis.came[one] - at for one, at in queued.items()], max(loomis.came.values()) - began


def _updates(key: str) -> list[float]:
    references = list(Incident.objects.order_by("pk").values_list("reference", flat=True)[:UPDATES])
    found = []
    with web_server() as connection:
        for number, reference in enumerate(references):
            said = {"MessageType": "ACK", "IncidentReference": reference, "CustomerNumber": "1"}
            body = json.dumps({**said, "IncidentId": f"INC{number}", "Status": "Open"})
            found.append(_update(connection, key, body))
    return found


def _update(connection: http.client.HTTPConnection, key: str, body: str) -> float:
    began = time.perf_counter()
    connection.request("POST", "/api/loomis/incidents/bench", body, {"Authorization": key})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200
    return time.perf_counter() - began


@contextmanager
def worker(say: Say) -> Iterator[None]:
    """The worker that sends, as the supervisor starts it, idle."""
    name = "bench-sender@here"
    broker.forget_all_workers()
    # The stuck one is stuck until the rest has gone out, also on a slow machine.
    environment = os.environ | {"INCIDENT_TIMEOUT_SECONDS": "60"}
    process = subprocess.Popen(worker_command(DISPATCH, name), env=environment, stdout=subprocess.DEVNULL)
    try:
        say("waiting for the worker")
        _until(lambda: broker.living_workers() > 0)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _until(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not look():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.005)
