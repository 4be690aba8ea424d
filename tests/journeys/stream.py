"""A stream of pushes, and a client that sends it as Loomis does: again and again until the answer is 200."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

PATIENCE = 180.0  # seconds for one message; Loomis has a day

Drop = tuple[str, dt.datetime, Decimal]
"""Serial number, wall clock, amount."""


@dataclass(frozen=True)
class Stream:
    """Messages in the order they are sent, and how often each drop in them truly happened."""

    bodies: list[bytes]
    happened: Counter[Drop]

    @classmethod
    def of(cls, seed: int, messages: int) -> Stream:
        chance = random.Random(seed)
        bodies: list[bytes] = []
        happened: Counter[Drop] = Counter()
        first = dt.datetime.fromisoformat("2026-03-14T08:00:00")
        for number in range(messages):
            drops: list[Drop] = []
            for place in range(chance.randint(1, 60)):
                wall = first + dt.timedelta(seconds=number * 60 + place)
                drop = (f"SR{chance.randint(1, 3)}", wall, Decimal(chance.randint(1, 400)) * 5)
                # Two equal drops in one second are two drops.
                drops += [drop] * chance.choice([1, 1, 1, 2])
            happened.update(drops)
            bodies.append(_body(chance, drops))
            if number % 7 == 3:
                bodies.append(_body(chance, chance.sample(drops, len(drops))))  # the same under another MessageId
        return cls(bodies, happened)


def _body(chance: random.Random, drops: list[Drop]) -> bytes:
    rows = [
        {
            "SerialNumber": serial,
            "TransactionDateTime": wall.isoformat(),
            "TransactionType": "CashIn",
            "Amount": float(amount),
            "PickupGroupId": 7,
            "UserName": "ANNA BECK",
        }
        for serial, wall, amount in drops
    ]
    return json.dumps({"Metadata": {"MessageId": f"{chance.getrandbits(128):032x}"}, "Transactions": rows}).encode()


@dataclass
class Client:
    """Sends a stream on several connections at once and counts what it is told."""

    port: int
    endpoint: str
    key: str
    statuses: Counter[int] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def sending(self, stream: Stream, lines: int) -> Iterator[list[Future[None]]]:
        """The stream under way; at the end of the block all of it has been taken."""
        with ThreadPoolExecutor(lines) as pool:
            sent = [pool.submit(self._send_until_taken, body) for body in stream.bodies]
            yield sent
            for one in sent:
                one.result()

    def taken(self) -> int:
        return self.statuses[200]

    def _send_until_taken(self, body: bytes) -> None:
        deadline = time.monotonic() + PATIENCE
        while self._send(body) != 200:
            assert time.monotonic() < deadline, f"a message was not taken within {PATIENCE:g} s: {self.statuses}"
            time.sleep(0.1)  # Loomis's interval, in short

    def _send(self, body: bytes) -> int:
        status = 0
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            try:
                path = f"/api/loomis/transactions/{self.endpoint}"
                connection.request("POST", path, body, {"Authorization": self.key})
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                pass  # nobody there, or gone in the middle: no answer, so it is sent again
        with self.lock:
            self.statuses[status] += 1
        return status
