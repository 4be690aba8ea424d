"""Many rows at once, column by column: the same readers as row by row, each asked once per value, not once per row.

A push of a thousand rows holds few different users, types, registers and denominations. Only rows that spell their
names as the documents do are read here; as soon as anything is unusual the whole batch is left to read_record, row by
row, which then finds the same or says in a sentence what is wrong. Pure: no ORM, no clock.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from transactions.catalogue import Kind, classify
from transactions.wire.records import KNOWN, Record, read_record
from transactions.wire.values import (
    EARLIEST,
    LATEST,
    MOST_DENOMINATIONS,
    Denomination,
    RowError,
    read_amount,
    read_denomination,
    read_denominations,
    read_group,
    read_money,
    read_retrieved,
    read_serial,
    read_text,
    read_wall_clock,
)

_ENOUGH = 20
_TEXT: set[type] = {str, type(None)}
_NUMBER: set[type] = {Decimal, int}
_COUNT: set[type] = {int}
_NAME: set[type] = {str}
_DAY_AND_TIME = r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d\.\d{6,7}"
_LONGEST_PLAIN = len("2026-03-14T11:54:27.5717919Z")
_PLAIN_TIMES = re.compile(rf"(?:{_DAY_AND_TIME}\|)*", re.ASCII)
_PLAIN_UTC_TIMES = re.compile(rf"(?:{_DAY_AND_TIME}Z\|)*", re.ASCII)


class _Unusual(Exception):
    """Something that only reading row by row can judge."""


def read_records(rows: list[Any]) -> list[Record | RowError]:
    """What each row is: a record, or the reason why it is none."""
    if len(rows) >= _ENOUGH:
        try:
            return list(_read_columns(rows))
        except (_Unusual, RowError, RecursionError):
            pass
    return [_read(row) for row in rows]


def _read(row: Any) -> Record | RowError:
    try:
        return read_record(row)
    except RowError as error:
        return error.with_traceback(None)  # which would keep everything that was read until the last row is done
    except RecursionError:
        return RowError("The row is nested too deep.")


def _read_columns(rows: list[Any]) -> list[Record]:
    if set(map(type, rows)) != {dict} or not set().union(*rows) <= KNOWN:
        raise _Unusual
    serials, wire_types = _texts(rows, "SerialNumber"), _texts(rows, "TransactionType")
    times = _column(rows, "TransactionDateTime", {str})
    if None in serials or None in wire_types:
        raise _Unusual
    types: dict[str | None, tuple[str, Kind]] = {
        wire_type: classify(wire_type) for wire_type in set(wire_types) if wire_type
    }
    kinds = [types[wire_type][1] for wire_type in wire_types]
    walls, offsets = _walls(times)
    return [
        Record(*values)
        for values in zip(
            map(read_serial, serials),
            walls,
            [types[wire_type][0] for wire_type in wire_types],
            wire_types,
            kinds,
            _amounts(rows, wire_types, kinds),
            offsets,
            _retrieved(rows),
            [read_group(row.get("PickupGroupId")) for row in rows],
            _texts(rows, "UserName"),
            _denominations(rows),
            _texts(rows, "Register"),
            _texts(rows, "ChangePurchaseNumber"),
            _texts(rows, "DepositReferenceNumber"),
            _texts(rows, "DoorName"),
            _texts(rows, "TubeColumn"),
            _texts(rows, "TubeCount"),
            strict=True,
        )
    ]


def _column(rows: list[dict[str, Any]], name: str, types: set[type]) -> list[Any]:
    column = [row.get(name) for row in rows]
    if not set(map(type, column)) <= types:
        raise _Unusual
    return column


def _each_once(column: list[Any], read: Callable[[Any], Any]) -> list[Any]:
    known = {value: read(value) for value in set(column)}
    return [known[value] for value in column]


def _texts(rows: list[dict[str, Any]], name: str) -> list[str | None]:
    return _each_once(_column(rows, name, _TEXT), lambda value: read_text(value, name))


def _are_plain(times: list[str], plain: re.Pattern[str]) -> bool:
    # The length, since a text that holds the separator would be two times.
    return max(map(len, times)) <= _LONGEST_PLAIN and plain.fullmatch("|".join([*times, ""])) is not None


def _walls(times: list[str]) -> tuple[list[dt.datetime], list[int | None]]:
    """Wall-clock times cut to microseconds, and the offsets that were sent."""
    if _are_plain(times, _PLAIN_TIMES):
        try:
            walls = [dt.datetime.fromisoformat(time[:26]) for time in times]
        except ValueError:
            raise _Unusual from None
        if not EARLIEST <= min(walls).year <= max(walls).year < LATEST:
            raise _Unusual
        return walls, [None] * len(walls)
    read = [read_wall_clock(read_text(time, "TransactionDateTime") or "") for time in times]
    return [wall for wall, _ in read], [offset for _, offset in read]


def _retrieved(rows: list[dict[str, Any]]) -> list[dt.datetime | None]:
    times = _column(rows, "RetrievedOn", _TEXT)
    if None not in times and _are_plain(times, _PLAIN_UTC_TIMES):
        try:
            moments = [dt.datetime.fromisoformat(f"{time[:26].rstrip('Z')}+00:00") for time in times]
        except ValueError:
            raise _Unusual from None
        if EARLIEST <= min(moments).year <= max(moments).year < LATEST:
            return list(moments)
    read = _each_once(times, lambda time: read_retrieved(time) if time else None)
    if any(time and moment is None for time, moment in zip(times, read, strict=True)):
        raise _Unusual  # one that cannot be read is kept with its row
    return read


def _amounts(rows: list[dict[str, Any]], wire_types: list[Any], kinds: list[Any]) -> list[Decimal]:
    column = _column(rows, "Amount", {*_TEXT, *_NUMBER})
    if set(map(type, column)) <= _NUMBER:
        return _each_once(column, read_money)
    return [read_amount(*given) for given in zip(column, wire_types, kinds, strict=True)]


def _denominations(rows: list[dict[str, Any]]) -> list[tuple[Denomination, ...]]:
    column = [row.get("Denominations") for row in rows]
    lists = [listed for listed in column if listed]
    if not set(map(type, lists)) <= {list} or max(map(len, lists), default=0) > MOST_DENOMINATIONS:
        return [read_denominations(listed) for listed in column]
    entries = [entry for listed in lists for entry in listed]
    if not set(map(type, entries)) <= {dict} or not set(map(len, entries)) <= {3}:
        return [read_denominations(listed) for listed in column]
    try:
        values = [(entry["UnitValue"], entry["Count"], entry["Currency"]) for entry in entries]
    except KeyError:
        return [read_denominations(listed) for listed in column]
    for types, part in zip((_NUMBER, _COUNT, _NAME), zip(*values, strict=True), strict=False):
        if not set(map(type, part)) <= types:
            return [read_denominations(listed) for listed in column]
    known = {value: read_denomination(*value) for value in set(values)}
    # Where each stands in the order of its kind: like ones stand together.
    order = {key: rank for rank, key in enumerate(sorted({one.order for one in known.values()}))}
    made = iter([(order[one.order], one) for one in map(known.__getitem__, values)])
    return [
        _in_order([next(made) for _ in listed], listed) if listed else read_denominations(listed) for listed in column
    ]


def _in_order(ranked: list[tuple[int, Denomination]], listed: Any) -> tuple[Denomination, ...]:
    last = -1
    for rank, _ in ranked:
        if rank <= last:
            return read_denominations(listed)
        last = rank
    return tuple([one for _, one in ranked])
