"""/metrics: what Prometheus asks for. See docs/operations.md, "Figures".

Counts are made in memory (safes.counters) and carried to the broker about every second by a thread of each process.
So they are one truth for all web processes, workers and machines, they outlive each of them, and a broker that is away
delays a figure and never a push. Files of one machine, as Prometheus's own client for several processes has it, would
miss the workers elsewhere and want a disk.
"""

import json
import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import cache

import redis
import structlog
from django.db import DatabaseError, connection
from django.db.transaction import atomic
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

import incidents.metrics
import loyalty.metrics
import safes.metrics
import transactions.metrics
from config import broker
from config.celery import QUEUES
from safes.counters import Counter, Gauge, Histogram, Series, give_back, take

log = structlog.get_logger(__name__)

KEY = "strongroom:counts"
CARRY_EVERY_SECONDS = 1.0
# A scrape that waits longer is of no use to anybody.
_STATEMENT_TIMEOUT_MS = 2_000

REQUESTS = Histogram(
    "strongroom_request_seconds",
    "Requests by method, pattern of the path and class of the status.",
    ("method", "route", "status"),
)
COUNTERS: tuple[Counter, ...] = (
    transactions.metrics.DELIVERIES,
    transactions.metrics.ROWS,
    transactions.metrics.REFUSED,
    incidents.metrics.TRIES,
    loyalty.metrics.CALLS,
    loyalty.metrics.MISSES,
    loyalty.metrics.THROTTLED,
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Always 200: what cannot be had is left out, and strongroom_up says which server did not answer."""
    carry()

    class Everything(Collector):
        def collect(self) -> Iterable[Family]:
            return _everything()

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Everything())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def time_request(request: HttpRequest, status: int, seconds: float) -> None:
    """Count a request under the pattern of its path; paths themselves are without number."""
    match = request.resolver_match
    REQUESTS.observe(
        seconds,
        method=request.method if request.method in _METHODS else "other",
        route=_pattern(match.route) if match else "none",
        status=f"{status // 100}xx",
    )


@cache
def _pattern(route: str) -> str:
    """A route as people write it, whether or not Django has it as a regular expression."""
    plain = route.removeprefix("^").removesuffix("$").removesuffix("/?")
    return "/" + re.sub(r"\(\?P(<\w+>)\.\+\?\)", r"\1", plain).strip("/")


def carry() -> None:
    """Bring what this process counted to the broker; what it does not take is kept for the next time."""
    counts = {series: amount for series, amount in take().items() if amount}
    if not counts:
        return
    try:
        with closing(broker.client(timeout=1.0)) as server, server.pipeline(transaction=True) as pipeline:
            for series, amount in counts.items():
                pipeline.hincrby(KEY, json.dumps(series), amount)
            pipeline.execute()
    except redis.RedisError:
        give_back(counts)


def keep_carrying() -> None:
    """Start the thread that carries; called once in each process that serves requests or does tasks."""

    def forever() -> None:
        while True:
            time.sleep(CARRY_EVERY_SECONDS)
            carry()

    threading.Thread(target=forever, name="metrics", daemon=True).start()


def _everything() -> Iterator[Family]:
    up = GaugeMetricFamily("strongroom_up", "1 for a server that answered this request for figures.", labels=["server"])
    try:
        with atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(_STATEMENT_TIMEOUT_MS)])
            gauges = [*safes.metrics.gauges(), *transactions.metrics.gauges(), *incidents.metrics.gauges()]
        up.add_metric(["database"], 1)
    except DatabaseError:
        log.exception("figures_without_database")
        gauges = []
        up.add_metric(["database"], 0)
    try:
        gauges += _queues()
        counts = _counts()
        up.add_metric(["broker"], 1)
    except redis.RedisError as error:
        log.warning("figures_without_broker", error=type(error).__name__)
        counts = {}
        up.add_metric(["broker"], 0)
    yield up
    for gauge in gauges:
        family = GaugeMetricFamily(gauge.name, gauge.help, labels=list(gauge.labels))
        for labels, number in gauge.samples:
            family.add_metric(list(labels), number)
        yield family
    for counter in COUNTERS:
        yield _counted(counter, counts)
    yield _timed(REQUESTS, counts)


def _queues() -> list[Gauge]:
    with closing(broker.client(timeout=1.0)) as server, server.pipeline(transaction=False) as pipeline:
        for queue in QUEUES:
            pipeline.llen(queue)
        # Where Celery's transport keeps what a worker has taken and not finished.
        pipeline.hlen("unacked")
        *waiting, taken = pipeline.execute()
    depths = [((queue,), float(depth)) for queue, depth in zip(QUEUES, waiting, strict=True)]
    return [
        Gauge("strongroom_queue_depth", "Tasks that wait in the broker.", ("queue",), depths),
        Gauge("strongroom_tasks_taken", "Tasks that workers took and have not finished.", (), [((), float(taken))]),
        Gauge("strongroom_workers", "Workers heard of lately.", (), [((), float(broker.living_workers(timeout=1.0)))]),
    ]


def _counts() -> dict[Series, int]:
    with closing(broker.client(timeout=1.0)) as server:
        stored: dict[bytes, bytes] = server.hgetall(KEY)  # type: ignore[assignment]
    return {tuple(json.loads(series)): int(number) for series, number in stored.items()}


def _counted(counter: Counter, counts: dict[Series, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(counter.name, counter.help, labels=list(counter.labels))
    for (name, *labels), number in sorted(counts.items()):
        # What an earlier version counted under other labels is passed over.
        if name == counter.name and len(labels) == len(counter.labels):
            family.add_metric(labels, number)
    return family


def _timed(histogram: Histogram, counts: dict[Series, int]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(histogram.name, histogram.help, labels=list(histogram.labels))
    series = {key[1:-1] for key in counts if key[0] == histogram.name and len(key) == len(histogram.labels) + 2}
    for labels in sorted(series):
        buckets, total = [], 0
        for limit in (*map(str, histogram.limits), "+Inf"):
            total += counts.get((histogram.name, *labels, limit), 0)
            buckets.append((limit, float(total)))
        microseconds = counts.get((histogram.name, *labels, "sum"), 0)
        family.add_metric(list(labels), buckets, microseconds / 1_000_000)
    return family
