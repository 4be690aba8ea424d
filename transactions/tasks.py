"""What the workers do. Each task may run twice, or on two machines at once, without harm."""

from __future__ import annotations

from celery import shared_task

from transactions.deliveries import record_delivery, to_record
from transactions.drawing import draw_touched
from transactions.estate import follow_moved


@shared_task
def record_pending() -> int:
    """Record deliveries that are stored but not recorded: after a crash, a database that was away, or a mended bug."""
    due = to_record()
    for delivery_id in due:
        record_delivery(delivery_id)
    if due:
        draw_touched()
    return len(due)


@shared_task
def follow_moved_safes() -> int:
    """Derive again what safes have stored that were moved, or whose site was changed."""
    return follow_moved()


@shared_task
def draw_touched_days() -> int:
    """Work off the marks on safe days."""
    return draw_touched()
