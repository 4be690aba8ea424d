"""Tries of a dispatch, written down as the outbox does, without anybody to send them to."""

from __future__ import annotations

from django.db.transaction import atomic
from django.utils import timezone

from incidents.models import Attempt, Dispatch, Incident
from incidents.proving import lock, prove

Out = Attempt.Outcome


@atomic
def tried(
    one: Incident, outcome: str, *, leaves: str = Dispatch.State.DONE, kind: str = "dispatch", error: str = ""
) -> Attempt:
    """One that is over, and the state in which it leaves its dispatch."""
    locked = lock(one.pk)
    dispatch = locked.dispatches.get(kind=kind)
    now = timezone.now()
    dispatch.attempts_made += 1
    attempt = Attempt.objects.create(
        dispatch=dispatch,
        number=dispatch.attempts_made,
        started_at=now,
        ended_at=now,
        outcome=outcome,
        may_have_arrived=outcome in (Out.DELIVERED, Out.UNKNOWN),
        error=error,
    )
    dispatch.state, dispatch.error, dispatch.next_attempt_at = leaves, error, now
    dispatch.save()
    if kind == "dispatch":
        locked.tried_at = locked.tried_at or now
    prove(locked)
    return attempt
