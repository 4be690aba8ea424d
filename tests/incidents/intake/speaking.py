"""What Loomis says, in the words of its two documents, and the door that it says it at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.test import Client

from incidents import arranging
from incidents.models import Incident, LoomisAccount

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

PATH = "/api/loomis/incidents"
EXTRAS: dict[str, dict[str, dict[str, str]]] = {
    "safepoint": {
        "NAK": {"ResponseCode": "DeviceNotFound", "ResponseText": "No such device"},
        "ACK": {"IncidentId": "INC500100", "Status": "Open"},
        "Accept": {"IncidentId": "INC500100", "SLADateTime": "2026-03-16T18:00:00Z"},
        "Close": {"IncidentId": "INC500100", "ResponseText": "Hinge replaced", "DateTime": "2026-03-16T12:30:00Z"},
        "Cancel": {"IncidentId": "INC500100", "ResponseText": "Snow", "DateTime": "2026-03-16T11:00:00Z"},
    },
    "atm": {
        "NAK": {"ResponseCode": "InvalidFault", "ResponseText": "No such fault"},
        "ACK": {"IncidentNumber": "INC700300", "ResponseText": "Taken"},
        "Accept": {"IncidentNumber": "INC700300", "EtaDateTime": "2026-03-16T18:00:00Z"},
        "Close": {"IncidentNumber": "INC700300", "ResponseText": "Fixed", "CloseDateTime": "2026-03-16T12:30:00Z"},
        "Cancel": {"IncidentNumber": "INC700300", "ResponseText": "Snow", "CloseDateTime": "2026-03-16T11:00:00Z"},
    },
}


def update(incident: Incident | str, type_: str, dialect: str = "safepoint", **changes: Any) -> dict[str, Any]:
    """A message as the document of its dialect has it; None takes a field away."""
    reference = incident if isinstance(incident, str) else incident.reference
    always = {"MessageType": type_, "CustomerNumber": "C100", "IncidentReference": reference}
    provider = {"ServiceProvider": "LOOMIS"} if dialect == "atm" else {}
    said = {**always, **provider, **EXTRAS[dialect].get(type_, {}), **changes}
    return {name: value for name, value in said.items() if value is not None}


def body(*said: Any, **more: Any) -> bytes:
    return json.dumps(update(*said, **more)).encode()


def with_key(account: LoomisAccount) -> str:
    """A key of its own; the ones before it work on."""
    return arranging.rotate(account.name)[0]


def send(account: LoomisAccount | str, key: str, sent: bytes, **headers: str) -> _MonkeyPatchedWSGIResponse:
    path = f"{PATH}/{account}"
    return Client().post(path, sent, content_type="text/plain", headers={"Authorization": key, **headers})
