"""SafePoint incidents in JSON: loomis-incidents-safepoint-rest, section 3. Pure."""

from __future__ import annotations

from incidents.reading import Reading, read
from incidents.wire.json_fields import fields_of, written, zulu
from incidents.wire.outgoing import OutgoingCancel, OutgoingDispatch


def write_dispatch(said: OutgoingDispatch) -> bytes:
    """Section 3.1, "Create an Incident"."""
    return written(
        {
            "MessageType": "Dispatch",
            "CustomerNumber": said.customer_number,
            "IncidentReference": said.reference,
            "DeviceId": said.device,
            "ContactName": said.contact_name,
            "ContactNumber": said.contact_number,
            "ContactEmail": said.contact_email,
            "Subject": said.subject,
            "Description": said.description,
            "FaultCode": said.fault_code,
            "FaultDateTime": zulu(said.fault_at),
        }
    )


def write_cancel(said: OutgoingCancel) -> bytes:
    """Section 3.6, "Cancel": by the requesting customer, in the format in which Loomis says it."""
    return written(
        {
            "MessageType": "Cancel",
            "CustomerNumber": said.customer_number,
            "IncidentId": said.number,
            "IncidentReference": said.reference,
            "ResponseText": said.text,
            "DateTime": zulu(said.at),
        }
    )


def read_message(body: bytes) -> Reading:
    """Sections 3.2 to 3.6. Raises NotReadable for a body that is no JSON object."""
    return read(fields_of(body), "safepoint")
