"""What the simulated Loomis says, as its documents and examples write it: ATM JSON, SafePoint JSON, ATM XML. Pure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from xml.sax.saxutils import escape

from lxml import etree

from incidents.wire.json_fields import zulu

Fields = dict[str, str]

_TITLES = {"ack": "ACK", "nak": "NAK", "accept": "Accept", "close": "Close", "cancel": "Cancel"}
_TEXTS = {
    "ack": "The request was received.",
    "accept": "A branch has taken it on.",
    "close": "Fix codes 12, 40: cleared, tested with the store.",
    "cancel": "The road is closed by snow; please report it again.",
}
_REFUSALS = {
    "Duplicate": "There is an incident for this device and fault within 24 hours",
    "InvalidFault": "This customer has no such fault code",
    "DeviceNotFound": "This customer has no such device",
    "MissingAmounts": "A cash add or swap needs amounts",
}
_IN_XML = {"CustomerNumber": "CustomerId", "IncidentNumber": "IncidentId"}


def is_safepoint(said: Mapping[str, str]) -> bool:
    """Which dialect a dispatch is in, by the name of its device; a cancel of ours is always one of a safe."""
    return "ATMNumber" not in said


def message(
    kind: str,
    said: Mapping[str, str],
    number: str,
    at: dt.datetime,
    *,
    code: str = "",
    text: str = "",
    promise: dt.datetime | None = None,
) -> Fields:
    """An answer to a dispatch, in the order of the documents' examples. ``at``, ``promise``: UTC."""
    safepoint = is_safepoint(said)
    fields = {"MessageType": _TITLES[kind], "CustomerNumber": said.get("CustomerNumber", "")}
    if not safepoint:
        fields["ServiceProvider"] = said.get("ServiceProvider") or "LOOMIS"
    if kind != "nak":
        fields["IncidentId" if safepoint else "IncidentNumber"] = number
    fields["IncidentReference"] = said.get("IncidentReference", "")
    if kind == "nak":
        fields["ResponseCode"] = code
    if kind == "ack" and safepoint:
        fields["Status"] = "Open"
    if kind == "accept" and promise is not None:
        fields["SLADateTime" if safepoint else "EtaDateTime"] = zulu(promise)
    fields["ResponseText"] = text or _TEXTS.get(kind) or _REFUSALS.get(code, code)
    if kind in ("close", "cancel"):
        fields["DateTime" if safepoint else "CloseDateTime"] = zulu(at)
    elif kind == "accept" and safepoint:
        fields["DateTime"] = zulu(at)
    return fields


def as_json(fields: Fields) -> bytes:
    return json.dumps(fields, indent=2).encode()


def as_xml(fields: Fields) -> bytes:
    """As the published examples write it, mistakes and all: Accept says Customer, Cancel does not close its root."""
    kind = fields["MessageType"]
    lines = []
    for field, value in fields.items():
        name = _IN_XML.get(field, field)
        if kind == "Accept" and name == "CustomerId":
            name = "Customer"
        if kind == "Cancel" and name == "CloseDateTime":
            name = "CancelDateTime"
        lines.append(f"  <{name}>{escape(value)}</{name}>")
    end = "<Incident>" if kind == "Cancel" else "</Incident>"
    return "\n".join(["<Incident>", *lines, end, ""]).encode()


def read_json(body: bytes) -> Fields | None:
    """The fields of a request, names as the documents write them; None for what is no flat JSON object of texts."""
    try:
        said = json.loads(body)
    except ValueError:
        return None
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        return None
    return said


def read_xml(body: bytes) -> Fields | None:
    """The fields of a file, by the JSON's names; None for what is no XML."""
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return None
    names = {"CustomerId": "CustomerNumber", "DeviceId": "ATMNumber"}
    said: Fields = {}
    for child in root:
        tag = str(child.tag)
        if tag == "Amounts":
            said |= {f"Amount{one.get('currency')}{one.get('denomination')}": one.text or "" for one in child}
        else:
            said[names.get(tag, tag)] = (child.text or "").strip()
    return said
