"""What the workers do. Each task may run twice, or on two machines at once, without harm."""

from __future__ import annotations

from celery import shared_task

from incidents import answers, following, intake, notices
from incidents.outbox.sending import drain
from incidents.outbox.sweeping import sweep


# Given back at once: the clock asks again. One that is not would be ended in the middle of a try when the broker goes
# away (worker_cancel_long_running_tasks_on_connection_loss), and given to another worker while it is at work.
@shared_task(acks_late=False)
def send_due() -> bool:
    """Send what is due, until nothing is, or until it is another's turn. True for the latter."""
    is_over = drain()
    if is_over:
        send_due.delay()
    return is_over


@shared_task
def sweep_outbox() -> int:
    """End tries whose worker died, and take in answers that it left."""
    return sweep()


@shared_task
def poll_answers() -> int:
    """Hand each account whose answers come as files to a worker."""
    due = answers.due_accounts()
    for account_id in due:
        # While all workers are busy they are told again and again: what is old need not be done as well.
        poll_account.apply_async((account_id,), expires=10)
    return len(due)


@shared_task
def poll_account(account_id: int) -> int:
    """Fetch the answers of one account, unless somebody is at it already."""
    return answers.poll(account_id)


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
