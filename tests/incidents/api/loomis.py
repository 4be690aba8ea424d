"""What Loomis does meanwhile: it takes a dispatch, and says something of it."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from incidents.intake import take_in
from incidents.models import Incident, IncidentMessage
from incidents.outbox.claiming import claim
from incidents.outbox.outcomes import conclude
from incidents.simulation.speaking import as_json, message
from incidents.transports.judging import Outcome, Result


def send_all() -> None:
    """Everything that is due goes out, and is answered with a bare 200."""
    while claimed := claim():
        conclude(claimed.attempt_id, Result(Outcome.DELIVERED, status=200, read=0), dt.timedelta(seconds=1))


def say(reference: str, kind: str, number: str = "INC7", text: str = "") -> None:
    incident = Incident.objects.select_related("account").get(reference=reference)
    device = {"atm": "ATMNumber", "safepoint": "DeviceId"}[incident.dialect]
    dispatch = {"IncidentReference": reference, "CustomerNumber": "C100", device: incident.device}
    fields = message(kind, dispatch, number, timezone.now(), text=text)
    take_in(incident.account, as_json(fields), IncidentMessage.Via.UPDATE)
