"""What the workers do. Each task may run twice, or on two machines at once, without harm."""

from __future__ import annotations

from celery import shared_task

from loyalty import call_log, probing, throttle
from loyalty.bonuses import expiry, holds


@shared_task
def burn_expired_bonuses() -> int:
    """Burn what has expired by the clock of LOYALTY_TIME_ZONE."""
    return expiry.burn_expired()


@shared_task
def give_back_holds() -> int:
    """Give back bonuses that were held for a purchase that nobody confirmed."""
    return holds.give_back_unsettled()


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
