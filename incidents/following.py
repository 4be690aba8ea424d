"""Looking again at incidents whose clocks have come: nothing else would notice that nothing happened."""

from __future__ import annotations

import structlog
from django.db import DatabaseError
from django.db.transaction import atomic
from django.utils import timezone

from incidents.lifecycle import UNANSWERED, State
from incidents.models import Incident
from incidents.proving import lock, prove

log = structlog.get_logger(__name__)


def follow_clocks(limit: int = 500) -> int:
    """Prove anew each incident whose clock has come; how many there were. Somebody else's work is left to him."""
    due = Incident.objects.filter(clock_at__lte=timezone.now()).order_by("clock_at", "pk")
    ids = list(due.values_list("pk", flat=True)[:limit])
    return sum(_follow_alone(incident_id) for incident_id in ids)


def _follow_alone(incident_id: int) -> bool:
    try:
        return _follow(incident_id)
    except DatabaseError:
        raise
    except Exception:  # a bug with one incident must not silence the clocks of all others
        log.exception("incident_not_followed", incident=incident_id)
        return False


@atomic
def _follow(incident_id: int) -> bool:
    still_due = Incident.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(
        pk=incident_id, clock_at__lte=timezone.now()
    )
    if not still_due.exists():
        return False
    prove(lock(incident_id))
    return True


def look_again(account_id: int) -> None:
    """Have the next turn look at the incidents of an account whose clocks run by the account's minutes.

    Not in a transaction that holds the lock on the account: incidents are locked before it.
    """
    by_minutes = Incident.objects.filter(account=account_id, state__in=[State.QUEUED, *UNANSWERED])
    by_minutes.update(clock_at=timezone.now())
