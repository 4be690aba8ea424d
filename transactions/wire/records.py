"""From a row as some wire format read it to a record as everything else knows it.

DOMAIN.md section 1. The formats differ in how a row is spelt; what its properties mean is the same and stands here and
in texts.py, numbers.py, denominations.py and times.py. Pure: no ORM, no clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from transactions.catalogue import Kind, classify
from transactions.wire.denominations import Denomination, read_denominations
from transactions.wire.numbers import finite, read_amount, read_group
from transactions.wire.texts import read_serial, read_text
from transactions.wire.times import read_retrieved, read_wall_clock
from transactions.wire.values import Repeated, RowError, is_absent, pairs_of


class Record(msgspec.Struct):
    """One transaction or audit event as sent, trimmed, None for what is absent, empty or null.

    ``local_time`` is the safe's wall clock (naive); ``sent_offset`` its offset from UTC in minutes, where one was sent;
    ``retrieved_on`` an instant in UTC. ``extra`` holds the properties no table of the documents lists, as sent.
    """

    serial_number: str
    local_time: dt.datetime
    type: str
    wire_type: str
    kind: Kind
    amount: Decimal
    sent_offset: int | None = None
    retrieved_on: dt.datetime | None = None
    pickup_group_id: int | None = None
    user_name: str | None = None
    denominations: tuple[Denomination, ...] = ()
    register: str | None = None
    change_purchase_number: str | None = None
    deposit_reference_number: str | None = None
    door_name: str | None = None
    tube_column: str | None = None
    tube_count: str | None = None
    extra: dict[str, Any] = {}


def spelt(records: Sequence[Record]) -> dict[str, Sequence[Any]]:
    """Records turned into columns, by attribute: what is done for each column is done once, not once per record.

    Times, amounts and denominations (empty for none) are in the one spelling that the key and the table share.
    """
    if not records:
        return dict.fromkeys(Record.__struct_fields__, ())
    values = zip(*map(msgspec.structs.astuple, records), strict=True)
    columns: dict[str, Sequence[Any]] = dict(zip(Record.__struct_fields__, values, strict=True))
    return columns | {
        "local_time": [wall.isoformat() for wall in columns["local_time"]],
        "amount": list(map(str, columns["amount"])),
        "denominations": [",".join([one.text for one in listed]) for listed in columns["denominations"]],
    }


# Wire name in lower case -> attribute; the formats may spell them in any case.
_PROPERTIES = {
    "serialnumber": "SerialNumber",
    "transactiondatetime": "TransactionDateTime",
    "transactiontype": "TransactionType",
    "retrievedon": "RetrievedOn",
    "pickupgroupid": "PickupGroupId",
    "username": "UserName",
    "amount": "Amount",
    "denominations": "Denominations",
    "register": "Register",
    "changepurchasenumber": "ChangePurchaseNumber",
    "depositreferencenumber": "DepositReferenceNumber",
    "doorname": "DoorName",
    "tubecolumn": "TubeColumn",
    "tubecount": "TubeCount",
}
KNOWN = frozenset(_PROPERTIES.values())
_REQUIRED = ("TransactionType", "TransactionDateTime", "SerialNumber")
_MAX_DEPTH = 20
_MAX_EXTRA = 100_000


def read_record(row: object) -> Record:
    """The record that a row's properties spell, their names in any case.

    Raises RowError, with a sentence, for a row that is not an object, lacks what every record has, or holds a value
    that cannot be read or stored: nothing is guessed.
    """
    if not isinstance(row, dict):
        raise RowError("The row is not an object with properties.")
    extra: dict[str, Any] = {}
    # Nearly every row spells its names as the documents do, once each, and is read as it stands.
    given = row if row.keys() <= KNOWN and not isinstance(row, Repeated) else _properties(row, extra)
    get = given.get
    wire_type = read_text(get("TransactionType"), "TransactionType")
    time = read_text(get("TransactionDateTime"), "TransactionDateTime", remember=False)
    serial = read_text(get("SerialNumber"), "SerialNumber")
    if wire_type is None or time is None or serial is None:
        missing = [name for name in _REQUIRED if read_text(get(name), name) is None]
        raise RowError(f"“{missing[0]}” is missing.")
    canonical, kind = classify(wire_type)
    local_time, offset = read_wall_clock(time)
    record = Record(
        serial_number=read_serial(serial),
        local_time=local_time,
        type=canonical,
        wire_type=wire_type,
        kind=kind,
        amount=read_amount(get("Amount"), wire_type, kind),
        sent_offset=offset,
        pickup_group_id=read_group(get("PickupGroupId")),
        user_name=read_text(get("UserName"), "UserName"),
        denominations=read_denominations(get("Denominations")),
        register=read_text(get("Register"), "Register"),
        change_purchase_number=read_text(get("ChangePurchaseNumber"), "ChangePurchaseNumber"),
        deposit_reference_number=read_text(get("DepositReferenceNumber"), "DepositReferenceNumber"),
        door_name=read_text(get("DoorName"), "DoorName"),
        tube_column=read_text(get("TubeColumn"), "TubeColumn"),
        tube_count=read_text(get("TubeCount"), "TubeCount"),
        extra=extra,
    )
    retrieved = get("RetrievedOn")
    if not is_absent(retrieved):
        # Not part of what happened at the safe: one that cannot be read is kept as text, never a reason to reject.
        record.retrieved_on = read_retrieved(retrieved)
        if record.retrieved_on is None:
            extra["RetrievedOn"] = retrieved
    if extra:
        _storable(extra)
    return record


def is_known(name: str) -> bool:
    """Whether the tables of the documents list a property of this name, in any case."""
    return name in KNOWN or name.strip().lower() in _PROPERTIES


def _properties(row: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """The row with its names as in the documents; what no document lists goes to ``extra``."""
    given: dict[str, Any] = {}
    for name, value in pairs_of(row):
        known = name if name in KNOWN else _PROPERTIES.get(name.strip().lower())
        into, key = (extra, name) if known is None else (given, known)
        if key in into and into[key] != value:
            raise RowError(f"“{key[:60]}” is given twice with different values.")
        into[key] = value
    return given


def _storable(extra: dict[str, Any]) -> None:
    """Refuse what a jsonb column cannot hold, in properties nobody knows."""
    size = 0
    for depth, value in _walk(extra):
        if depth > _MAX_DEPTH:
            raise RowError(f"The row is nested more than {_MAX_DEPTH} deep.")
        size += 8
        if isinstance(value, str):
            size += len(value)
            if "\x00" in value:
                raise RowError("A text contains a null character.")
            try:
                value.encode()
            except UnicodeEncodeError:
                raise RowError("A text contains characters that are not Unicode.") from None
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            size += len(str(finite(value, "A property")))
        elif isinstance(value, float):
            raise RowError("A property is not a finite number.")
        if size > _MAX_EXTRA:
            raise RowError("The properties that no document lists are larger than 100,000 characters.")


def _walk(root: Any) -> Iterator[tuple[int, Any]]:
    # A stack of our own: what is nested ten thousand deep must end in a sentence, not in a RecursionError.
    stack: list[tuple[int, Any]] = [(0, root)]
    while stack:
        depth, value = stack.pop()
        yield depth, value
        if depth > _MAX_DEPTH:
            continue
        if isinstance(value, dict):
            for name, inner in value.items():
                stack.append((depth + 1, name))
                stack.append((depth + 1, inner))
        elif isinstance(value, list):
            stack.extend((depth + 1, inner) for inner in value)
