"""A list of the staff site as a table: the columns that staff see, the rows that its filters leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field
from django.contrib.auth.models import User
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import models
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from safes.exporting.cells import Cell, cell_of
from safes.exporting.running import Table
from safes.models import Export

_CHUNK = 2000
# Up to here a list is sorted as staff see it; beyond, the newest come first, by an index and unsorted.
_SORTED = 200_000
# Of a list's address, what is not about which rows it has.
_NOT_FILTERS = ("p", "all", "totals", "_popup", "e")


def changelist(request: HttpRequest, room: Any) -> Any:
    """The list as its filters leave it. Raises ValueError, with a sentence, for filters that are none."""
    try:
        return room.get_changelist_instance(request)
    except IncorrectLookupParameters as error:
        raise ValueError("The filters of this list mean nothing: choose them anew.") from error


def frozen(found: Any, asked: QueryDict) -> str:
    """The query of a list in which "the last 31 days" are dates: whoever reads it tomorrow reads the same."""
    query = asked.copy()
    for name in _NOT_FILTERS:
        query.pop(name, None)
    for spec in found.filter_specs:
        if hasattr(spec, "range"):
            query[f"{spec.parameter_name}_from"] = str(spec.range()[0])
    return query.urlencode()


def table_of(export: Export) -> Table:
    """The list that somebody asked for, as they may see it now. Raises PermissionDenied, and ValueError, a sentence."""
    model = apps.get_model(export.room)
    room: Any = admin.site._registry.get(model)
    if room is None:
        raise ValueError("There is no such list any more.")
    request = _request(export, model)
    if not (request.user.is_active and request.user.is_staff and room.has_view_permission(request)):
        raise PermissionDenied
    found = changelist(request, room)
    names = [name for name in found.list_display if name != "action_checkbox"]
    columns = [_Column(room, name) for name in room.columns_of_file(request, names)]
    rows = found.queryset
    if found.result_count > _SORTED:
        rows = rows.order_by("-pk")
    # Amounts are numbers where each row says the currency of its own in a column.
    is_of_currency = any(field.name == "currency" for field in model._meta.concrete_fields)
    adds_it = is_of_currency and all(column.heading != "currency" for column in columns)
    headings = [column.heading for column in columns] + (["currency"] if adds_it else [])
    return Table(headings, _rows(rows, columns, is_of_currency, adds_it))


def _rows(
    rows: models.QuerySet[Any], columns: list[_Column], is_of_currency: bool, adds_it: bool
) -> Iterator[list[Cell]]:
    for row in rows.iterator(chunk_size=_CHUNK):
        currency = (row.currency or "") if is_of_currency else None
        cells = [cell_of(column.shown(row), currency) for column in columns]
        yield [*cells, currency or ""] if adds_it else cells


class _Column:
    """One of a list's columns: what it is called, and what it shows of a row."""

    def __init__(self, room: Any, name: Any) -> None:
        self.heading = str(label_for_field(name, room.model, room))
        self.shown = self._find(room, name)

    def _find(self, room: Any, name: Any) -> Callable[[Any], Any]:
        if callable(name):
            return name  # type: ignore[no-any-return]
        if name == "__str__":
            return str
        if hasattr(room, name):
            return getattr(room, name)  # type: ignore[no-any-return]
        try:
            field = room.model._meta.get_field(name)
        except FieldDoesNotExist:
            return lambda row: _called(getattr(row, name))
        if getattr(field, "choices", None):
            return lambda row: getattr(row, f"get_{name}_display")()
        return lambda row: getattr(row, name)


def _called(value: Any) -> Any:
    return value() if callable(value) else value


def _request(export: Export, model: type[models.Model]) -> HttpRequest:
    """As if who asked looked at the list again."""
    request = HttpRequest()
    request.method = "GET"
    request.user = User.objects.get(pk=export.by_id)
    request.path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    request.GET = QueryDict(export.query)
    request.META["QUERY_STRING"] = export.query
    return request
