"""The findings of an incident: what is wrong with it at this moment, and who is told of it by e-mail."""

from __future__ import annotations

import datetime as dt

from incidents.models import Incident, IncidentMessage


def settle_incident(incident: Incident, now: dt.datetime) -> None:
    """Bring the findings of a locked incident in step with what it says now."""


def settle_message(message: IncidentMessage) -> None:
    """Bring the findings of a locked message that could be applied to no incident in step with what it says."""
