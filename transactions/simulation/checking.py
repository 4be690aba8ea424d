"""The check: everything that was sent is in the reading API, exactly as often as it happened.

CONTRACT.md, "Reading API". Over HTTP alone.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import httpx

from transactions.simulation.happenings import Fact

_PAGE = 1000
_LISTED = 20
_PAUSE = 1.0


class CheckError(ValueError):
    """The reading API did not answer as it promises."""


def check(
    base: str,
    token: str,
    expected: tuple[Mapping[Fact, int], Mapping[Fact, int]],
    *,
    environment: str | None = None,
    patience: float = 30.0,
    say: Callable[[str], None] = lambda sentence: None,
) -> list[dict[str, Any]]:
    """The differences, none if all is there once; waits a while for what the system stored but has yet to record."""
    deadline = time.monotonic() + patience
    with httpx.Client(
        base_url=_base(base), headers={"Authorization": f"Token {token}"}, timeout=60, follow_redirects=True
    ) as client:
        while True:
            found = [
                *_compare(client, "transactions", expected[0], environment),
                *_compare(client, "audit-events", expected[1], environment),
            ]
            if not found or time.monotonic() > deadline:
                return found
            say(f"{len(found)} differences so far; looking again")
            time.sleep(_PAUSE)


def _base(url: str) -> str:
    url = url.rstrip("/")
    return f"{url}/" if url.endswith("/api/v1") else f"{url}/api/v1/"


def _compare(
    client: httpx.Client, name: str, expected: Mapping[Fact, int], environment: str | None
) -> Iterator[dict[str, Any]]:
    by_safe: dict[str, dict[Fact, int]] = {}
    for fact, copies in expected.items():
        by_safe.setdefault(str(fact[0]), {})[fact] = copies
    for serial, facts in sorted(by_safe.items()):
        walls = [fact[1] for fact in facts if isinstance(fact[1], dt.datetime)]
        asked = {"serial_number": serial, "page_size": _PAGE} | ({"environment": environment} if environment else {})
        there = Counter(_facts(client, name, asked, min(walls), max(walls)))
        for fact in sorted({*facts, *there}, key=str):
            if facts.get(fact, 0) != there[fact]:
                yield {
                    "list": name,
                    "serial_number": serial,
                    "fact": [_plain(part) for part in fact],
                    "sent": facts.get(fact, 0),
                    "found": there[fact],
                }


def _facts(
    client: httpx.Client, name: str, asked: dict[str, Any], first: dt.datetime, last: dt.datetime
) -> Iterator[Fact]:
    """What the list shows of a safe between two wall-clock times; earlier runs may have left more outside of them."""
    for row in _rows(client, name, asked):
        try:
            wall = dt.datetime.fromisoformat(row["local_time"])
            if first <= wall <= last:
                yield _audit_fact(row, wall) if name == "audit-events" else _fact(row, wall)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckError(f"A row of {name} is not as the contract says ({error!r}): {str(row)[:300]}") from None


def _fact(row: dict[str, Any], wall: dt.datetime) -> Fact:
    cash = tuple(
        sorted((Decimal(each["unit_value"]).normalize(), int(each["count"])) for each in row["denominations"] or ())
    )
    return (
        row["serial_number"],
        wall,
        row["type"],
        row["user_name"] or None,
        Decimal(row["amount"]).normalize(),
        int(row["pickup_group_id"] or 0),
        row["register"] or None,
        cash,
    )


def _audit_fact(row: dict[str, Any], wall: dt.datetime) -> Fact:
    return (row["serial_number"], wall, row["type"], row["user_name"] or None, row["door_name"] or None)


def _rows(client: httpx.Client, name: str, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    url: str | None = name
    params: dict[str, Any] | None = asked
    while url:
        try:
            answer = client.get(url, params=params)
        except httpx.HTTPError as error:
            raise CheckError(f"The reading API did not answer ({error}). Is --read-url right?") from error
        if answer.status_code != 200:
            raise CheckError(
                f"The reading API answered {answer.status_code} for {name}: {answer.text[:200]} Check --read-url and "
                "--read-token."
            )
        page = answer.json()
        yield from page["results"]
        url, params = page["next"], None


def _plain(part: object) -> object:
    if isinstance(part, tuple):
        return [f"{count} × {unit:f}" for unit, count in part]
    return f"{part:f}" if isinstance(part, Decimal) else part.isoformat() if isinstance(part, dt.datetime) else part


def in_words(differences: Iterable[dict[str, Any]]) -> list[str]:
    """A line for each of the first differences."""
    listed = []
    for difference in list(differences)[:_LISTED]:
        _, wall, type_, *rest = difference["fact"]
        listed.append(
            f"{difference['serial_number']} {wall} {type_} {rest}: sent {difference['sent']}, found "
            f"{difference['found']}"
        )
    return listed
