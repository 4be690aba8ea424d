"""Bringing drawn rows in step with what they should be: only what is otherwise is written, and rows keep their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

Key = tuple[Any, ...]


def keep_drawn(
    stored: QuerySet[Any],
    key: Sequence[str],
    due: Mapping[Key, Mapping[str, Any]],
    *,
    also: Mapping[str, Any] | None = None,
    keeps_the_rest: bool = False,
) -> set[Key]:
    """Make ``stored`` hold exactly the rows ``due``, by key; returns the keys of those that were written or went.

    ``also`` is what all of them share. With ``keeps_the_rest`` rows that are not due stay as they are.
    The caller holds the lock under which they are drawn.
    """
    model = stored.model
    there = {tuple(getattr(row, name) for name in key): row for row in stored.order_by()}
    fresh, changed = [], []
    names: set[str] = set()
    touched: set[Key] = set()
    for told, values in due.items():
        row = there.pop(told, None)
        if row is None:
            fresh.append(model(**dict(zip(key, told, strict=True)), **(also or {}), **values))
            touched.add(told)
            continue
        otherwise = {name: value for name, value in values.items() if getattr(row, name) != value}
        if otherwise:
            for name, value in otherwise.items():
                setattr(row, name, value)
            changed.append(row)
            names |= otherwise.keys()
            touched.add(told)
    if there and not keeps_the_rest:
        model._default_manager.filter(pk__in=[row.pk for row in there.values()]).delete()
        touched |= there.keys()
    model._default_manager.bulk_create(fresh)
    if changed:
        model._default_manager.bulk_update(changed, sorted(names))
    return touched
