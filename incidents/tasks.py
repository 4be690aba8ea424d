"""What the workers do. Each task may run twice, or on two machines at once, without harm."""

from __future__ import annotations

from celery import shared_task


@shared_task
def send_due() -> int:
    """Send what is due, until nothing is."""
    return 0
