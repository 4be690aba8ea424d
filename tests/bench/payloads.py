"""Pushes as Loomis sends them, seeded: realistic rows of a chain of safes."""

from __future__ import annotations

import datetime as dt
import json
import random
import uuid
from collections.abc import Iterator
from typing import Any

SAFES = 50
DENOMINATIONS = (1, 2, 5, 10, 20, 50, 100)
BEGINNING = dt.datetime.fromisoformat("2026-11-02T06:00")  # a wall clock


def serial(number: int) -> str:
    return f"BN{number:05d}"


class Loomis:
    """Makes pushes of transactions that never come twice; one safe's clock moves on from push to push."""

    def __init__(self, seed: int = 1) -> None:
        self._lots = random.Random(seed)
        self._now = BEGINNING

    def push(self, rows: int) -> bytes:
        """A body of so many transactions of all safes, some hours of a day."""
        self._now += dt.timedelta(hours=3)
        return self.body([self._transaction() for _ in range(rows)])

    def transactions(self, rows: int) -> Iterator[dict[str, Any]]:
        """So many of one day."""
        self._now += dt.timedelta(days=1)
        return (self._transaction() for _ in range(rows))

    def body(self, transactions: list[dict[str, Any]]) -> bytes:
        metadata = {"MessageId": str(uuid.UUID(int=self._lots.getrandbits(128)))}
        return json.dumps({"Metadata": metadata, "Transactions": transactions}, indent=4).encode()

    def again(self, body: bytes) -> bytes:
        """The same transactions in another message."""
        return self.body(json.loads(body)["Transactions"])

    def _transaction(self) -> dict[str, Any]:
        lots = self._lots
        wall = self._now + dt.timedelta(microseconds=lots.randrange(10**6 * 3600 * 3))
        notes = sorted(lots.sample(DENOMINATIONS, lots.randint(1, 5)))
        counts = [lots.randint(1, 40) for _ in notes]
        return {
            "PickupGroupId": 61_000_000 + lots.randrange(500),
            "SerialNumber": serial(lots.randrange(SAFES)),
            "RetrievedOn": f"{(wall + dt.timedelta(hours=7)).isoformat(timespec='microseconds')}0Z",
            "TransactionDateTime": f"{wall.isoformat(timespec='microseconds')}7",
            "UserName": f"CASHIER {lots.randrange(300)}",
            "TransactionType": "CashIn",
            "Amount": float(sum(note * count for note, count in zip(notes, counts, strict=True))),
            "Denominations": [
                {"UnitValue": float(note), "Count": count, "Currency": "USD"}
                for note, count in zip(notes, counts, strict=True)
            ],
            "Register": f"REGISTER_{lots.randrange(8)}",
            "ChangePurchaseNumber": None,
            "DepositReferenceNumber": f"{lots.randrange(10**6):06d}",
        }
