"""A push that is spelt as Loomis's documents spell it, read column by column: three times as quick as row by row.

A push of a thousand rows holds few different users, types, registers and denominations: each is read once, by the same
readers as row by row. As soon as anything at all is unusual the body is left to the patient reader in push_json.py,
which finds the same or says in a sentence what is wrong. Pure: no ORM, no clock.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, DecodeError, Raw, UnsetType

from transactions.catalogue import Kind, classify
from transactions.wire.denominations import MOST_DENOMINATIONS, Denomination, in_order, read_denomination
from transactions.wire.numbers import read_amount, read_group, read_money
from transactions.wire.records import Record
from transactions.wire.texts import is_clean, read_serial, read_text
from transactions.wire.times import EARLIEST, LATEST, read_retrieved, read_wall_clock

_Text = str | None | UnsetType
_Value = TypeVar("_Value")


class _Row(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A row with the names of the documents' tables; numbers that must stay exact are left as they are spelt."""

    SerialNumber: str
    TransactionDateTime: str
    TransactionType: str
    Amount: Raw | UnsetType = UNSET
    Denominations: list[Raw] | UnsetType | None = UNSET
    PickupGroupId: int | UnsetType | None = UNSET
    RetrievedOn: _Text = UNSET
    UserName: _Text = UNSET
    Register: _Text = UNSET
    ChangePurchaseNumber: _Text = UNSET
    DepositReferenceNumber: _Text = UNSET
    DoorName: _Text = UNSET
    TubeColumn: _Text = UNSET
    TubeCount: _Text = UNSET


_TEXTS = [
    "UserName",
    "Register",
    "ChangePurchaseNumber",
    "DepositReferenceNumber",
    "DoorName",
    "TubeColumn",
    "TubeCount",
]
_DENOMINATION = {"UnitValue", "Count", "Currency"}
_LONGEST_DENOMINATION = 200
_DAY_AND_TIME = r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d\.\d{6,7}"
_LONGEST_TIME = len("2026-03-14T11:54:27.5717919Z")
_PLAIN_TIMES = re.compile(rf"(?:{_DAY_AND_TIME}\|)*", re.ASCII)
_ESCAPED_COLON = re.compile(rb"\\u003a", re.IGNORECASE)
_PLAIN_UTC_TIMES = re.compile(rf"(?:{_DAY_AND_TIME}Z\|)*", re.ASCII)


@dataclass(slots=True)
class PlainPush:
    """What such a body says: its metadata as sent, and its records, at least one."""

    metadata: dict[str, Any]
    records: list[Record]


class _Unusual(ValueError):
    """Something that only the patient reader can judge."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise _Unusual
    return read


_root_decoder = msgspec.json.Decoder(dict[str, Raw])
_rows_decoder = msgspec.json.Decoder(list[_Row])
_careful_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=Decimal)


def read_plain(body: bytes, most_rows: int) -> PlainPush | None:
    """The push if all of it is plain, else None."""
    try:
        return _read(body, most_rows)
    except (DecodeError, ValueError, ArithmeticError, RecursionError):
        return None


def _read(body: bytes, most_rows: int) -> PlainPush:
    root = _root_decoder.decode(body)
    listed: Raw | None = None
    metadata: Any = None
    colons = 0
    for name, value in root.items():
        lower = name.strip().lower()
        colons += 1 + name.count(":")
        if lower == "transactions" and listed is None:
            listed = value
        elif lower in ("transactions", "customertransaction") or (lower == "metadata" and metadata is not None):
            raise _Unusual
        else:
            text = bytes(value)
            colons += text.count(b":")
            decoded = _careful_decoder.decode(text.decode())
            metadata = decoded if lower == "metadata" else metadata
    rows = [] if listed is None else _rows_decoder.decode(listed)
    if not 0 < len(rows) <= most_rows:
        raise _Unusual
    column = _Columns(rows)
    records = column.records()
    # The quick reader keeps the last of several values of one name. Whether there were any shows by the colons: in what
    # it kept there is one for each name, and those in texts, of which none may be spelt otherwise.
    if body.count(b":") != colons + column.colons() or (b"\\" in body and _ESCAPED_COLON.search(body)):
        raise _Unusual
    return PlainPush(metadata if isinstance(metadata, dict) else {}, records)


class _Columns:
    """The rows turned: each property of all rows, and the readers of one kind of column."""

    def __init__(self, rows: list[_Row]) -> None:
        self.length = len(rows)
        columns = zip(*map(msgspec.structs.astuple, rows), strict=True)
        self.names = 0  # that were sent
        self.values: dict[str, Sequence[Any]] = {}  # of each property, None where there is none
        for name, column in zip(_Row.__struct_fields__, columns, strict=True):
            absent = column.count(UNSET)
            self.names += self.length - absent
            self.values[name] = column if not absent else [None if one is UNSET else one for one in column]

    def colons(self) -> int:
        """In the spelling of these rows: after each name, and within texts; numbers hold none."""
        within = 0
        for name in ("SerialNumber", "TransactionDateTime", "TransactionType", "RetrievedOn", *_TEXTS):
            within += "".join(filter(None, self.values[name])).count(":")
        entries = sum(map(len, filter(None, self.values["Denominations"])))
        return self.names + within + len(_DENOMINATION) * entries

    def records(self) -> list[Record]:
        serials, wire_types = self.texts("SerialNumber"), self.texts("TransactionType")
        if None in serials or None in wire_types:
            raise _Unusual
        types: dict[str | None, tuple[str, Kind]] = {name: classify(name) for name in set(wire_types) if name}
        kinds = [types[name][1] for name in wire_types]
        walls, offsets = _walls(self.values["TransactionDateTime"])
        return list(
            map(
                Record,
                _each_once(serials, read_serial),
                walls,
                [types[name][0] for name in wire_types],
                wire_types,
                kinds,
                _amounts(self.values["Amount"], wire_types, kinds),
                offsets,
                _retrieved(self.values["RetrievedOn"]),
                _each_once(self.values["PickupGroupId"], read_group),
                self.texts("UserName"),
                _denominations(self.values["Denominations"]),
                *map(self.texts, _TEXTS[1:]),
            )
        )

    def texts(self, name: str) -> Sequence[str | None]:
        column = self.values[name]
        distinct = set(column)
        if is_clean(distinct - {None}, name):
            return column
        known = {value: read_text(value, name) for value in distinct}
        return list(map(known.__getitem__, column))


def _each_once(column: Sequence[Any], read: Callable[[Any], _Value]) -> list[_Value]:
    known = {value: read(value) for value in set(column)}
    return list(map(known.__getitem__, column))


def _are_plain(times: Sequence[str], plain: re.Pattern[str]) -> bool:
    # The length, since a text that holds the separator would be two times.
    return max(map(len, times)) <= _LONGEST_TIME and plain.fullmatch("|".join([*times, ""])) is not None


def _in_range(times: Sequence[dt.datetime]) -> bool:
    return EARLIEST <= min(times).year <= max(times).year < LATEST


def _walls(times: Sequence[str]) -> tuple[list[dt.datetime], list[int | None]]:
    """Wall-clock times cut to microseconds, and the offsets that were sent."""
    if _are_plain(times, _PLAIN_TIMES):
        walls = [dt.datetime.fromisoformat(time[:26]) for time in times]
        if not _in_range(walls):
            raise _Unusual
        return walls, [None] * len(walls)
    read = [read_wall_clock(read_text(time, "TransactionDateTime") or "") for time in times]
    return [wall for wall, _ in read], [offset for _, offset in read]


def _retrieved(times: Sequence[str | None]) -> Sequence[dt.datetime | None]:
    sent = [time for time in times if time is not None]
    if len(sent) == len(times) and _are_plain(sent, _PLAIN_UTC_TIMES):
        moments = [dt.datetime.fromisoformat(f"{time[:26].rstrip('Z')}+00:00") for time in sent]
        if _in_range(moments):
            return moments
    read = _each_once(times, lambda time: read_retrieved(time) if time else None)
    if any(time and moment is None for time, moment in zip(times, read, strict=True)):
        raise _Unusual  # one that cannot be read is kept with its row
    return read


def _amounts(column: Sequence[Raw | None], wire_types: Sequence[Any], kinds: Sequence[Kind]) -> list[Decimal]:
    spelt = [b"null" if amount is None else bytes(amount) for amount in column]
    if b"null" not in spelt:
        return _each_once(spelt, _amount)
    return [
        read_amount(None, wire_type, kind) if text == b"null" else _amount(text)
        for text, wire_type, kind in zip(spelt, wire_types, kinds, strict=True)
    ]


@lru_cache(maxsize=16384)
def _amount(spelt: bytes) -> Decimal:
    # A text in quotes, true or false is no number, and then the patient reader's.
    return read_money(spelt.decode())


def _denominations(column: Sequence[Sequence[Raw] | None]) -> list[tuple[Denomination, ...]]:
    if max(map(len, filter(None, column)), default=0) > MOST_DENOMINATIONS:
        raise _Unusual
    return [in_order([_denomination(bytes(entry)) for entry in listed]) if listed else () for listed in column]


@lru_cache(maxsize=16384)
def _denomination(spelt: bytes) -> Denomination:
    """One by its spelling: few notes and counts, spelt alike, come again and again."""
    if len(spelt) > _LONGEST_DENOMINATION:
        raise _Unusual
    entry = _careful_decoder.decode(spelt.decode())
    if not isinstance(entry, dict) or entry.keys() != _DENOMINATION:
        raise _Unusual
    return read_denomination(entry["UnitValue"], entry["Count"], entry["Currency"])
