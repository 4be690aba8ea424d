"""The Celery application, its queues, its timetable, and the worker's sign of life."""

import os
import warnings
from datetime import timedelta
from typing import Any

from celery import Celery, bootsteps
from celery.signals import celeryd_after_setup, setup_logging, worker_process_init, worker_shutting_down

from config import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

# It would be dangerous with pickle; we take JSON only, and `make run` as root must not greet people with a warning.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = Celery("strongroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Queues by kind, so that each can be given workers of its own: a slow file must not hold up a push.
QUEUES = ("record", "feeds", "dispatch", "derive", "celery")
app.conf.task_routes = {
    "transactions.tasks.record_pending": {"queue": "record"},
    "transactions.tasks.draw_touched_days": {"queue": "derive"},
    "transactions.tasks.poll_due_feeds": {"queue": "feeds"},
    "transactions.tasks.poll_feed": {"queue": "feeds"},
    "transactions.tasks.follow_moved_safes": {"queue": "derive"},
    "transactions.tasks.follow_the_clock": {"queue": "derive"},
    "transactions.tasks.listen_for_silence": {"queue": "derive"},
    # For sending alone: nothing that takes long may stand before it.
    "incidents.tasks.send_due": {"queue": "dispatch"},
    "incidents.tasks.poll_answers": {"queue": "feeds"},
    "incidents.tasks.poll_account": {"queue": "feeds"},
}

# What happens by the clock. A task here may run twice, or on two machines, without harm.
#   "name": {"task": "app.tasks.name", "schedule": timedelta | crontab}
TIMETABLE: dict[str, dict[str, Any]] = {
    # A push is recorded in its request; this is for what a crash, a database that was away or a bug left behind.
    "record-pending": {"task": "transactions.tasks.record_pending", "schedule": timedelta(seconds=10)},
    "draw-touched-days": {"task": "transactions.tasks.draw_touched_days", "schedule": timedelta(seconds=10)},
    "poll-due-feeds": {"task": "transactions.tasks.poll_due_feeds", "schedule": timedelta(seconds=10)},
    "follow-moved-safes": {"task": "transactions.tasks.follow_moved_safes", "schedule": timedelta(seconds=10)},
    # With the time it takes to draw, findings come within a minute of the end of the grace.
    "follow-the-clock": {"task": "transactions.tasks.follow_the_clock", "schedule": timedelta(seconds=30)},
    "listen-for-silence": {"task": "transactions.tasks.listen_for_silence", "schedule": timedelta(minutes=1)},
    # An update is applied in its request; this is for what a crash, a database that was away or a bug left behind.
    "apply-pending": {"task": "incidents.tasks.apply_pending", "schedule": timedelta(seconds=10)},
    "follow-clocks": {"task": "incidents.tasks.follow_clocks", "schedule": timedelta(seconds=10)},
    "send-notices": {"task": "incidents.tasks.send_notices", "schedule": timedelta(seconds=10)},
    # What is queued is told at once; this is for tries that are made again, and for a broker that was away. What the
    # clock asked for while a worker was busy need not be done as well.
    "send-due": {
        "task": "incidents.tasks.send_due",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 2},
    },
    "poll-answers": {"task": "incidents.tasks.poll_answers", "schedule": timedelta(seconds=10)},
    "sweep-outbox": {"task": "incidents.tasks.sweep_outbox", "schedule": timedelta(seconds=10)},
    # Asked for is told at once; this is for what a worker that died, or a broker that was away, left behind.
    "write-exports": {"task": "safes.tasks.write_exports", "schedule": timedelta(seconds=10)},
    "forget-old-exports": {"task": "safes.tasks.forget_old_exports", "schedule": timedelta(hours=1)},
    "forget-old-calls": {"task": "safes.tasks.forget_old_calls", "schedule": timedelta(hours=1)},
    # Which date it is may differ from place to place (LOYALTY_TIME_ZONE); an hour after midnight at the latest.
    "burn-expired-bonuses": {"task": "loyalty.tasks.burn_expired_bonuses", "schedule": timedelta(hours=1)},
    "give-back-holds": {"task": "loyalty.tasks.give_back_holds", "schedule": timedelta(hours=1)},
    "watch-card-probing": {"task": "loyalty.tasks.watch_probing", "schedule": timedelta(minutes=1)},
    "forget-card-misses": {"task": "loyalty.tasks.forget_old_misses", "schedule": timedelta(hours=1)},
    "forget-card-calls": {"task": "loyalty.tasks.forget_old_calls", "schedule": timedelta(hours=1)},
}

app.conf.beat_schedule = TIMETABLE


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Being connected is enough: Celery then leaves Django's logging as it is."""


@worker_process_init.connect
def carry_figures(**_: object) -> None:
    """Each process that does tasks counts for itself, and carries what it counted."""
    from config.metrics import keep_carrying  # needs the models, which are not there when this module is read

    keep_carrying()


@celeryd_after_setup.connect
def carry_figures_of_threads(instance: Any, **_: object) -> None:
    """The same for a worker whose tasks are threads of its one process."""
    if instance.pool_cls.__module__ == "celery.concurrency.thread":
        carry_figures()


@worker_shutting_down.connect
def end_tries(**_: object) -> None:
    """A drain of the outbox would go on for as long as there is something to send."""
    from incidents.outbox.sending import begin_to_end  # needs the models, too

    begin_to_end()


class SignOfLife(bootsteps.StartStopStep):
    """Tells the broker every few seconds that this worker's own loop turns; /readyz looks for it."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **_: Any) -> None:
        self.timer: Any = None

    def start(self, parent: Any) -> None:
        self._tell(parent.hostname)
        self.timer = parent.timer.call_repeatedly(
            broker.SIGN_EVERY_SECONDS, self._tell, (parent.hostname,), priority=10
        )

    def stop(self, parent: Any) -> None:
        if self.timer is not None:
            self.timer.cancel()
        broker.forget_worker(parent.hostname)

    @staticmethod
    def _tell(name: str) -> None:
        broker.note_worker(name)


app.steps["worker"].add(SignOfLife)
