"""How Loomis spells what happened: the published shapes, and the oddities within them. Pure: no ORM, no clock."""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from transactions.simulation.estate import SimSafe
from transactions.simulation.happenings import Happening

_OTHER_NAMES = {"CashIn": "ValidatedCashIn", "ChangeRequest": "ChangePurchase", "Logon": "Login"}
_OPTIONAL = ("Register", "ChangePurchaseNumber", "DepositReferenceNumber", "DoorName")
_RAW = re.compile(r'"~(-?[0-9.]+)~"')

Row = dict[str, Any]


def spell(safe: SimSafe, what: Happening, collected: dt.datetime, mood: random.Random) -> Row:
    """A row for what happened. The same happening is spelt otherwise in another mood, and is still the same."""
    row: Row = {
        "PickupGroupId": what.group,
        "SerialNumber": what.serial.lower() if mood.random() < 0.01 else what.serial,
        "RetrievedOn": _retrieved(safe, collected, what, mood),
        "TransactionDateTime": _wall(safe, what, mood),
        "UserName": f" {what.user} " if what.user and mood.random() < 0.005 else what.user,
        "TransactionType": _type(what.type, mood),
    }
    if what.is_audit:
        if mood.random() < 0.7:
            row["Amount"] = 0
    else:
        row["Amount"] = _number(what.amount, mood)
        row["Denominations"] = _denominations(what, mood)
    row |= {
        "Register": what.register,
        "ChangePurchaseNumber": what.change_number,
        "DepositReferenceNumber": what.deposit_reference,
        "DoorName": what.door,
    }
    if mood.random() < 0.5:
        row = {name: value for name, value in row.items() if value is not None or name not in _OPTIONAL}
    if what.tube_column is not None:
        as_number = mood.random() < 0.5
        row["TubeCount"] = int(what.tube_count or 0) if as_number else what.tube_count
        row["TubeColumn"] = int(what.tube_column) if as_number else what.tube_column
    if mood.random() < 0.004:
        row["FirmwareVersion"] = "7.4.1"
        row["Sensors"] = {"Door": "ok", "Validator": [1, 1]}
    if mood.random() < 0.004:
        row = {name.lower(): value for name, value in row.items()}
    return row


def broken(safe: SimSafe, collected: dt.datetime, mood: random.Random) -> Row:
    """A row that nobody can read: it must end in quarantine, alone."""
    row: Row = {
        "SerialNumber": safe.serial,
        "TransactionDateTime": collected.replace(tzinfo=None).isoformat(timespec="seconds"),
        "UserName": mood.choice(safe.cashiers),
        "TransactionType": "CashIn",
        "Amount": 40.0,
    }
    wrong: list[Row] = [
        {"Amount": None},
        {"Amount": "forty"},
        {"TransactionDateTime": "yesterday"},
        {"SerialNumber": None},
        {"Denominations": [{"UnitValue": 20.0, "Count": 1.5, "Currency": "USD"}]},
    ]
    return row | mood.choice(wrong)


def listed(rows: list[Row], metadata: dict[str, str] | None) -> bytes:
    """Transactions, audit events among them, as a list."""
    body: Row = {"Metadata": metadata} if metadata else {}
    return _text(body | {"Transactions": rows})


def repeating(rows: list[Row]) -> bytes:
    """Audit events as the documents print them: one object that repeats the name CustomerTransaction, and no more."""
    inner = b",\n".join(b'"CustomerTransaction": ' + _text(row) for row in rows)
    return b"{\n" + inner + b"\n}"


def _text(value: Any) -> bytes:
    return _RAW.sub(r"\1", json.dumps(value, ensure_ascii=False)).encode()


def _type(name: str, mood: random.Random) -> str:
    if name in _OTHER_NAMES and mood.random() < 0.5:
        return _OTHER_NAMES[name]
    return name


def _number(amount: Decimal, mood: random.Random) -> Any:
    if mood.random() < 0.2:
        return f"~{amount:.4f}~"  # unquoted in the end: 20.0000
    return float(amount)


def _denominations(what: Happening, mood: random.Random) -> Any:
    if not what.cash:
        return mood.choice(([], None))
    cash = list(what.cash)
    if mood.random() < 0.05:
        mood.shuffle(cash)
        unit, count = cash[0]
        if count > 1:
            cash = [(unit, 1), (unit, count - 1), *cash[1:]]
    return [{"UnitValue": _number(unit, mood), "Count": count, "Currency": "USD"} for unit, count in cash]


def _wall(safe: SimSafe, what: Happening, mood: random.Random) -> str:
    text = what.wall.isoformat(timespec="seconds")
    if what.wall.microsecond:
        text += f".{what.wall.microsecond:06}"
        # The seventh digit is cut off by whoever keeps six: the same time.
        text += str(what.tick) if mood.random() < 0.8 else ""
    elif mood.random() < 0.05:
        text += ".0000000"
    if safe.sends_offset:
        text += _offset(what.moment, safe)
    return text


def _offset(moment: dt.datetime, safe: SimSafe) -> str:
    text = moment.astimezone(ZoneInfo(safe.site.zone)).isoformat(timespec="seconds")
    return text[-6:]


def _retrieved(safe: SimSafe, collected: dt.datetime, what: Happening, mood: random.Random) -> str:
    moment = collected + dt.timedelta(milliseconds=mood.randrange(90_000))
    if safe.early_retrieval and mood.random() < 0.5:
        moment = what.moment - dt.timedelta(hours=3, milliseconds=mood.randrange(90_000))
    if safe.sends_offset:
        return moment.astimezone(ZoneInfo(safe.site.zone)).isoformat(timespec="milliseconds")
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}0000Z"
