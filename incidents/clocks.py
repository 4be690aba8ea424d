"""The clocks of an incident: not sent or not acknowledged in time, ETA or SLA at 75 % and passed.

DOMAIN.md section 3, "ETA and SLA". Pure but for `facts_of`, which reads a row. All instants in UTC.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from incidents.lifecycle import UNANSWERED, UNDER_WAY, State
from incidents.models import Incident

NEARLY = 0.75


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """What the clocks of an incident run by."""

    state: State
    tried_at: dt.datetime | None
    acknowledge_within: dt.timedelta
    promised_at: dt.datetime | None
    eta: dt.datetime | None
    sla: dt.datetime | None
    queued_at: dt.datetime | None = None


class Promise(NamedTuple):
    """What Loomis promised: ``name`` is "ETA" or "SLA", ``nearly`` when three quarters of the time are gone."""

    name: str
    nearly: dt.datetime
    until: dt.datetime

    def is_near(self, now: dt.datetime) -> bool:
        return self.nearly <= now < self.until

    def is_broken(self, now: dt.datetime) -> bool:
        return self.until <= now


def facts_of(incident: Incident) -> ClockFacts:
    return ClockFacts(
        state=State(incident.state),
        tried_at=incident.tried_at,
        acknowledge_within=incident.account.acknowledge_within,
        promised_at=incident.promised_at,
        eta=incident.eta,
        sla=incident.sla,
        queued_at=incident.queued_at,
    )


def unsent_from(facts: ClockFacts) -> dt.datetime | None:
    """From when on a dispatch waits too long to be sent; None where that clock does not run."""
    if facts.state != State.QUEUED or facts.queued_at is None:
        return None
    return facts.queued_at + facts.acknowledge_within


def unanswered_from(facts: ClockFacts) -> dt.datetime | None:
    """From when on a dispatch is not acknowledged in time; None where that clock does not run."""
    if facts.state not in UNANSWERED or facts.tried_at is None:
        return None
    return facts.tried_at + facts.acknowledge_within


def promises(facts: ClockFacts) -> list[Promise]:
    """What holds of an incident that is under way. A promise that was broken when it was made is not near at all."""
    if facts.state not in UNDER_WAY or facts.promised_at is None:
        return []
    named = (("ETA", facts.eta), ("SLA", facts.sla))
    return [
        Promise(name, facts.promised_at + max(until - facts.promised_at, dt.timedelta(0)) * NEARLY, until)
        for name, until in named
        if until is not None
    ]


def next_look(facts: ClockFacts, now: dt.datetime) -> dt.datetime | None:
    """When something of this will be different from what it is now; None: never."""
    moments = [unsent_from(facts), unanswered_from(facts)]
    for promise in promises(facts):
        moments += [promise.nearly, promise.until]
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


def has_come(moment: dt.datetime | None, now: dt.datetime) -> bool:
    return moment is not None and moment <= now
