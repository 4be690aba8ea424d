"""The worker that sends, as the supervisor starts it: told at once, and ended well."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.db import connection

from config import broker
from config.celery import QUEUES, TIMETABLE, app
from config.data_dir import CHECKOUT
from config.services import DISPATCH, worker_command
from tests.config.system import until
from tests.incidents.outbox.telling import account_of, dispatch, queued, state, tries
from tests.incidents.outbox.test_drain import Stuck
from tests.incidents.transports.far_end import far_end, says

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("sender")]


@contextmanager
def sender(**more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A running worker of the queue, on the test's database."""
    told = connection.settings_dict
    place = f"/{told['HOST']}" if told["HOST"].startswith("/") else f"{told['HOST']}:{told['PORT']}"
    url = f"postgres://{told['USER']}:{quote(told['PASSWORD'])}@{place}/{told['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "REDIS_URL": django_settings.CELERY_BROKER_URL,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        **more,
    }
    name = f"sender-{os.getpid()}@here"
    process = subprocess.Popen(worker_command(DISPATCH, name), cwd=CHECKOUT, env=environment)
    try:
        until(lambda: name.encode() in told_of(), "the worker")
        yield process
    finally:
        process.kill()
        process.wait()


def told_of() -> list[bytes]:
    client = broker.client()
    try:
        return list(client.zrange(broker.WORKERS_KEY, 0, -1))  # type: ignore[arg-type]
    finally:
        client.close()


def test_what_is_queued_is_on_the_wire_by_itself():
    """No clock runs here: the worker was told."""
    with far_end(says(200)) as there, sender():
        incident = queued(account_of("atm", there.url))
        until(lambda: state(incident) == "sent", "the dispatch")
    assert there.references == [incident.reference]


def test_a_worker_that_is_asked_to_end_ends_what_is_under_way_and_begins_nothing():
    stuck = Stuck()
    with far_end(stuck) as there, sender(INCIDENT_TIMEOUT_SECONDS="60") as process:
        account = account_of("atm", there.url)
        first = queued(account)
        stuck.held = {first.reference}
        until(lambda: there.references == [first.reference], "the first request")
        process.send_signal(signal.SIGTERM)
        until(lambda: b"sender" not in b"".join(told_of()) or process.poll() is not None, "the end to begin")
        second = queued(account)
        stuck.let_go.set()
        process.wait(60)
        assert there.references == [first.reference]
    assert (state(first), tries(first), dispatch(first).state) == ("sent", ["delivered"], "done")
    assert (state(second), dispatch(second).state) == ("queued", "due")


def test_the_clock_has_the_outbox_looked_through_and_every_task_has_a_queue():
    asked = {str(entry["task"]) for entry in TIMETABLE.values()}
    assert {f"incidents.tasks.{name}" for name in ("send_due", "sweep_outbox", "poll_answers")} <= asked
    routes = app.conf.task_routes
    assert {task for task, route in routes.items() if route["queue"] == DISPATCH} == {"incidents.tasks.send_due"}
    assert {route["queue"] for route in routes.values()} <= set(QUEUES)
    app.loader.import_default_modules()
    assert set(routes) <= set(app.tasks)
