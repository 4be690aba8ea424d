"""The player: sends messages as Loomis does, again and again until they are answered 200 or a day has gone by.

loomis-platformsync-overview, "Recovery, Retries and SLA": anything but 200 is tried again on an interval for 24 hours,
and whoever is silent for three minutes has failed.
"""

from __future__ import annotations

import datetime as dt
import heapq
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import httpx

from transactions.simulation.files import DailyFile
from transactions.simulation.happenings import Fact, Happening
from transactions.simulation.messages import Message

PLACEMENTS = ("header", "query", "body", "metadata")
SILENCE = 180.0
_PROGRESS_SECONDS = 2.0

# It logs the address of each request, and keys travel there.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Peer:
    """Where messages go, and the key as it was arranged."""

    url: str
    key: str
    key_name: str = "Authorization"
    placement: str = "header"

    def request(self, client: httpx.Client, body: bytes) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        params = None
        if self.placement == "header":
            headers[self.key_name] = self.key
        elif self.placement == "query":
            params = {self.key_name: self.key}
        else:
            body = self._with_key(body)
        return client.post(self.url, content=body, headers=headers, params=params)

    def _with_key(self, body: bytes) -> bytes:
        pair = f"{json.dumps(self.key_name)}: {json.dumps(self.key)}".encode()
        start = b'{"Metadata": {'
        if self.placement == "metadata" and body.startswith(start):
            return start + pair + b", " + body[len(start) :]
        if self.placement == "metadata":
            return b'{"Metadata": {' + pair + b"}, " + body[1:]
        return b"{" + pair + b", " + body[1:]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds between tries, and until a message is given up."""

    interval: float = 600.0
    give_up: float = 86_400.0

    @classmethod
    def at_speed(cls, speed: float) -> Patience:
        """Loomis's ten minutes and 24 hours, that many times faster."""
        return cls(600.0 / speed, 86_400.0 / speed)


@dataclass(slots=True)
class Tally:
    """What was sent, and how it was answered."""

    messages: int = 0
    requests: int = 0
    retries: int = 0
    rows: int = 0
    files: int = 0
    file_rows: int = 0
    by_reason: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    expired: int = 0
    expected_quarantine: int = 0
    facts: dict[Fact, int] = field(default_factory=dict)
    audit_facts: dict[Fact, int] = field(default_factory=dict)
    complaint: str = ""

    def note(self, message: Message) -> None:
        self.messages += 1
        self.rows += message.rows
        self.by_reason[message.about] += 1
        if message.about != "again":
            self.expected_quarantine += message.broken_rows
        self._note_facts(message.happenings)

    def note_file(self, file: DailyFile) -> None:
        self.files += 1
        self.file_rows += file.rows
        self._note_facts(file.happenings)

    def _note_facts(self, happenings: Iterable[Happening]) -> None:
        for what in happenings:
            facts = self.audit_facts if what.is_audit else self.facts
            facts[what.fact] = max(what.copies, facts.get(what.fact, 0))

    def as_json(self) -> dict[str, Any]:
        both = [*self.facts.values(), *self.audit_facts.values()]
        return {
            "messages": self.messages,
            "messages_by_reason": dict(self.by_reason),
            "requests": self.requests,
            "retries": self.retries,
            "records_sent": self.rows,
            "files": self.files,
            "records_in_files": self.file_rows,
            "transactions": sum(self.facts.values()),
            "audit_events": sum(self.audit_facts.values()),
            "distinct": len(both),
            "twins": sum(copies - 1 for copies in both),
            "answers": dict(self.answers),
            "outcomes": dict(self.outcomes),
            "expected_quarantine": self.expected_quarantine,
            "expired": self.expired,
        }


@dataclass(order=True, slots=True)
class _Try:
    due: float
    number: int
    message: Message = field(compare=False)
    first: float = field(default=0.0, compare=False)


class Player:
    """Sends messages over several connections; what fails waits its interval while others go ahead."""

    def __init__(
        self,
        peer: Peer,
        patience: Patience,
        *,
        connections: int = 2,
        pace: float | None = None,
        origin: dt.datetime | None = None,
        say: Callable[[str], None] = lambda sentence: None,
        tally: Tally | None = None,
    ) -> None:
        self.peer, self.patience, self.say = peer, patience, say
        self.pace, self.origin = pace, origin
        self.connections = connections
        self.tally = tally or Tally()
        self.started = self.told_at = time.monotonic()

    def play(self, messages: Iterable[Message]) -> Tally:
        """Returns when each message is answered 200 or given up."""
        limits = httpx.Limits(max_connections=self.connections)
        with (
            httpx.Client(timeout=SILENCE, limits=limits) as client,
            ThreadPoolExecutor(self.connections) as pool,
        ):
            self._play(client, pool, iter(messages))
        return self.tally

    def _play(self, client: httpx.Client, pool: ThreadPoolExecutor, messages: Iterator[Message]) -> None:
        number = 0
        waiting: list[_Try] = []
        under_way: dict[Future[httpx.Response], _Try] = {}
        upcoming = next(messages, None)
        while upcoming or waiting or under_way:
            now = time.monotonic()
            while upcoming and len(waiting) < 10 * self.connections:
                number += 1
                heapq.heappush(waiting, _Try(self._due(upcoming, now), number, upcoming))
                self.tally.note(upcoming)
                upcoming = next(messages, None)
            while waiting and waiting[0].due <= now and len(under_way) < self.connections:
                attempt = heapq.heappop(waiting)
                attempt.first = attempt.first or now
                self.tally.requests += 1
                under_way[pool.submit(self.peer.request, client, attempt.message.body)] = attempt
            pause = min(0.5, max(0.001, waiting[0].due - now)) if waiting else 0.5
            done, _ = wait(under_way, timeout=pause, return_when=FIRST_COMPLETED) if under_way else (set(), set())
            if not under_way:
                time.sleep(pause)
            for future in done:
                self._judge(future, under_way.pop(future), waiting)
            self._progress()

    def _due(self, message: Message, now: float) -> float:
        """When to send it: at once, or at its time, ``pace`` times as fast as the clocks of the safes go."""
        if self.pace is None:
            return now
        self.origin = self.origin or message.due
        return max(now, self.started + (message.due - self.origin).total_seconds() / self.pace)

    def _judge(self, future: Future[httpx.Response], attempt: _Try, waiting: list[_Try]) -> None:
        try:
            answer = future.result()
        except httpx.HTTPError as error:
            self.tally.answers["none"] += 1
            self.tally.complaint = f"{type(error).__name__}: {error}"
        else:
            self.tally.answers[str(answer.status_code)] += 1
            if answer.status_code == 200:
                self.tally.outcomes[_outcome(answer)] += 1
                return
            self.tally.complaint = f"{answer.status_code} {answer.text[:200]}"
        now = time.monotonic()
        if now + self.patience.interval > attempt.first + self.patience.give_up:
            self.tally.expired += 1
            self.say(f"A message was given up; its last answer was: {self.tally.complaint}")
            return
        self.tally.retries += 1
        attempt.due = now + self.patience.interval
        heapq.heappush(waiting, attempt)

    def _progress(self) -> None:
        now = time.monotonic()
        if now - self.told_at > _PROGRESS_SECONDS:
            self.told_at = now
            trouble = f", {self.tally.retries} tries again (last: {self.tally.complaint})" if self.tally.retries else ""
            self.say(f"{self.tally.messages} messages, {self.tally.rows} records{trouble}")


def _outcome(answer: httpx.Response) -> str:
    try:
        said = answer.json()
    except ValueError:
        return "unreadable"
    return str(said.get("status", "none")) if isinstance(said, dict) else "unreadable"
