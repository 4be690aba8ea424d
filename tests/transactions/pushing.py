"""Endpoints, bodies and what became of them, for tests that push."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import Any

from django.test import Client

from safes.models import Finding, MachineKey
from transactions import receiving
from transactions.bodies import raw_body
from transactions.drawing import draw_touched
from transactions.endpoints import add_endpoint
from transactions.models import Delivery, PushEndpoint, Transaction


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


def say(key: str, rows: list[Any], message_id: str | None = None, name: str = "loomis") -> Delivery:
    """Push rows without a server between, and see what became of them."""
    return say_body(key, body(rows, message_id), name)


def say_body(key: str, sent: bytes, name: str = "loomis") -> Delivery:
    return Delivery.objects.get(pk=told(key, sent, name)["delivery"])


def told(key: str, sent: bytes, name: str = "loomis") -> dict[str, Any]:
    """What Loomis is answered."""
    path = f"/api/loomis/transactions/{name}"
    answer = Client().post(path, sent, content_type="text/plain", headers={"Authorization": key})
    assert answer.status_code == 200
    said: dict[str, Any] = answer.json()
    return said


def store(sent: bytes, name: str = "loomis") -> int:
    """Put a body on disk, as a server does that dies right after; the delivery's id."""
    source = PushEndpoint.objects.get(name=name)
    key = MachineKey.objects.filter(holder=source.pk).latest("pk")
    return receiving.store(source, key, receiving.Arrival(sent, receiving.digest_of(sent), {})).delivery_id


def draw_all() -> None:
    while draw_touched():
        pass


def open_findings() -> dict[tuple[str, str], Decimal | None]:
    """Cash at stake by kind and subject."""
    draw_all()
    found = Finding.objects.filter(state=Finding.State.OPEN)
    return {(kind, subject): cash for kind, subject, cash in found.values_list("kind", "subject", "cash_at_stake")}


def counted() -> list[str]:
    """The wall-clock times of all transactions that count, without the date, in order."""
    times = (
        Transaction.objects.filter(counted=True)
        .order_by("local_time", "occurrence")
        .values_list("local_time", flat=True)
    )
    return [f"{time:%H:%M:%S}" for time in times]


def stored(answer: dict[str, Any]) -> bytes:
    """The raw body that a delivery of that answer has on disk."""
    return raw_body(Delivery.objects.get(pk=answer["delivery"]))


def counts(answer: dict[str, Any]) -> tuple[str, int | None, int | None, int | None, int | None]:
    """Status, received, created, known, quarantined."""
    return (answer["status"], answer["received"], answer["created"], answer["known"], answer["quarantined"])
