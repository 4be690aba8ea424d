"""Pages by cursor: stable while rows arrive, and no count of ten million rows.

Rows are ordered by id, which never changes: newest first, or oldest first with ``order=asc``. A cursor says after which
id to go on, so a walk from page to page shows every row that was there when it began, once, whatever arrives meanwhile;
newest first, what arrives is not shown by it at all.

Ids are drawn when a row is written and seen when it is committed. Two pushes at once may commit in the other order, so
a row with a lower id can appear after one with a higher id has been read: “everything after the last id I saw” is no
way to follow what arrives. Rows can also be withdrawn, and move to another business date. Ask for the last days again
instead, and take rows by their id; docs/integrators.md says how.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django.core.exceptions import EmptyResultSet
from django.core.signing import BadSignature, Signer
from django.db import connection
from django.db.models import F, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from safes.api.filters import PAGING

DEFAULT_SIZE = 100
LARGEST_SIZE = 1000
# Up to so many matches it is quicker to find and sort them all than to walk the ids until a page is full.
_FEW = 200_000

_signer = Signer(salt="strongroom.api.cursor", sep="~")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two rows: going on (or, with ``back``, going back) from this id, which is not shown again."""

    back: bool
    pk: int


class IdOrder:
    """Matching rows in the order of their ids, from any place."""

    def __init__(self, rows: QuerySet[Any], *, ascending: bool, narrowed: bool) -> None:
        self.rows = rows
        self.ascending = ascending
        # The planner takes matches to be spread evenly over the ids. Those of a past month are not, and to look for
        # them by walking the ids reads every row since. An order it has no index for makes it find them first.
        self._key = F("pk") + 0 if narrowed and _estimate(rows) <= _FEW else F("pk")

    def after(self, cursor: Cursor | None, limit: int) -> list[Any]:
        """Up to ``limit`` rows beyond the cursor, nearest first."""
        rising = self.ascending if cursor is None else self.ascending != cursor.back
        rows = self.rows
        if cursor is not None:
            rows = rows.filter(pk__gt=cursor.pk) if rising else rows.filter(pk__lt=cursor.pk)
        return list(rows.order_by(self._key.asc() if rising else self._key.desc())[:limit])

    def chunks(self, size: int) -> Iterator[list[Any]]:
        """All of them, bit by bit, each bit a query of its own: no long transaction, and little memory."""
        cursor: Cursor | None = None
        while rows := self.after(cursor, size):
            yield rows
            if len(rows) < size:
                return
            cursor = Cursor(back=False, pk=rows[-1].pk)


def _estimate(rows: QuerySet[Any]) -> int:
    """How many rows the planner expects, from its statistics; reads none."""
    try:
        query, params = rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {query}", params)
        plan = cursor.fetchone()[0]
    return int((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"])


class CursorPages(BasePagination):
    """``{"next", "previous", "results"}``, each address null at its end."""

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: APIView | None = None) -> list[Any]:
        self.request = request
        size = self.size(request)
        cursor = self._cursor(request)
        rows = self.order(queryset, request).after(cursor, size + 1)
        more, rows = len(rows) > size, rows[:size]
        back = cursor is not None and cursor.back
        if back:
            rows.reverse()
        self._next = self._previous = None
        # Where we came from there is something; a page that has emptied meanwhile leads back to it all the same.
        edge = 0 if cursor is None else cursor.pk
        step = 1 if self.ascending(request) else -1
        if more or back:
            self._next = Cursor(back=False, pk=rows[-1].pk if rows else edge - step)
        if (more and back) or (cursor is not None and not back):
            self._previous = Cursor(back=True, pk=rows[0].pk if rows else edge + step)
        return rows

    def order(self, queryset: QuerySet[Any], request: Request) -> IdOrder:
        narrowed = bool(set(request.query_params) - PAGING)
        return IdOrder(queryset, ascending=self.ascending(request), narrowed=narrowed)

    def ascending(self, request: Request) -> bool:
        order = request.query_params.get("order", "desc")
        if order not in ("asc", "desc"):
            raise ValidationError({"order": ["Give asc, oldest first, or desc, newest first."]})
        return bool(order == "asc")

    def size(self, request: Request) -> int:
        text = request.query_params.get("page_size", str(DEFAULT_SIZE))
        size = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
        if not 1 <= size <= LARGEST_SIZE:
            raise ValidationError({"page_size": [f"Give a number from 1 to {LARGEST_SIZE}."]})
        return size

    def _cursor(self, request: Request) -> Cursor | None:
        text = request.query_params.get("cursor")
        if text is None:
            return None
        try:
            direction, pk, asked = _signer.unsign(text).split(".")
        except (BadSignature, ValueError):
            raise ValidationError({"cursor": ["It is not one that was given here; begin again without it."]}) from None
        if asked != _asked(request):
            raise ValidationError({"cursor": ["It belongs to other filters or another order; begin again without it."]})
        return Cursor(back=direction == "p", pk=int(pk))

    def address(self, cursor: Cursor | None) -> str | None:
        """The whole address of a page, or None."""
        if cursor is None:
            return None
        signed = _signer.sign(f"{'p' if cursor.back else 'n'}.{cursor.pk}.{_asked(self.request)}")
        query = {name: value for name, value in self.request.query_params.items() if name != "cursor"}
        at = cast(str, self.request.build_absolute_uri(self.request.path))
        return f"{at}?{urlencode(query | {'cursor': signed})}"

    def addresses(self) -> dict[str, str | None]:
        return {"next": self.address(self._next), "previous": self.address(self._previous)}

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        return Response({**self.addresses(), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": address, "previous": address, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE, "default": DEFAULT_SIZE}
        order = {"type": "string", "enum": ["asc", "desc"], "default": "desc"}
        given = "Taken from next or previous of a page, with the filters of that page."
        return [
            {"name": "cursor", "in": "query", "description": given, "schema": {"type": "string"}},
            {"name": "page_size", "in": "query", "description": "Rows a page.", "schema": size},
            {"name": "order", "in": "query", "description": "By id: desc is newest first.", "schema": order},
        ]


def _asked(request: Request) -> str:
    """Stands for the list, its filters and its order: a cursor is good for these alone."""
    asked = sorted((name, value) for name, value in request.query_params.items() if name not in ("cursor", "page_size"))
    text = json.dumps([request.path.rstrip("/"), asked])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
