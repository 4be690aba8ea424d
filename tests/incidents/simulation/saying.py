"""Dispatches as Strongroom writes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from incidents.wire import atm_json, atm_xml, safepoint_json
from incidents.wire.outgoing import OutgoingCancel, OutgoingDispatch

AT = dt.datetime(2026, 11, 21, 6, 30, tzinfo=dt.UTC)


def wanted(reference: str = "100001", **changes: str) -> OutgoingDispatch:
    said: dict[str, Any] = {
        "device": "CU560572",
        "fault_code": "CardReader",
        "subject": "Door stuck",
        "description": "It does not open.",
        "contact_name": "Ann Lee",
        "contact_number": "555-0100",
    } | changes
    return OutgoingDispatch(
        customer_number="1234567", service_provider="SP1", reference=reference, fault_at=AT, **said
    )  # fmt: skip


def atm(reference: str = "100001", **changes: str) -> bytes:
    return atm_json.write_dispatch(wanted(reference, **changes))


def atm_file(reference: str = "100001", **changes: str) -> bytes:
    return atm_xml.write_dispatch(wanted(reference, **changes))


def safepoint(reference: str = "100001", **changes: str) -> bytes:
    return safepoint_json.write_dispatch(wanted(reference, **changes))


def cancel(reference: str = "100001", number: str = "INC1") -> bytes:
    return safepoint_json.write_cancel(OutgoingCancel("A123456", reference, number, "Solved by itself", AT))
