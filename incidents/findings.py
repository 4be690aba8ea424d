"""The findings of an incident: what is wrong with it at this moment, and who is told of it by e-mail."""

from __future__ import annotations

import datetime as dt

from incidents.models import Incident


def settle_incident(incident: Incident, now: dt.datetime) -> None:
    """Bring the findings of a locked incident in step with what it says now."""
