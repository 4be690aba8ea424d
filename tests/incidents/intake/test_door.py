"""The door for updates: who is let in, what is kept, and what is answered. CONTRACT.md, "HTTP" and "Incidents"."""

from __future__ import annotations

import pytest

from incidents.models import IncidentMessage
from tests.incidents.intake.speaking import body, send, with_key
from tests.incidents.making import incident

pytestmark = pytest.mark.django_db


def test_an_update_is_kept_to_the_byte_and_applied():
    safe = incident()
    sent = body(safe, "ACK")
    answer = send(safe.account, with_key(safe.account), sent)
    assert answer.status_code == 200
    message = IncidentMessage.objects.get(direction="in")
    assert answer.json()["message"] == message.pk
    assert (answer.json()["incident"], answer.json()["state"]) == (safe.reference, "acknowledged")
    assert bytes(message.body) == sent
    assert (message.type, message.via, message.status, message.incident) == ("ack", "update", 200, safe)
    assert message.duration_ms is not None
