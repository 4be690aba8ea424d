"""The copies that make up a history, told in words: what a change made of what."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from safes.admin.bases import EMPTY, day, instant

_DONE = {"+": "made", "~": "changed", "-": "deleted"}
_Said = dict[str, str]


class Line(NamedTuple):
    """One change: the copy it left, what the row said then, and before. Without a copy before: None."""

    copy: Any
    said: _Said
    before: _Said | None


def lines_of(copies: list[Any]) -> list[Line]:
    """Copies of one model, newest first, each with what its row had said before; a query per kind of related row."""
    names = _related_names(copies)
    before: dict[Any, _Said] = {}
    lines = []
    for copy in reversed(copies):
        said = _say(copy, names)
        pk = getattr(copy, copy.instance_type._meta.pk.attname)
        lines.append(Line(copy, said, before.get(pk)))
        before[pk] = said
    return lines[::-1]


def what_changed(line: Line) -> SafeString:
    """“changed” and each field with what it was and is; of a row that is new, or gone, all it said."""
    done = _DONE[line.copy.history_type]
    if line.copy.history_type == "~" and line.before is not None:
        old = line.before
        changes = [(name, old[name], text) for name, text in line.said.items() if text != old[name]]
        listed = format_html_join("", "<br>{}: <s>{}</s> → {}", changes)
    else:
        listed = format_html_join("", "<br>{}: {}", ((name, text) for name, text in line.said.items() if text != EMPTY))
    # A key that was changed, a device that was taken away: the occasion says all there is.
    return format_html("{}{}", done, listed) if listed else SafeString("noted")


_Names = Mapping[type[models.Model], Mapping[Any, str]]


def _say(copy: Any, names: _Names) -> _Said:
    said = {}
    for field in copy.tracked_fields:
        if field.editable and not field.primary_key:
            said[str(field.verbose_name)] = _text(field, getattr(copy, field.attname), names)
    for field in sorted(copy._history_m2m_fields, key=lambda field: field.name):
        held = names[field.related_model]
        ids = _held(copy, field)
        said[str(field.verbose_name)] = ", ".join(sorted(held.get(pk, f"no. {pk}") for pk in ids)) or EMPTY
    return said


def _text(field: Any, value: Any, names: _Names) -> str:
    if value in (None, "", [], {}):
        return EMPTY
    if field.remote_field:
        return names[field.related_model].get(value, f"no. {value}, deleted since")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.timedelta):
        minutes = int(value.total_seconds() // 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    if isinstance(value, dt.datetime):
        return instant(value)
    if isinstance(value, dt.date):
        return day(value)
    if isinstance(value, dict):
        return ", ".join(f"{name}={part}" for name, part in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _held(copy: Any, field: Any) -> list[Any]:
    """Ids of the groups, or permissions, that a copy of a user holds; all copies' are fetched at once."""
    return [getattr(row, f"{field.m2m_reverse_field_name()}_id") for row in getattr(copy, f"_{field.name}_held", ())]


def _related_names(copies: Iterable[Any]) -> _Names:
    """What the rows that the copies point to are called now."""
    wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
    copies = list(copies)
    if copies:
        _fetch_held(copies)
    for copy in copies:
        for field in copy.tracked_fields:
            if field.remote_field:
                wanted[field.related_model].add(getattr(copy, field.attname))
        for field in copy._history_m2m_fields:
            wanted[field.related_model].update(_held(copy, field))
    return {
        model: {row.pk: str(row) for row in model._default_manager.filter(pk__in=ids)} for model, ids in wanted.items()
    }


def _fetch_held(copies: list[Any]) -> None:
    for field in copies[0]._history_m2m_fields:
        rows = getattr(type(copies[0]), field.name).model._default_manager.filter(history__in=copies)
        by_copy = defaultdict(list)
        for row in rows:
            by_copy[row.history_id].append(row)
        for copy in copies:
            setattr(copy, f"_{field.name}_held", by_copy[copy.pk])
