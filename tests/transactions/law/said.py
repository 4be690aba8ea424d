"""What happened at the safes, and the ways in which Loomis may spell it. Nothing here asks the code under test."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.transactions.feeds.filing import xml

Denominations = tuple[tuple[Decimal, int, str | None], ...]

# canonical type -> how it may be spelt, and what it is: cash, marker, audit or unknown
TYPES: dict[str, tuple[tuple[str, ...], str]] = {
    "CashIn": (("CashIn", "ValidatedCashIn"), "cash"),
    "ManualCashTransaction": (("ManualCashTransaction",), "cash"),
    "Servicing": (("Servicing",), "cash"),
    "ChangeRequest": (("ChangeRequest", "ChangePurchase"), "cash"),
    "CashDispenseTillCheckout": (("CashDispenseTillCheckout",), "cash"),
    "EndOfDay": (("EndOfDay",), "marker"),
    "Logon": (("Logon", "Login"), "audit"),
    "DoorOpened": (("DoorOpened",), "audit"),
    "FooBar": (("FooBar",), "unknown"),
}


@dataclass(frozen=True)
class Fact:
    """One thing that happened at a safe: equal facts are one key, and the same fact twice is a genuine twin."""

    serial: str
    wall: dt.datetime
    type: str
    amount: Decimal = Decimal(0)
    group: int | None = None
    user: str | None = None
    register: str | None = None
    denominations: Denominations = ()

    def __repr__(self) -> str:
        told = [self.type, self.serial, self.wall.isoformat(), str(self.amount)]
        told += [f"{name}={getattr(self, name)}" for name in ("group", "user", "register") if getattr(self, name)]
        told += [f"{count}×{unit}{currency or ''}" for unit, count, currency in self.denominations]
        return f"<{' '.join(told)}>"

    @property
    def nature(self) -> str:
        return TYPES[self.type][1]

    @property
    def unexplained(self) -> Decimal:
        """By how much the denominations, where there are any, miss the amount."""
        if not self.denominations:
            return Decimal(0)
        return abs(self.amount - sum((unit * count for unit, count, _ in self.denominations), Decimal(0)))


@dataclass(frozen=True)
class Reading:
    """A fact as one row tells it: ``spelling`` picks among the ways to write it, ``offset`` is in minutes from UTC."""

    fact: Fact
    spelling: int = 0
    offset: int | None = None

    def __repr__(self) -> str:
        offset = "" if self.offset is None else f"@{self.offset}"
        return f"{self.fact}{offset}/{self.spelling}"

    def row(self) -> dict[str, Any]:
        fact, pick = self.fact, self.spelling
        names = TYPES[fact.type][0]
        row: dict[str, Any] = {
            "SerialNumber": (fact.serial, fact.serial.lower(), f" {fact.serial}")[pick % 3],
            "TransactionDateTime": _time(fact.wall, self.offset, pick),
            "TransactionType": names[pick % len(names)],
            "RetrievedOn": f"2026-12-0{1 + pick % 9}T08:26:37.437-06:00",
            "Amount": _number(fact.amount, pick),
        }
        if fact.amount == 0 and fact.nature in ("marker", "audit") and pick % 2:
            del row["Amount"]
        if fact.group is not None:
            row["PickupGroupId"] = (fact.group, str(fact.group))[pick % 2]
        elif pick % 3:
            row["PickupGroupId"] = (0, None, "")[pick % 3]
        if fact.user is not None:
            row["UserName"] = (fact.user, f"  {fact.user} ")[pick % 2]
        elif pick % 2:
            row["UserName"] = ("", None)[pick % 4 // 2]
        if fact.register is not None:
            row["Register"] = fact.register
        if fact.denominations:
            row["Denominations"] = _denominations(fact.denominations, pick)
        if pick % 5 == 4:
            row["SomethingNobodyKnows"] = {"n": pick}
            row = {name.upper(): value for name, value in row.items()}
        return row


def _time(wall: dt.datetime, offset: int | None, pick: int) -> str:
    text = wall.isoformat(timespec="microseconds")
    if not wall.microsecond and pick % 2:
        text = wall.isoformat(timespec="seconds")
    elif pick % 3 == 1:
        text += "9"  # a seventh digit: cut, not rounded
    if offset is None:
        return text
    if offset == 0:
        return text + "Z"
    sign, minutes = ("-", -offset) if offset < 0 else ("+", offset)
    return f"{text}{sign}{minutes // 60:02}:{minutes % 60:02}"


def _number(amount: Decimal, pick: int) -> Any:
    if pick % 4 == 3:
        return f" {amount:.4f}"
    return (float(amount), f"{amount:.2f}", float(amount))[pick % 3]


def _denominations(denominations: Denominations, pick: int) -> list[dict[str, Any]]:
    told = []
    for unit, count, currency in denominations:
        parts = [count] if count < 2 or pick % 2 == 0 else [1, count - 1]
        for part in parts:
            entry: dict[str, Any] = {"UnitValue": float(unit), "Count": part}
            if currency:
                entry["Currency"] = currency
            told.append(entry)
    return told[::-1] if pick % 3 == 2 else told


# A cash row without its amount: it can be no record, and must cost its neighbours nothing.
_NO_RECORD = {"SerialNumber": "SR1", "TransactionDateTime": "2026-03-08T12:00:00", "TransactionType": "CashIn"}


@dataclass(frozen=True)
class Push:
    """One body as it travels. Pushes at one endpoint are bodies of one message when their message id or bytes agree."""

    endpoint: str
    message_id: str | None
    readings: tuple[Reading, ...]
    unreadable: int = 0
    salt: int = 0

    def __repr__(self) -> str:
        rows = [repr(reading) for reading in self.readings[:6]]
        rows += [f"and {len(self.readings) - 6} more"] * (len(self.readings) > 6) + ["unreadable"] * self.unreadable
        return f"{self.name}({self.endpoint}, {self.message_id}, salt {self.salt}: {', '.join(rows)})"

    @property
    def name(self) -> str:
        return f"push-{zlib.crc32(self.body):08x}"

    @property
    def body(self) -> bytes:
        rows: list[Any] = [*(reading.row() for reading in self.readings), *[_NO_RECORD] * self.unreadable]
        metadata: dict[str, Any] = {"CorrelationId": f"c-{self.salt}"}
        if self.message_id is not None:
            metadata["MessageId"] = self.message_id.upper() if self.salt % 2 else self.message_id
        return json.dumps({"Metadata": metadata, "Transactions": rows}).encode()

    @property
    def source(self) -> str:
        return self.endpoint


@dataclass(frozen=True)
class File:
    """One file as it lies there. It is a message of its feed under its name; the same bytes elsewhere are the same."""

    feed: str
    file_name: str
    readings: tuple[Reading, ...]
    unreadable: int = 0
    salt: int = 0

    def __repr__(self) -> str:
        rows = [repr(reading) for reading in self.readings[:6]]
        rows += [f"and {len(self.readings) - 6} more"] * (len(self.readings) > 6) + ["unreadable"] * self.unreadable
        return f"{self.name}({self.feed}, salt {self.salt}: {', '.join(rows)})"

    @property
    def name(self) -> str:
        return f"{self.file_name}-{zlib.crc32(self.body):08x}"

    @property
    def body(self) -> bytes:
        return xml([*(reading.row() for reading in self.readings), *[_NO_RECORD] * self.unreadable]) + b" " * self.salt

    @property
    def source(self) -> str:
        return self.feed


Telling = Push | File
