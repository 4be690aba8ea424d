"""A finding's facts and its timeline, as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.safestring import SafeString

from safes.admin.bases import EMPTY, instant, money, nowrap, table
from safes.models import Finding, FindingNote

# How findings keep amounts and wall clocks among their facts, which are JSON.
_AMOUNT = re.compile(r"-?\d{1,12}\.\d{2,4}")
_WALL_CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")


def facts_of(finding: Finding) -> SafeString:
    return table(
        ("fact", "value"), ((name.replace("_", " "), _readable(value)) for name, value in finding.detail.items())
    )


def timeline_of(finding: Finding) -> SafeString:
    return table(("when", "who", "what", "said"), _in_turn(finding.notes.all()))


def _in_turn(notes: Iterable[FindingNote]) -> Iterator[tuple[str, ...]]:
    """What happened, one after the other; the same again and again, as when cash keeps coming, is said once."""
    for (by, what, text), group in groupby(notes, lambda note: (note.by, note.what, note.text)):
        first, *more = group
        if more:
            yield f"{instant(first.at)}, last {instant(more[-1].at)}", by, f"{what} {len(more) + 1} times", text
        else:
            yield instant(first.at), by, what, text


def _readable(value: Any) -> Any:
    """A fact as people read it: lists of objects as tables, lists of words in a row, amounts and times as elsewhere."""
    if isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
        headers = list(dict.fromkeys(name for entry in value for name in entry))
        return table(
            [name.replace("_", " ") for name in headers], ([_readable(e.get(h)) for h in headers] for e in value)
        )
    if isinstance(value, list):
        return ", ".join(str(entry) for entry in value) or EMPTY
    if isinstance(value, str) and _AMOUNT.fullmatch(value):
        return nowrap(money(Decimal(value), None))
    if isinstance(value, str) and _WALL_CLOCK.fullmatch(value):
        return nowrap(value.replace("T", " "))
    return EMPTY if value is None or value == "" else value
