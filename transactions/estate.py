"""What a change of the estate means for transactions: registered with safes.estate, which imports no other app.

Little follows in the transaction of the change. A safe's years take seconds under its lock, while whoever edits its
site waits, and so do its pushes: then the change leaves a mark on each safe, and the worker follows, safe by safe.
"""

from __future__ import annotations

import structlog
from django.db.models import QuerySet
from django.db.transaction import atomic, on_commit
from django.utils import timezone
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError as BrokerError

from safes.estate import lock_safes
from safes.models import Safe
from transactions.drawing import draw_safe, draw_soon
from transactions.models import AuditEvent, MovedSafe, SafeDay, Transaction
from transactions.recording.derivation import derive_again
from transactions.recording.marks import Day, touch

log = structlog.get_logger(__name__)

# So many rows take about a quarter of a second.
_AT_ONCE = 2000


def follow_estate(safe_ids: list[int], moved: bool) -> None:
    """Instants, currencies, business dates and findings of these safes, whose locks the caller holds."""
    if moved and _is_little(safe_ids):
        touch(derive_again(safe_ids) | _drawn(safe_ids))
        MovedSafe.objects.filter(safe__in=safe_ids).delete()
    elif moved:
        marks = [MovedSafe(safe_id=safe_id, moved_at=timezone.now()) for safe_id in safe_ids]
        MovedSafe.objects.bulk_create(marks, ignore_conflicts=True)
        on_commit(_tell_worker)
    for safe in Safe.objects.filter(pk__in=safe_ids).order_by("pk"):
        draw_safe(safe)
    on_commit(draw_soon)


def follow_moved(limit: int = 100) -> int:
    """Work off marks on safes, and say how many."""
    due = list(MovedSafe.objects.order_by("moved_at").values_list("safe_id", flat=True)[:limit])
    for safe_id in due:
        _follow(safe_id)
    if due:
        draw_soon()
    return len(due)


@atomic
def _follow(safe_id: int) -> None:
    """The mark goes with what it asked for. A change that comes meanwhile waits for the lock, and leaves another."""
    for safe in lock_safes([safe_id]):
        marked, _ = MovedSafe.objects.filter(safe=safe).delete()
        if marked:
            touch(derive_again([safe.pk]) | _drawn([safe.pk]))
            draw_safe(safe)


def _drawn(safe_ids: list[int]) -> set[Day]:
    """Days that are there without a transaction: somebody counted, or cash left in a currency that nobody dropped."""
    empty = SafeDay.objects.filter(safe__in=safe_ids, transaction_count=0)
    return set(empty.values_list("safe_id", "business_date"))


def _is_little(safe_ids: list[int]) -> bool:
    def first(rows: QuerySet[Transaction] | QuerySet[AuditEvent]) -> int:
        return rows.filter(safe__in=safe_ids).order_by()[: _AT_ONCE + 1].count()

    return first(Transaction.objects.all()) + first(AuditEvent.objects.all()) <= _AT_ONCE


def _tell_worker() -> None:
    try:
        import_string("transactions.tasks.follow_moved_safes").delay()
    except BrokerError:
        log.warning("broker_away", consequence="moved safes wait for the next turn of the clock")
