"""What the workers do for the ground floor. Each task may run twice, or on two machines at once, without harm."""

from __future__ import annotations

from celery import shared_task

from safes.admin.exported import table_of
from safes.api.idempotency import forget_calls
from safes.exporting.running import forget_old, write_due


@shared_task
def forget_old_calls() -> int:
    """Forget the answers to calls that nobody repeats any more."""
    return forget_calls()


@shared_task
def write_exports() -> int:
    """Write the lists that people asked for as files, unless another worker is at it."""
    return write_due(table_of)


@shared_task
def forget_old_exports() -> int:
    """Delete files that were asked for too long ago."""
    return forget_old()
