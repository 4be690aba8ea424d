"""The description of the API, OpenAPI 3.1, and what cannot be read off the code: errors, and lists as CSV."""

from __future__ import annotations

import functools
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from safes.api import problems, spreadsheet

Description = dict[str, Any]

_PROBLEM: Description = {
    "type": "object",
    "description": "What went wrong, and what to do (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for a person."},
        "errors": {
            "type": "object",
            "description": "Sentences by the parameter they are about.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}
_REFUSALS = {
    "400": "A filter, a cursor or a field that is unknown or malformed; named in `errors`.",
    "401": "No machine account is known by what was shown.",
    "403": "The account's role does not read, or write, here.",
    "404": "There is nothing at this address.",
    "406": "It cannot be given in the form asked for.",
    "409": "The Idempotency-Key came with another request before.",
    "410": "The body was purged; its digest is kept.",
    "429": "Too many cards were asked for that are not there; `Retry-After` says how many seconds to wait.",
    "503": "The database does not answer, or not in time.",
}


@functools.cache
def description() -> Description:
    """The whole of it. It depends on the code alone, so it is made once; it is open to anyone who asks."""
    made: Description = SchemaGenerator().get_schema(request=None, public=True)
    return made


class SchemaView(SpectacularAPIView):
    """GET /api/schema/: JSON unless YAML is asked for."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer]
    http_method_names = ["get", "head"]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(description())


def once_each(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Each address answers with a slash at its end, too; that needs to be said only once."""
    paths = {path for path, *_ in endpoints}
    return [one for one in endpoints if not (one[0].endswith("/") and one[0].rstrip("/") in paths)]


def say_the_rest(result: Description, generator: Any, request: Any, public: bool) -> Description:
    """Refusals as problems, and CSV as the text it is."""
    result["components"].setdefault("schemas", {})["Problem"] = _PROBLEM
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            operation.setdefault("description", "")
            for parameter in operation.get("parameters", ()):
                if parameter["schema"] == {"type": "string"}:
                    parameter["schema"] = {"type": "string", "minLength": 1}  # empty ones are refused
            for response in operation["responses"].values():
                if spreadsheet.MEDIA_TYPE in response.get("content", {}):
                    response["content"][spreadsheet.MEDIA_TYPE] = {"schema": {"type": "string"}}
                    operation["description"] += (
                        f"\n\nAs CSV: all that match, up to {spreadsheet.LONGEST:,} rows; with `page_size` a page, "
                        "and the address of the next in the header `Link`."
                    )
            operation["responses"] |= {
                status: _refusal(said) for status, said in _REFUSALS.items() if _may(status, path, method)
            }
    return result


def _may(status: str, path: str, method: str) -> bool:
    """Whether an address can be answered so."""
    if status == "409":
        return method == "post"
    if status == "429":
        return "/cards/{number}/" in path
    if status == "410":
        return path.endswith("/raw")
    if status == "406":
        return not path.endswith("/raw")
    return not (status == "404" and "{" not in path)


def _refusal(said: str) -> Description:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": said, "content": {problems.MEDIA_TYPE: {"schema": schema}}}
