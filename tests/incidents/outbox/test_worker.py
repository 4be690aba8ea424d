"""The worker that sends, as the supervisor starts it: told at once, and ended well."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
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
    name = f"sender-{uuid.uuid4()}@here"
    process = subprocess.Popen(worker_command(DISPATCH, name), cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE)
    try:
        until(lambda: name.encode() in told_of(), "the worker")
        yield process
    finally:
        process.kill()
        process.communicate()


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


def test_a_worker_that_is_asked_to_end_ends_what_is_under_way():
    stuck = Stuck()
    with far_end(stuck) as there, sender(INCIDENT_TIMEOUT_SECONDS="60") as process:
        incident = queued(account_of("atm", there.url))
        stuck.held = {incident.reference}
        until(lambda: there.references == [incident.reference], "the request")
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert any(b"Warm shutdown" in line for line in process.stdout)
        stuck.let_go.set()
        assert process.wait(60) == 0
    assert (state(incident), tries(incident), dispatch(incident).state) == ("sent", ["delivered"], "done")


def test_children_of_a_worker_hear_that_it_is_to_end():
    """As those of a worker that serves other queues too: forked when the tasks had been read, and sent no signal."""
    done = subprocess.run([sys.executable, "-c", FORKED], check=False, cwd=CHECKOUT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")


FORKED = """
import os, sys, django
django.setup()
from celery.signals import worker_shutting_down
from config.celery import app
app.loader.import_default_modules()
hears, tells = os.pipe()
child = os.fork()
if not child:
    os.read(hears, 1)
    os._exit(sys.modules["incidents.outbox.sending"]._ending[0])
worker_shutting_down.send(sender=None)
os.write(tells, b".")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_the_clock_has_the_outbox_looked_through_and_every_task_has_a_queue():
    asked = {str(entry["task"]) for entry in TIMETABLE.values()}
    assert {f"incidents.tasks.{name}" for name in ("send_due", "sweep_outbox", "poll_answers")} <= asked
    routes = app.conf.task_routes
    assert {task for task, route in routes.items() if route["queue"] == DISPATCH} == {"incidents.tasks.send_due"}
    assert {route["queue"] for route in routes.values()} <= set(QUEUES)
    app.loader.import_default_modules()
    assert set(routes) <= set(app.tasks)
