"""Bringing an incident's row in step with what is proven of it: the only writer of its state.

Called under the lock on the incident, by whoever wrote down something new: a message, the end of a try, a wish of ours.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet
from django.utils import timezone

from incidents import clocks
from incidents.findings import settle_incident
from incidents.lifecycle import FINAL, UNANSWERED, State
from incidents.models import Attempt, Dispatch, Incident, IncidentMessage
from incidents.reading import Reading
from incidents.standing import Heard, Standing, Tries, stand

Out = Attempt.Outcome
_DOUBT = (
    "Loomis says “Duplicate”, which may mean an earlier try of this very dispatch: wait for its ACK, or ask Loomis "
    "whether it has the incident."
)


def lock(incident_id: int) -> Incident:
    """The incident, under the lock that everybody takes first who writes anything of it."""
    return _locked().get(pk=incident_id)


def lock_named(account_id: int, reference: str) -> Incident | None:
    """The same for the incident that an account has by this reference."""
    return _locked().filter(account=account_id, reference=reference).first()


def _locked() -> QuerySet[Incident]:
    return Incident.objects.select_for_update(no_key=True, of=("self",)).select_related("account")


def prove(incident: Incident) -> Standing:
    """Work out where a locked incident stands, store it, and do what follows from it here."""
    now = timezone.now()
    standing = standing_of(incident)
    incident.state = standing.state
    incident.loomis_number = standing.number[:100]
    incident.loomis_numbers = list(standing.numbers)
    incident.eta, incident.sla, incident.promised_at = standing.eta, standing.sla, standing.promised_at
    incident.closed_at = standing.closed_at
    incident.response_code = standing.response_code[:100]
    incident.response_text = standing.response_text
    incident.loomis_status = standing.loomis_status[:100]
    incident.contradiction = standing.contradiction
    if incident.queued_at is None and standing.state not in (State.DRAFT, State.CANCELLED):
        incident.queued_at = now  # Loomis speaks of a draft: it has it, whatever we know of that
    _follow_in_outbox(incident, standing, now)
    incident.clock_at = clocks.next_look(clocks.facts_of(incident), now)
    incident.save()
    settle_incident(incident, now)
    return standing


def standing_of(incident: Incident) -> Standing:
    """Where an incident stands by its messages and tries, whatever its row says."""
    dispatch = incident.dispatches.filter(kind=Dispatch.Kind.DISPATCH).first()
    messages = incident.messages.filter(
        direction=IncidentMessage.Direction.IN, applied_at__isnull=False, is_repeat=False
    ).order_by("id")
    # Loomis may refuse our cancel, too: of the incident that says nothing.
    messages = messages.exclude(type="nak", answers__dispatch__kind=Dispatch.Kind.CANCEL)
    return stand(
        queued=dispatch is not None,
        dropped=incident.cancel_requested_at is not None
        and (dispatch is None or dispatch.state == Dispatch.State.DROPPED),
        tries=_tries(dispatch),
        heard=[Heard(Reading.from_json(reading), at) for reading, at in messages.values_list("reading", "at")],
    )


def _tries(dispatch: Dispatch | None) -> Tries:
    if dispatch is None:
        return Tries()
    ended = list(dispatch.attempts.values_list("outcome", "may_have_arrived", "given_up"))
    return Tries(
        delivered=any(outcome == Out.DELIVERED for outcome, _, _ in ended),
        unknown=any(outcome == Out.UNKNOWN or given_up for outcome, _, given_up in ended),
        on_the_wire=sum(outcome == Out.DELIVERED or may_have for outcome, may_have, _ in ended),
    )


def _follow_in_outbox(incident: Incident, standing: Standing, now: dt.datetime) -> None:
    """What Loomis has answered need not be sent again; a cancel that waited for Loomis's number goes out with it."""
    state = standing.state
    waiting = (Dispatch.State.DUE, Dispatch.State.UNKNOWN, Dispatch.State.DEAD)
    if state not in (*UNANSWERED, State.DRAFT, State.QUEUED):
        incident.dispatches.filter(kind=Dispatch.Kind.DISPATCH, state__in=waiting).update(
            state=Dispatch.State.DONE, done_at=now, next_attempt_at=None
        )
    elif standing.in_doubt and state == State.UNCONFIRMED:
        # Further tries would be told the same. Only a person, or Loomis's ACK, gets it out of this.
        by_itself = Q(state=Dispatch.State.DONE) | Q(state=Dispatch.State.DUE, failures__gt=0)
        incident.dispatches.filter(by_itself, kind=Dispatch.Kind.DISPATCH).update(
            state=Dispatch.State.UNKNOWN, next_attempt_at=None, error=_DOUBT
        )
    cancels = incident.dispatches.filter(kind=Dispatch.Kind.CANCEL)
    if state in FINAL:
        cancels.filter(state__in=[Dispatch.State.HELD, *waiting]).update(
            state=Dispatch.State.DROPPED, done_at=now, next_attempt_at=None
        )
    elif incident.loomis_number:
        cancels.filter(state=Dispatch.State.HELD).update(state=Dispatch.State.DUE, next_attempt_at=now)
