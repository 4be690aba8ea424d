"""What only time changes about change orders: those whose time is over are drawn again."""

from __future__ import annotations

from django.utils import timezone

from transactions.models import ChangeOrder
from transactions.recording.marks import Day, touch


def follow_due() -> int:
    """Mark the days of the orders that are overdue now, and say how many; found by an index of what still waits."""
    due: set[Day] = set(ChangeOrder.objects.filter(due_at__lte=timezone.now()).values_list("safe_id", "business_date"))
    if due:
        touch(due)
    return len(due)
