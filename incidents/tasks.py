"""What the workers do. Each task may run twice, or on two machines at once, without harm."""

from __future__ import annotations

from celery import shared_task

from incidents import following, intake, notices


@shared_task
def send_due() -> int:
    """Send what is due, until nothing is."""
    return 0


@shared_task
def apply_pending() -> int:
    """Apply messages of Loomis's that are stored and were not applied: after a crash, or a mended bug."""
    return intake.apply_pending()


@shared_task
def follow_clocks() -> int:
    """Look at incidents whose clocks have come: not acknowledged, nearly due, overdue."""
    return following.follow_clocks()


@shared_task
def send_notices() -> int:
    """Send the e-mails that are due."""
    return notices.send_due()
