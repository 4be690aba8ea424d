"""Claiming what is due: the try and its message are durable before a byte goes out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.transaction import atomic
from django.utils import timezone

from incidents.models import Attempt, Dispatch, IncidentMessage, LoomisAccount
from incidents.outbox.waits import is_too_late, longest_try
from incidents.outbox.writing import Written, write
from incidents.proving import prove

State = Dispatch.State

# How many tries one drain has under way, and how many there are at most to one account, over all drains: a far end
# that is silent takes half of a drain, never all of it.
LANES, LANES_OF_AN_ACCOUNT = 8, 4
# Claims are made one after the other, so that what is counted is what there is.
_TURN = 7_304_551


@dataclass(frozen=True, slots=True)
class Claimed:
    """A try that was begun, with all that is needed to make it outside of a transaction."""

    attempt_id: int
    account: LoomisAccount
    reference: str
    message: Written


@atomic
def claim() -> Claimed | None:
    """Begin a try of what has been due longest; None when nothing is, or nothing that may be tried now.

    What somebody else is at is passed over: their incident is locked, and whoever writes of an incident locks it first.
    """
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
    passed: list[int] = []
    while True:
        found = _longest_due(now).exclude(pk__in=passed).first()
        if found is None:
            return None
        dispatch = Dispatch.objects.select_for_update(no_key=True).get(pk=found.pk)
        dispatch.incident = found.incident
        if dispatch.state != State.DUE or dispatch.next_attempt_at is None or dispatch.next_attempt_at > now:
            passed.append(dispatch.pk)  # changed by whoever held the incident until a moment ago
        elif dispatch.failures and is_too_late(now, dispatch.first_attempt_at):
            give_up(dispatch, "It was not tried any more: ")
            prove(dispatch.incident)
        else:
            return _begin(dispatch, now)


def give_up(dispatch: Dispatch, why: str) -> None:
    """Try a dispatch no more by itself; the caller holds the locks, and proves. It may have arrived, or surely not."""
    may_have = dispatch.attempts.filter(may_have_arrived=True).exists()
    dispatch.state, dispatch.next_attempt_at = State.UNKNOWN if may_have else State.DEAD, None
    dispatch.error = f"{why}23 hours have passed since its first try."
    dispatch.save()


def claimed_within(span: Callable[..., dt.timedelta], now: dt.datetime) -> Q:
    """Dispatches that were claimed no longer ago than a span of `incidents.outbox.waits`, which files take longer."""
    seconds = settings.INCIDENT_TIMEOUT_SECONDS
    is_file = Q(incident__account__transport=LoomisAccount.Transport.SFTP)
    by_file, by_http = (Q(claimed_at__gt=now - span(seconds, is_file=told)) for told in (True, False))
    return (is_file & by_file) | (~is_file & by_http)


def _longest_due(now: dt.datetime) -> QuerySet[Dispatch]:
    # Older ones have lost their worker, and keep nobody from sending.
    alive = claimed_within(longest_try, now)
    under_way = Dispatch.objects.filter(alive, state=State.CLAIMED).order_by().values_list("incident__account")
    full = under_way.annotate(number=Count("pk")).filter(number__gte=LANES_OF_AN_ACCOUNT)
    return (
        Dispatch.objects.select_for_update(of=("incident",), no_key=True, skip_locked=True)
        .select_related("incident__account")
        .filter(state=State.DUE, next_attempt_at__lte=now, incident__account__active=True)
        .exclude(incident__account__in=[account for account, _ in full])
        .order_by("next_attempt_at", "pk")
    )


def _begin(dispatch: Dispatch, now: dt.datetime) -> Claimed:
    incident = dispatch.incident
    message = write(incident, dispatch.kind)
    dispatch.state, dispatch.claimed_at, dispatch.next_attempt_at = State.CLAIMED, now, None
    dispatch.first_attempt_at = dispatch.first_attempt_at or now
    dispatch.attempts_made += 1
    dispatch.save()
    attempt = Attempt.objects.create(
        dispatch=dispatch, number=dispatch.attempts_made, started_at=now, may_have_arrived=True
    )
    IncidentMessage.objects.create(
        account=incident.account,
        incident=incident,
        attempt=attempt,
        direction=IncidentMessage.Direction.OUT,
        via=message.via,
        type=dispatch.kind,
        body=message.body,
        file_name=message.file_name,
        at=now,
    )
    if dispatch.kind == Dispatch.Kind.DISPATCH and incident.tried_at is None:
        incident.tried_at = now
        incident.save(update_fields=["tried_at", "changed_at"])
    return Claimed(attempt.pk, incident.account, incident.reference, message)
