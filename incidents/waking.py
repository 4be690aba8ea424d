"""Letting a worker know at once that something is to be sent; without a broker it looks by the clock."""

from __future__ import annotations

import structlog
from django.db.transaction import on_commit
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError as BrokerError

log = structlog.get_logger(__name__)


def wake_on_commit() -> None:
    """Have the outbox looked through as soon as this transaction is durable."""
    on_commit(_wake, robust=True)


def _wake() -> None:
    try:
        import_string("incidents.tasks.send_due").delay()
    except BrokerError:
        log.warning("broker_away", consequence="dispatches wait for the next turn of the clock")
