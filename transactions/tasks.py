"""What the workers do. Each task may run twice, or on two machines at once, without harm."""

from __future__ import annotations

from celery import shared_task

from transactions.completeness.clock import follow_clock
from transactions.deliveries import record_delivery, to_record
from transactions.drawing import draw_touched
from transactions.estate import follow_moved
from transactions.feeds.polling import due_feeds, poll
from transactions.reconciliation.change_orders.clock import follow_due
from transactions.reconciliation.days.closing import mark_due
from transactions.silence.listening import listen


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


@shared_task
def poll_due_feeds() -> int:
    """Hand each feed whose time has come to a worker."""
    due = due_feeds()
    for feed_id in due:
        # While all workers are busy they are told again and again: what is old need not be done as well.
        poll_feed.apply_async((feed_id,), expires=60)
    return len(due)


@shared_task
def poll_feed(feed_id: int) -> int:
    """Look through one feed, unless somebody is at it already or was just now."""
    return len(poll(feed_id)) if feed_id in due_feeds() else 0


@shared_task
def follow_the_clock() -> int:
    """Draw days of which a grace is over or an order overdue, or that changed endpoints or feeds bear on."""
    follow_clock()
    mark_due()
    follow_due()
    return draw_touched()


@shared_task
def listen_for_silence() -> int:
    """Find safes, endpoints and feeds that are quiet against their rhythm, and close what was heard from."""
    return listen()
