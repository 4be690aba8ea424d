"""Messages as the two documents and Loomis's XML examples have them, oddities and all; in words of our own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from incidents.wire.outgoing import OutgoingDispatch

FOLDER = Path(__file__).parents[2] / "samples" / "incidents"
FORMATS = {"atm_json": "json", "safepoint_json": "json", "atm_xml": "xml"}
DIALECTS = {"atm_json": "atm", "safepoint_json": "safepoint", "atm_xml": "atm"}


def sample(format_: str, type_: str) -> bytes:
    return (FOLDER / format_ / f"{type_}.{FORMATS[format_]}").read_bytes()


# What is written comes out as the samples say it; amounts as AmountUSD10 are in the JSON alone.
FAULT_AT = dt.datetime(2026, 3, 14, 6, 12, 9, tzinfo=dt.UTC)
OF_ATM = OutgoingDispatch(
    customer_number="5550101",
    service_provider="LOOMIS",
    reference="261122000417",
    device="NB004711",
    device_status="Active",
    fault_code="CashAdd",
    fault_at=FAULT_AT,
    notes="Key with the store manager",
    amounts={"100": "2000", "50": "1500", "20": "8000", "10": "600", "5": "250", "1": "40"},
)
OF_SAFE = OutgoingDispatch(
    customer_number="N204060",
    service_provider="LOOMIS",
    reference="261122000912",
    device="SR10042",
    fault_code="BV20",
    fault_at=FAULT_AT,
    subject="Validator jammed",
    description="The left validator takes no notes since this morning",
    contact_name="Anna Berg",
    contact_number="312-555-0142",
    contact_email="anna.berg@store.example",
)
