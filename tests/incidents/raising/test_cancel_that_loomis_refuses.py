"""A NAK to our cancel is about the cancel: of the incident it says nothing."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from incidents.intake import take_in
from incidents.models import Attempt, Incident, IncidentMessage
from incidents.raising import request_cancel
from tests.incidents.making import incident

pytestmark = pytest.mark.django_db(transaction=True)

Via = IncidentMessage.Via


def said(type_: str, of: Incident, **more: str) -> bytes:
    return json.dumps(
        {
            "MessageType": type_,
            "CustomerNumber": "C100",
            "IncidentReference": of.reference,
            "IncidentId": "INC1",
            "ResponseText": "So be it",
            **more,
        }
    ).encode()


def test_an_incident_whose_cancel_was_refused_goes_on_and_ends_without_a_contradiction():
    one = incident()
    take_in(one.account, said("ACK", one, Status="Open"), Via.UPDATE)
    request_cancel(one.pk, "It opened", "carla")
    cancel = one.dispatches.get(kind="cancel")
    attempt = Attempt.objects.create(dispatch=cancel, number=1, started_at=timezone.now())
    take_in(one.account, said("NAK", one, ResponseCode="InvalidFault"), Via.RESPONSE, attempt=attempt)
    one.refresh_from_db()
    assert (one.state, one.response_code) == ("acknowledged", "")
    take_in(one.account, said("Close", one, DateTime="2026-03-14T16:45:49Z"), Via.UPDATE)
    one.refresh_from_db()
    assert (one.state, one.contradiction) == ("closed", False)
