"""/metrics: figures that are right, outlive processes, and cost neither a push nor the database much."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

import transactions.metrics
from config import broker, metrics
from config.celery import QUEUES
from safes.counters import take
from tests.config.system import until
from tests.docs.pages import page
from tests.transactions.pushing import body, drop, endpoint
from tests.transactions.server import WebServer
from transactions.endpoints import add_endpoint
from transactions.models import Delivery, PushEndpoint, TouchedDay

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
AWAY = "redis+socket:///nowhere/valkey.sock"


@pytest.fixture(autouse=True)
def own_counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A place in the broker that no other test counts in."""
    key = f"{metrics.KEY}:{uuid.uuid4()}"
    monkeypatch.setattr(metrics, "KEY", key)
    take()
    yield key
    with closing(broker.client()) as server:
        server.delete(key)


def scraped(client: Client, path: str = "/metrics") -> Samples:
    answer = client.get(path)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((f"strongroom_{name}", frozenset(labels.items())))


def push(client: Client, name: str, key: str, sent: bytes) -> int:
    path = f"/api/loomis/transactions/{name}"
    return client.post(path, sent, "application/json", headers={"Authorization": key}).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
def test_it_is_answered_with_and_without_a_slash_by_any_host_name(client: Client, path: str):
    answer = client.get(path, headers={"Host": "10.1.2.3:9999"})
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (200, "text/plain")
    assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_operators_are_told_of_each_figure_and_of_no_other(client: Client):
    answered = client.get("/metrics").content.decode()
    shown = {line.split()[2] for line in answered.splitlines() if line.startswith("# TYPE")}
    assert shown == {row[0].strip("`") for row in page("docs/operations.md").table("figure")}


@pytest.mark.django_db
def test_what_came_of_deliveries_and_rows_is_counted_once(client: Client):
    key = endpoint("stores")
    first = body([drop(1), drop(2), {"SerialNumber": 7}])
    for sent in (first, first, body([drop(1)]), b"no json"):
        assert push(client, "stores", key, sent) == 200
    samples = scraped(client)
    statuses = {s: value(samples, "deliveries_total", endpoint="stores", status=s) for s in Delivery.Status.values}
    assert statuses == {"stored": None, "accepted": 2, "duplicate": 1, "quarantined": 1, "failed": None}
    rows = [value(samples, "rows_total", endpoint="stores", outcome=o) for o in ("created", "known", "quarantined")]
    assert rows[0] == 2
    assert rows[1] == 1
    assert rows[2] == sum(delivery.quarantined or 0 for delivery in Delivery.objects.all())
    assert value(samples, "quarantined_rows_open") == 2
    assert value(samples, "findings_open", kind="unknown_safe", severity="warning") == 1
    age = value(samples, "last_push_age_seconds", endpoint="stores")
    assert age is not None
    assert 0 <= age < 60


@pytest.mark.django_db
def test_what_was_turned_away_is_counted_by_its_reason(client: Client, settings: Any):
    key = endpoint("stores")
    settings.PUSH_MAX_BODY_BYTES = 1000
    assert push(client, "stores", "wrong", body()) == 401
    assert push(client, "nobody-knows-me", key, body()) == 401
    assert push(client, "stores", key, b" " * 1001) == 413
    samples = scraped(client)
    assert value(samples, "pushes_refused_total", endpoint="stores", reason="wrong_key") == 1
    assert value(samples, "pushes_refused_total", endpoint="stores", reason="too_large") == 1
    assert value(samples, "pushes_refused_total", endpoint="", reason="unknown_endpoint") == 1
    assert not any("nobody-knows-me" in str(labels) for _, labels in samples)


@pytest.mark.django_db
def test_what_waits_is_told_with_its_age(client: Client):
    endpoint("stores")
    made = PushEndpoint.objects.get()
    fill(made, 3, "stored")
    samples = scraped(client)
    assert value(samples, "deliveries_waiting", status="stored") == 3
    assert value(samples, "deliveries_waiting", status="failed") == 0
    lag = value(samples, "delivery_lag_seconds")
    assert lag is not None
    assert 3 * 3600 <= lag < 3 * 3600 + 100
    assert value(samples, "touched_days") == TouchedDay.objects.count()


@pytest.mark.django_db
def test_tasks_that_wait_are_told_by_queue(client: Client, monkeypatch: pytest.MonkeyPatch):
    queue = f"record-{uuid.uuid4()}"
    monkeypatch.setattr(metrics, "QUEUES", (*QUEUES, queue))
    with closing(broker.client()) as server:
        server.rpush(queue, "one", "two")
        samples = scraped(client)
        server.delete(queue)
    assert value(samples, "queue_depth", queue=queue) == 2
    assert all(value(samples, "queue_depth", queue=name) is not None for name in QUEUES)


@pytest.mark.django_db
def test_requests_are_timed_by_the_pattern_of_their_path(client: Client):
    for name in ("one", "two"):
        push(client, name, "wrong", b"{}")
    client.get("/no/such/page/1")
    client.get("/healthz")
    samples = scraped(client)
    labels = {"method": "POST", "route": "/api/loomis/transactions/<str:endpoint>", "status": "4xx"}
    assert value(samples, "request_seconds_count", **labels) == 2
    assert value(samples, "request_seconds_bucket", **labels, le="+Inf") == 2
    assert (value(samples, "request_seconds_sum", **labels) or 0) > 0
    assert value(samples, "request_seconds_count", method="GET", route="none", status="4xx") == 1
    assert len({tuple(sorted(of)) for name, of in samples if name == "strongroom_request_seconds_count"}) == 2


@pytest.mark.django_db
def test_a_broker_that_is_away_costs_a_push_nothing_and_the_figures_only_time(client: Client):
    key = endpoint("stores")
    with override_settings(CELERY_BROKER_URL=AWAY):
        started = time.monotonic()
        assert push(client, "stores", key, body()) == 200
        assert time.monotonic() - started < 2
        away = scraped(client)
    assert (value(away, "up", server="broker"), value(away, "up", server="database")) == (0, 1)
    assert value(away, "deliveries_waiting", status="stored") == 0
    back = scraped(client)
    assert value(back, "up", server="broker") == 1
    assert value(back, "deliveries_total", endpoint="stores", status="accepted") == 1


@pytest.mark.django_db
def test_a_database_that_is_away_leaves_the_rest(client: Client, monkeypatch: pytest.MonkeyPatch):
    def away() -> list[Any]:
        raise OperationalError

    monkeypatch.setattr(transactions.metrics, "gauges", away)
    samples = scraped(client)
    assert value(samples, "up", server="database") == 0
    assert value(samples, "up", server="broker") == 1


@pytest.mark.django_db
def test_no_figure_reads_the_history(client: Client):
    endpoint("stores")
    fill(PushEndpoint.objects.get(), 30_000, "accepted")
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Delivery._meta.db_table}")
    with CaptureQueriesContext(
        connection,
    ) as captured:
        scraped(client)
    asked = [query["sql"] for query in captured.captured_queries if Delivery._meta.db_table in query["sql"]]
    assert len(asked) == 2
    for statement in asked:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert f"Seq Scan on {Delivery._meta.db_table}" not in plan, plan


@pytest.mark.django_db(transaction=True)
def test_all_web_processes_tell_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WEB_WORKERS", "2")
    server = WebServer(str(connection.settings_dict["NAME"]), tmp_path / "said.txt")
    name = f"stores-{uuid.uuid4()}"
    try:
        server.start()
        for _ in range(20):  # each on a connection of its own, so that both processes have some
            assert server.ask("POST", f"/api/loomis/transactions/{name}", headers={"Authorization": "x"}).status == 401
        add_endpoint(name)
        for _ in range(20):
            assert server.ask("POST", f"/api/loomis/transactions/{name}", headers={"Authorization": "x"}).status == 401
        line = f'strongroom_pushes_refused_total{{endpoint="{name}",reason="wrong_key"}} 20.0'
        until(lambda: all(line in server.ask("GET", "/metrics").body.decode() for _ in range(6)), "the figures", 10)
    finally:
        server.stop()


def fill(made: PushEndpoint, number: int, status: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {Delivery._meta.db_table}
                (channel, endpoint_id, received_at, status, digest, size, headers, notes, error, attempts)
            SELECT 'push', %s, now() - interval '1 hour' * n, %s, sha256(n::text::bytea), 1, '{{}}', '[]', '', 0
            FROM generate_series(1, %s) n
            """,
            [made.pk, status, number],
        )
