"""What only time, or an arrangement, changes about completeness: days marked to be drawn again."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone

from safes.estate import standings_of
from transactions.completeness.covering import follow_arranged
from transactions.completeness.drawing import is_over
from transactions.models import ChannelCompleteness
from transactions.recording.marks import Day, touch

# The clock is never further ahead of UTC than here.
_FURTHEST = dt.timedelta(hours=14)


def follow_clock() -> int:
    """Mark the days whose grace is over now, and those that a change of endpoints or feeds bears on; how many waited.

    Days that wait are few, those of the last days, and found by an index of their own.
    """
    follow_arranged()
    begun = timezone.now() + _FURTHEST - settings.COMPLETENESS_GRACE
    waiting: set[Day] = set(
        ChannelCompleteness.objects.filter(
            verdict=ChannelCompleteness.Verdict.WAITING, business_date__lte=begun.date()
        ).values_list("safe_id", "business_date")
    )
    if not waiting:
        return 0
    standings = standings_of({safe_id for safe_id, _ in waiting})
    due = {(safe_id, date) for safe_id, date in waiting if is_over(date, standings[safe_id])}
    if due:
        touch(due)
    return len(due)
