"""Writing down what came of a try, and what follows from it: done, due again, unknown, or a dead letter."""

from __future__ import annotations

import datetime as dt
import random

import structlog
from django.conf import settings
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.db.transaction import atomic
from django.utils import timezone

from incidents.intake import take_in
from incidents.metrics import TRIES
from incidents.models import Attempt, Dispatch, Incident, IncidentMessage, LoomisAccount
from incidents.outbox.claiming import give_up
from incidents.outbox.waits import backoff, is_too_late
from incidents.proving import lock, prove
from incidents.transports.judging import KEPT, Outcome, Result, message_in

log = structlog.get_logger(__name__)

State = Dispatch.State


def conclude(attempt_id: int, result: Result, took: dt.timedelta | None = None) -> None:
    """Write down what came of a try, under the lock on its incident; then take in what was answered.

    ``took``: how long it took; None for a try whose worker died, which says nothing of the far end.
    """
    attempt = _write_down(attempt_id, result, took)
    if attempt is not None and attempt.answer_waits:
        read_answer(attempt, result.body)


@atomic
def _write_down(attempt_id: int, result: Result, took: dt.timedelta | None) -> Attempt | None:
    now = timezone.now()
    attempt = Attempt.objects.select_related("dispatch").get(pk=attempt_id)
    incident = lock(attempt.dispatch.incident_id)
    dispatch = Dispatch.objects.select_for_update(no_key=True).get(pk=attempt.dispatch_id)
    attempt = Attempt.objects.get(pk=attempt_id)
    was_given_up = attempt.ended_at is not None
    if was_given_up and took is None:
        return None  # its worker lived, and has said itself what came of it
    attempt.ended_at, attempt.outcome, attempt.error = now, result.outcome, result.error
    attempt.given_up = was_given_up or took is None
    attempt.may_have_arrived, attempt.status = result.arrived, result.status
    attempt.response, attempt.response_size = result.body[:KEPT], result.read
    # Kept with the try, it can be taken in by somebody else should we die before we do.
    attempt.answer_waits = message_in(result.body, incident.account.dialect) is not None
    attempt.save()
    if took is not None:
        IncidentMessage.objects.filter(attempt=attempt).update(
            status=result.status, duration_ms=round(took.total_seconds() * 1000)
        )
    # Nobody has tried it again since, and Loomis has not answered it.
    if dispatch.attempts_made == attempt.number and dispatch.state in (State.CLAIMED, State.DUE, State.UNKNOWN):
        dispatch.failures += 0 if was_given_up or result.outcome == Outcome.DELIVERED else 1
        _follow(dispatch, result, incident.account, now)
    if result.outcome == Outcome.DELIVERED and dispatch.kind == Dispatch.Kind.DISPATCH:
        incident.sent_at = incident.sent_at or now
    prove(incident)
    if took is not None:
        _note_reach(incident, result, now)
    TRIES.add(kind=dispatch.kind, outcome=result.outcome)
    said = log.info if result.outcome == Outcome.DELIVERED else log.warning
    said(
        "incident_try",
        incident=incident.reference,
        kind=dispatch.kind,
        number=attempt.number,
        outcome=str(result.outcome),
        status=result.status,
        dispatch=str(dispatch.state),
    )
    return attempt


def _follow(dispatch: Dispatch, result: Result, account: LoomisAccount, now: dt.datetime) -> None:
    dispatch.error, dispatch.next_attempt_at = result.error, None
    is_atm = account.dialect == LoomisAccount.Dialect.ATM
    match result.outcome:
        case Outcome.DELIVERED:
            dispatch.state, dispatch.done_at = State.DONE, now
        case Outcome.REFUSED:
            dispatch.state = State.DEAD
        case Outcome.UNKNOWN if not is_atm:
            # SafePoint documents no protection against doubles: a person decides.
            dispatch.state = State.UNKNOWN
        case _:
            chance = random.random()  # noqa: S311 - parts those that failed together, and guards nothing
            again = now + backoff(
                dispatch.failures, settings.INCIDENT_RETRY_BASE_SECONDS, chance, asked=result.retry_after
            )
            if is_too_late(again, dispatch.first_attempt_at):
                give_up(dispatch, f"{result.error} It is not tried any more: ")
                return
            dispatch.state, dispatch.next_attempt_at = State.DUE, again
    dispatch.save()


def _note_reach(incident: Incident, result: Result, now: dt.datetime) -> None:
    """How reaching Loomis goes, on the row of the account: last, since all that is sent for it comes through here."""
    account = LoomisAccount.objects.filter(pk=incident.account_id)
    if result.outcome == Outcome.DELIVERED:
        account.update(sent_at=now, failing_since=None, failures=0, error="")
    else:
        account.update(
            failing_since=Coalesce("failing_since", Value(now)), failures=F("failures") + 1, error=result.error
        )


def read_answer(attempt: Attempt, body: bytes | None = None) -> None:
    """Take in what a try was answered with. Again is harmless: a repeat changes nothing."""
    account = LoomisAccount.objects.get(incidents__dispatches__attempts=attempt.pk)
    answered = bytes(attempt.response) if body is None else body
    take_in(account, answered, IncidentMessage.Via.RESPONSE, attempt=attempt, at=attempt.ended_at)
    Attempt.objects.filter(pk=attempt.pk).update(answer_waits=False)
