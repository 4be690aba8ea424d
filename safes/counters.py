"""What happened, counted: in the memory of this process, quickly, by any thread, without ever failing.

Nothing here knows where counts go. config.metrics carries them to a place that all processes share, so that whoever
counts (a push!) waits for nobody.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

Series = tuple[str, ...]
"""The name of a metric and the values of its labels; of a histogram, the bucket's upper limit or “sum” after them."""

_lock = Lock()
_tally: Tally[Series] = Tally()


@dataclass(frozen=True)
class Counter:
    """Goes up. Label values are few and ours: never what a stranger sent."""

    name: str
    help: str
    labels: tuple[str, ...]

    def add(self, amount: int = 1, **labels: str) -> None:
        series = (self.name, *(labels[label] for label in self.labels))
        with _lock:
            _tally[series] += amount


@dataclass(frozen=True)
class Histogram:
    """How long things take, in seconds. Each observation is counted in one bucket; whoever shows them adds up."""

    name: str
    help: str
    labels: tuple[str, ...]
    limits: tuple[float, ...] = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

    def observe(self, seconds: float, **labels: str) -> None:
        series = (self.name, *(labels[label] for label in self.labels))
        with _lock:
            _tally[(*series, self.bucket(seconds))] += 1
            # Whole microseconds: sums of many processes add up exactly.
            _tally[(*series, "sum")] += round(seconds * 1_000_000)

    def bucket(self, seconds: float) -> str:
        place = bisect_left(self.limits, seconds)
        return str(self.limits[place]) if place < len(self.limits) else "+Inf"


@dataclass(frozen=True)
class Gauge:
    """What is so at this moment; each sample is the values of the labels and a number."""

    name: str
    help: str
    labels: tuple[str, ...]
    samples: Sequence[tuple[tuple[str, ...], float]]


def take() -> dict[Series, int]:
    """Everything counted since the last time, which is forgotten here."""
    with _lock:
        taken = dict(_tally)
        _tally.clear()
    return taken


def give_back(counts: dict[Series, int]) -> None:
    """What could not be carried off is counted here again."""
    with _lock:
        _tally.update(counts)
