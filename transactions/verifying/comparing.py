"""The books, as they were at one moment, beside what was rebuilt from the inputs of that moment, row by row."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from safes.models import Placement, Safe, Site
from transactions.models import ChangeOrder, MovedSafe, SafeDay, TouchedDay, TouchedSiteDay
from transactions.verifying.scratch import Scratch
from transactions.verifying.tables import COMPARED, NOT_FROM_BOOKS, OF_OTHERS, Compared

LISTED = 1000


@dataclass(frozen=True, slots=True)
class Scope:
    """What is compared: one safe, with the sites it stood at, or all; business dates, both ends included."""

    safe_id: int | None = None
    serial_number: str = ""
    first: dt.date | None = None
    last: dt.date | None = None


@dataclass(slots=True)
class Found:
    """``checked`` rows were compared; ``safes`` and ``sites`` are those that differ in anything."""

    differences: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    checked: dict[str, int] = field(default_factory=dict)
    safes: set[int] = field(default_factory=set)
    sites: set[int] = field(default_factory=set)


def copy_books(scratch: Scratch, scope: Scope) -> None:
    """Take over the books themselves, as far as they are compared; within the snapshot in which the inputs are."""
    asked = _asked(scope)
    with connection.cursor() as cursor:
        for one in COMPARED:
            cursor.execute(f"DROP TABLE IF EXISTS {_kept(scratch, one)}")
            rows = _side(one, scratch.books, f"{one.kept_where or one.where} AND {_within(one, scope)}")
            cursor.execute(f"CREATE UNLOGGED TABLE {_kept(scratch, one)} AS {rows}", asked)
            cursor.execute(f"ANALYZE {_kept(scratch, one)}")


def _kept(scratch: Scratch, one: Compared) -> str:
    return f"{scratch.schema}.kept_{one.table}"


def compare(scratch: Scratch, scope: Scope) -> Found:
    """All tables; the first LISTED differences are told, all are counted."""
    found = Found()
    asked = _asked(scope)
    for one in COMPARED:
        _compare(scratch, one, scope, asked, found)
    _name(scratch, found)
    return found


def _asked(scope: Scope) -> dict[str, Any]:
    sites = Placement.objects.filter(safe=scope.safe_id).values_list("site_id", flat=True) if scope.safe_id else ()
    return {
        "safe": scope.safe_id,
        "serial": scope.serial_number,
        "sites": list(sites),
        "first": scope.first,
        "last": scope.last,
        "not_from_books": sorted(NOT_FROM_BOOKS),
        "of_others": list(OF_OTHERS),
    }


def _compare(scratch: Scratch, one: Compared, scope: Scope, asked: dict[str, Any], found: Found) -> None:
    values = [*one.values, *one.yes_no, *(["copies"] if one.grouped else [])]
    books = f"SELECT * FROM {_kept(scratch, one)}"
    rebuilt = _side(one, scratch.schema, f"{one.where} AND {_within(one, scope)}")
    keys = " AND ".join(_same(name, nullable=name in one.nullable) for name in one.key)
    both = [f"({', '.join(f'{side}.{name}' for name in values)})" for side in ("b", "r")] if values else ["1", "1"]
    joined = f"""
        FROM ({books}) b FULL JOIN ({rebuilt}) r ON {keys}
        WHERE b.is_there IS NULL OR r.is_there IS NULL OR ROW{both[0]} IS DISTINCT FROM ROW{both[1]}
    """
    columns = [*one.key, *values, *one.told]
    told = ", ".join(f"{side}.{name}" for side in ("b", "r") for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({rebuilt}) rebuilt", asked)
        found.checked[one.name] = cursor.fetchone()[0]
        limit = LISTED - len(found.differences)
        cursor.execute(
            f"SELECT count(*) OVER (), b.is_there, r.is_there, {told} {joined} "
            f"ORDER BY {', '.join(f'coalesce(b.{name}, r.{name})' for name in one.key)} LIMIT {max(limit, 1)}",
            asked,
        )
        rows = cursor.fetchall()
        if not rows:
            return
        found.count += rows[0][0]
        for _, in_books, in_rebuilt, *row in rows[:limit]:
            half = len(columns)
            sides = [dict(zip(columns, part, strict=True)) for part in (row[:half], row[half:])]
            found.differences.append(_told(one, sides[0] if in_books else None, sides[1] if in_rebuilt else None))
        for name, ids in (("safe_id", found.safes), ("site_id", found.sites)):
            if name in columns:
                cursor.execute(f"SELECT DISTINCT unnest(ARRAY[b.{name}, r.{name}]) {joined}", asked)
                ids.update(pk for (pk,) in cursor.fetchall() if pk is not None)


def _side(one: Compared, schema: str, where: str) -> str:
    if one.grouped:
        keys = ", ".join(one.key)
        rows = f"{schema}.{one.table} WHERE {where}"
        return f"SELECT true AS is_there, {keys}, count(*) AS copies FROM {rows} GROUP BY {keys}"
    columns = [*one.key, *one.values, *(f"{name} IS NOT NULL AS {name}" for name in one.yes_no), *one.told]
    return f"SELECT true AS is_there, {', '.join(columns)} FROM {schema}.{one.table} WHERE {where}"


def _same(name: str, *, nullable: bool) -> str:
    """Equal, nulls too, in words by which two tables can be joined."""
    return f"coalesce(b.{name}::text, '') = coalesce(r.{name}::text, '')" if nullable else f"b.{name} = r.{name}"


def _within(one: Compared, scope: Scope) -> str:
    columns = {*one.key, *one.values, *one.yes_no, *one.told}
    parts = ["true"]
    if scope.safe_id is not None:
        if "safe_id" in columns:
            parts.append(
                "(safe_id = %(safe)s OR safe_id IS NULL AND site_id = ANY(%(sites)s))"
                if one.told
                else "safe_id = %(safe)s"
            )
            # Whether it names the safe hangs on what was known by then; its rows are compared by serial number.
            parts.append("kind <> 'quarantined_row'" if one.told else "true")
        elif "site_id" in columns:
            parts.append("site_id = ANY(%(sites)s)")
        elif "serial_number" in columns:
            parts.append("serial_number = %(serial)s")
    date = one.date or ("local_time::date" if "local_time" in columns else "")
    for sign, bound in ((">=", scope.first), ("<=", scope.last)):
        if bound is not None:
            parts.append(f"{date} {sign} %({'first' if sign == '>=' else 'last'})s" if date else "true")
    return " AND ".join(parts)


def _told(one: Compared, books: dict[str, Any] | None, rebuilt: dict[str, Any] | None) -> dict[str, Any]:
    here = books or rebuilt or {}
    if books is not None and rebuilt is not None:
        told = [name for name in here if books[name] != rebuilt[name] and name not in one.told]
    else:
        told = [name for name, value in here.items() if value is not None]
    date = here.get(one.date) if one.date else here.get("local_time")
    return {
        "table": one.name,
        "safe": here.get("safe_id"),
        "site": here.get("site_id"),
        "date": None if date is None else date.isoformat()[:10],
        "row": {name: _spelt(here[name]) for name in one.key if name not in ("safe_id", "site_id")},
        "books": None if books is None else {name: _spelt(books[name]) for name in told},
        "rebuilt": None if rebuilt is None else {name: _spelt(rebuilt[name]) for name in told},
    }


def _spelt(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | str | list) else str(value)


def _name(scratch: Scratch, found: Found) -> None:
    """Serial numbers and codes in place of ids."""
    names: list[dict[int, str]] = []
    for model, column in ((Safe, "serial_number"), (Site, "code")):
        with connection.cursor() as cursor:
            table = model._meta.db_table
            everywhere = (f"SELECT id, {column} FROM {schema}.{table}" for schema in (scratch.schema, scratch.books))
            cursor.execute(" UNION ".join(everywhere))
            names.append(dict(cursor.fetchall()))
    for one in found.differences:
        one["safe"], one["site"] = names[0].get(one["safe"]), names[1].get(one["site"])


def days_waiting(scratch: Scratch) -> int:
    """How many days, and safes, of the books are still to be drawn or judged: they are not in step yet, and will be."""
    waiting = [
        f"SELECT 1 FROM {scratch.books}.{model._meta.db_table}" for model in (TouchedDay, TouchedSiteDay, MovedSafe)
    ]
    waiting += [
        f"SELECT 1 FROM {scratch.books}.{model._meta.db_table} WHERE {column} <= now()"
        for model, column in ((SafeDay, "close_due_at"), (ChangeOrder, "due_at"))
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({' UNION ALL '.join(waiting)}) w")
        return int(cursor.fetchone()[0])
