"""From happenings to messages: collected by the hour, cut into batches, and told twice, late, in pieces, out of order.

Equal records always stay together in a message: what is told again elsewhere is told with all its copies. Pure.
"""

from __future__ import annotations

import datetime as dt
import heapq
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from transactions.simulation.collecting import collected
from transactions.simulation.estate import SimSafe
from transactions.simulation.happenings import Happening
from transactions.simulation.spelling import Row, broken, listed, repeating, spell

LARGEST_BATCH = 1000
_NAMESPACE = uuid.UUID("5c1f1a52-7c0e-4c0a-9d9f-3a7d5a0c6f10")


@dataclass(frozen=True, slots=True)
class Habits:
    """How often Loomis, or the way from it, does what it should not: shares of the messages."""

    again: float = 0.08  # the same bytes once more, as after an answer that was lost
    respelt: float = 0.03  # the same message, its rows in another order and spelling
    overlapping: float = 0.02  # some records again, in a message of their own
    late: float = 0.05  # overtaken by others
    nameless: float = 0.02  # without Metadata
    audit_apart: float = 0.15  # audit events in the shape that repeats a name
    with_broken_row: float = 0.02
    lost_every: int = 30  # one in so many is never pushed at all, where the day's file tells of it; 0: none


@dataclass(frozen=True, slots=True)
class Message:
    """One body, without its key. ``about`` says why it is sent: new, again, respelt, overlapping."""

    body: bytes
    about: str
    due: dt.datetime
    rows: int
    broken_rows: int = 0
    happenings: tuple[Happening, ...] = field(default=(), repr=False)


def told(
    estate: list[SimSafe],
    first: dt.datetime,
    last: dt.datetime,
    step: dt.timedelta,
    *,
    habits: Habits | None = None,
    batch: int = LARGEST_BATCH,
    in_a_file: Callable[[dt.date], bool] | None = None,
) -> Iterator[Message]:
    """The messages about everything collected between two instants, a window of ``step`` after the other.

    Where a file tells of a day (UTC), some of its messages get lost.
    """
    habits = habits or Habits()
    seed = estate[0].seed
    number = 0
    waiting: list[tuple[int, int, Message]] = []
    tie = 0
    while first < last:
        end = min(first + step, last)
        luck = random.Random(f"{seed}/{first.isoformat()}/{end.isoformat()}")  # noqa: S311 - not a secret
        may_lose = in_a_file is not None and in_a_file(first.date()) and in_a_file(end.date())
        gone = False
        for message in _window(collected(estate, first, end), end, luck, habits, batch):
            number += 1
            if message.about != "again":  # what is sent again is as lost as it was the first time
                gone = may_lose and habits.lost_every > 0 and number % habits.lost_every == habits.lost_every // 2
            if gone:
                continue
            tie += 1
            overtaken = luck.randint(2, 30) if luck.random() < habits.late else 0
            heapq.heappush(waiting, (number + overtaken, tie, message))
            while waiting and waiting[0][0] <= number:
                yield heapq.heappop(waiting)[2]
        first = end
    while waiting:
        yield heapq.heappop(waiting)[2]


def _window(
    found: list[tuple[SimSafe, Happening]], due: dt.datetime, luck: random.Random, habits: Habits, batch: int
) -> Iterator[Message]:
    apart = [pair for pair in found if pair[1].is_audit] if luck.random() < habits.audit_apart else []
    together = [pair for pair in found if not pair[1].is_audit] if apart else found
    for pairs in _cut(together, batch):
        yield from _tell(pairs, due, luck, habits)
    for pairs in _cut(apart, batch):
        yield _as_object(pairs, due, luck)


def _cut(pairs: list[tuple[SimSafe, Happening]], batch: int) -> Iterator[list[tuple[SimSafe, Happening]]]:
    """Batches of that many rows at most; copies stay together."""
    part: list[tuple[SimSafe, Happening]] = []
    size = 0
    for pair in pairs:
        if part and size + pair[1].copies > batch:
            yield part
            part, size = [], 0
        part.append(pair)
        size += pair[1].copies
    if part:
        yield part


def _tell(
    pairs: list[tuple[SimSafe, Happening]], due: dt.datetime, luck: random.Random, habits: Habits
) -> Iterator[Message]:
    nameless = luck.random() < habits.nameless
    metadata = None if nameless else _metadata(luck)
    bad = 1 if luck.random() < habits.with_broken_row else 0
    first = _as_list(pairs, due, luck, metadata, "new", bad)
    yield first
    if luck.random() < habits.again:
        yield Message(first.body, "again", due, first.rows, first.broken_rows, first.happenings)
    if metadata and luck.random() < habits.respelt:
        yield _as_list(luck.sample(pairs, len(pairs)), due, luck, metadata, "respelt")
    if luck.random() < habits.overlapping:
        begin = luck.randrange(len(pairs))
        yield _as_list(pairs[begin : begin + luck.randint(1, 12)], due, luck, _metadata(luck), "overlapping")


def _metadata(luck: random.Random) -> dict[str, str]:
    drawn = f"{luck.getrandbits(128):x}"
    return {
        "MessageId": str(uuid.uuid5(_NAMESPACE, drawn)),
        "CorrelationId": str(uuid.uuid5(_NAMESPACE, f"{drawn}/correlation")),
    }


def _as_list(
    pairs: list[tuple[SimSafe, Happening]],
    due: dt.datetime,
    luck: random.Random,
    metadata: dict[str, str] | None,
    about: str,
    bad: int = 0,
) -> Message:
    rows = _rows(pairs, due, luck)
    for _ in range(bad):
        rows.insert(luck.randint(0, len(rows)), broken(luck.choice(pairs)[0], due, luck))
    return Message(listed(rows, metadata), about, due, len(rows), bad, tuple(what for _, what in pairs))


def _as_object(pairs: list[tuple[SimSafe, Happening]], due: dt.datetime, luck: random.Random) -> Message:
    rows = _rows(pairs, due, luck)
    return Message(repeating(rows), "new", due, len(rows), 0, tuple(what for _, what in pairs))


def _rows(pairs: list[tuple[SimSafe, Happening]], due: dt.datetime, luck: random.Random) -> list[Row]:
    return [spell(safe, what, due, luck) for safe, what in pairs for _ in range(what.copies)]
