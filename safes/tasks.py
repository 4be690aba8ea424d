"""What the workers do for the ground floor. Each task may run twice, or on two machines at once, without harm."""

from __future__ import annotations

from celery import shared_task

from safes.api.idempotency import forget_calls


@shared_task
def forget_old_calls() -> int:
    """Forget the answers to calls that nobody repeats any more."""
    return forget_calls()
