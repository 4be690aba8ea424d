"""ATM incidents in JSON: loomis-incidents-atm-rest, section 3. Pure."""

from __future__ import annotations

from incidents.reading import Reading, read
from incidents.wire.json_fields import fields_of, written, zulu
from incidents.wire.outgoing import OutgoingDispatch


def write_dispatch(said: OutgoingDispatch) -> bytes:
    """Section 3.1, "Create an Incident": every value a text, amounts as AmountUSD20 in the order of denominations."""
    amounts = sorted(said.amounts.items(), key=lambda pair: int(pair[0]))
    return written(
        {
            "MessageType": "Dispatch",
            "CustomerNumber": said.customer_number,
            "IncidentReference": said.reference,
            "ATMNumber": said.device,
            "DeviceStatus": said.device_status,
            "FaultCode": said.fault_code,
            "FaultDateTime": zulu(said.fault_at),
            "Notes": said.notes,
            **{f"Amount{said.currency}{denomination}": amount for denomination, amount in amounts},
        }
    )


def read_message(body: bytes) -> Reading:
    """Sections 3.2 to 3.6. Raises NotReadable for a body that is no JSON object."""
    return read(fields_of(body), "atm")
