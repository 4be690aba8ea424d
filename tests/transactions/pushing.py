"""Endpoints, bodies and what became of them, for tests that push."""

from __future__ import annotations

import json
import uuid
from typing import Any

from transactions.deliveries import raw_body
from transactions.endpoints import add_endpoint
from transactions.models import Delivery


def endpoint(name: str = "loomis", **options: Any) -> str:
    """Make an endpoint, and say its key."""
    return add_endpoint(name, **options)[1]


def drop(second: int = 0, amount: str = "40.00", **more: Any) -> dict[str, Any]:
    """One drop of cash; another second, another drop."""
    hours, rest = divmod(second, 3600)
    minutes, seconds = divmod(rest, 60)
    return {
        "SerialNumber": "SR10042",
        "TransactionDateTime": f"2026-03-14T{8 + hours:02}:{minutes:02}:{seconds:02}",
        "TransactionType": "CashIn",
        "Amount": float(amount),
        "UserName": "ANNA BECK",
        "PickupGroupId": 51200311,
        "Register": "0",
        **more,
    }


def message(rows: list[Any] | None = None, message_id: str | None = None, **metadata: Any) -> dict[str, Any]:
    identity = {"MessageId": message_id or str(uuid.uuid4()), "CorrelationId": str(uuid.uuid4())}
    return {"Metadata": identity | metadata, "Transactions": [drop()] if rows is None else rows}


def body(rows: list[Any] | None = None, message_id: str | None = None, **metadata: Any) -> bytes:
    return json.dumps(message(rows, message_id, **metadata)).encode()


def stored(answer: dict[str, Any]) -> bytes:
    """The raw body that a delivery of that answer has on disk."""
    return raw_body(Delivery.objects.get(pk=answer["delivery"]))


def counts(answer: dict[str, Any]) -> tuple[str, int, int, int, int]:
    """Status, received, created, known, quarantined."""
    return (answer["status"], answer["received"], answer["created"], answer["known"], answer["quarantined"])
