"""What the workers do. Each task may run twice, or on two machines at once, without harm."""

from __future__ import annotations

from celery import shared_task

from loyalty import call_log, probing, throttle


@shared_task
def watch_probing() -> int:
    """Look whether an account misses so much that somebody should be told."""
    return probing.watch_probing()


@shared_task
def forget_old_misses() -> int:
    """Forget counts of misses that nobody looks at any more."""
    return throttle.forget_misses()


@shared_task
def forget_old_calls() -> int:
    """Forget calls of the card service that were logged long ago."""
    return call_log.forget_calls()
