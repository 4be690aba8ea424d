"""The bases of everything under /api/v1/ that is read: a list, as JSON in pages or as CSV, and a single item.

GET and HEAD alone. Errors are problems (safes.api.problems).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from safes.api.filters import StrictFilterBackend
from safes.api.pagination import CursorPages
from safes.api.spreadsheet import LONGEST, CSVRenderer, as_file

_CHUNK = 5000
_METHODS = ["get", "head"]

Rows = list[dict[str, Any]]


class ReadingList(ListAPIView):
    """Matching rows in pages; by ``Accept: text/csv`` all at once, or a page if ``page_size`` asks for one."""

    http_method_names = _METHODS
    renderer_classes = [JSONRenderer, CSVRenderer]
    filter_backends = [StrictFilterBackend]
    pagination_class = CursorPages
    # The name of the file that a spreadsheet makes of it.
    file_name = "list"

    def get_renderers(self) -> list[BaseRenderer]:
        # What a list takes in, it answers in JSON alone.
        return [JSONRenderer()] if self.request.method == "POST" else super().get_renderers()

    def page_context(self, rows: Sequence[Any]) -> dict[str, Any]:
        """What the serializer needs for these rows beside them, fetched for all of them at once."""
        return {}

    def serialized(self, rows: Sequence[Any]) -> Rows:
        context = {**self.get_serializer_context(), **self.page_context(rows)}
        return list(self.get_serializer_class()(rows, many=True, context=context).data)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        rows = self.filter_queryset(self.get_queryset())
        if request.accepted_renderer.format == "csv" and not {"page_size", "cursor"} & set(request.query_params):
            return self._as_csv(self._all(rows, request))
        pages = self.paginator
        data = self.serialized(pages.paginate_queryset(rows, request, view=self))
        if request.accepted_renderer.format == "csv":
            return self._as_csv(iter([data]), pages.addresses())
        response: HttpResponseBase = pages.get_paginated_response(data)
        return response

    def _all(self, rows: Any, request: Request) -> Iterator[Rows]:
        """All matching rows, in chunks; refused when they are too many for one answer."""
        order = self.paginator.order(rows, request)
        if rows.order_by()[LONGEST : LONGEST + 1].exists():
            sentence = f"More than {LONGEST:,} rows match: narrow the list, or ask page by page with page_size."
            raise ValidationError({"page_size": [sentence]})
        return (self.serialized(chunk) for chunk in order.chunks(_CHUNK))

    def _as_csv(self, chunks: Iterator[Rows], addresses: dict[str, str | None] | None = None) -> HttpResponseBase:
        response = as_file(self.file_name, list(self.get_serializer_class()().fields), chunks)
        links = [f'<{address}>; rel="{name[:4]}"' for name, address in (addresses or {}).items() if address]
        if links:
            response["Link"] = ", ".join(links)
        return response


class ReadingItem(RetrieveAPIView):
    """One row, by what its address names."""

    http_method_names = _METHODS
    renderer_classes = [JSONRenderer]
    # In words, for the sentence that says it is not there.
    noun = "row"

    def find(self, **named: Any) -> Any:
        """The row, or None."""
        return self.get_queryset().filter(**named).first()

    def page_context(self, rows: Sequence[Any]) -> dict[str, Any]:
        """As that of its list."""
        return {}

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        context = {**self.get_serializer_context(), **self.page_context([row])}
        return Response(self.get_serializer_class()(row, context=context).data)

    def get_object(self) -> Any:
        named = self.kwargs
        found = None if any("\x00" in str(value) for value in named.values()) else self.find(**named)
        if found is None:
            said = ", ".join(str(value)[:64] for value in named.values())
            raise NotFound(f"There is no {self.noun} {said}.")
        return found


class Nowhere(APIView):
    """Addresses below /api/v1/ at which there is nothing, for whoever may look."""

    http_method_names = _METHODS
    renderer_classes = [JSONRenderer]

    @extend_schema(exclude=True)
    def get(self, request: Request, rest: str = "") -> HttpResponseBase:
        raise NotFound("There is nothing at this address; /api/docs/ lists what there is.")
