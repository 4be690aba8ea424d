"""Errors as application/problem+json (RFC 9457): a sentence that says what to do, and no traceback.

``problem`` is what REST framework calls for an exception in a view; the handlers at the end are what Django calls for
what goes wrong outside of views.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.views import set_rollback

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_PATHS = ("/api/v1", "/api/schema")
_QUERY_CANCELED = "57014"

_SENTENCES: dict[type[Exception], str] = {
    exceptions.NotAuthenticated: "Say who you are: Authorization: Token …, or Basic with a name and a password.",
    exceptions.NotAcceptable: "That form cannot be given: ask for application/json, or for text/csv of a list.",
}


def problem_response(
    status: int,
    detail: str,
    *,
    errors: Mapping[str, list[str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return JsonResponse(body, status=status, headers=headers, content_type=MEDIA_TYPE)


def problem(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """The answer to an exception raised in a view; None for a bug of ours, which Django logs and answers 500."""
    set_rollback()
    if isinstance(error, Http404):
        return problem_response(404, str(error) or "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return problem_response(403, str(error) or "This account may not do that.")
    if isinstance(error, SuspiciousOperation):
        return problem_response(400, "The request cannot be read: send fewer and plainer parameters.")
    if isinstance(error, OperationalError | InterfaceError):
        return _database_trouble(error)
    if isinstance(error, exceptions.ValidationError):
        errors = _by_name(error.detail)
        detail = " ".join(f"{name}: {' '.join(sentences)}" for name, sentences in errors.items())
        return problem_response(400, detail, errors=errors)
    if isinstance(error, exceptions.MethodNotAllowed):
        allowed = context["view"].allowed_methods
        sentence = f"Only {' and '.join(allowed)} {'is' if len(allowed) == 1 else 'are'} answered here."
        return problem_response(405, sentence, headers={"Allow": ", ".join(allowed)})
    if isinstance(error, exceptions.APIException):
        headers = {"WWW-Authenticate": error.auth_header} if getattr(error, "auth_header", None) else {}
        if getattr(error, "wait", None):
            headers["Retry-After"] = str(error.wait)
        return problem_response(error.status_code, _SENTENCES.get(type(error), str(error.detail)), headers=headers)
    return None


def _database_trouble(error: Exception) -> HttpResponse:
    log.error("reading_api_database", error=type(error).__name__, exc_info=error)
    if getattr(error.__cause__, "sqlstate", None) == _QUERY_CANCELED:
        return problem_response(
            503, "That took too long: narrow the list, by business date or by serial number.", headers=_LATER
        )
    return problem_response(503, "The database does not answer just now; ask again.", headers=_LATER)


_LATER = {"Retry-After": "30"}


def _by_name(detail: Any) -> dict[str, list[str]]:
    if not isinstance(detail, Mapping):
        return {"request": [str(one) for one in (detail if isinstance(detail, list) else [detail])]}
    return {
        str(name): [str(one) for one in (said if isinstance(said, list) else [said])] for name, said in detail.items()
    }


def _is_ours(request: HttpRequest) -> bool:
    return request.path.startswith(_PATHS)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """handler400: what Django refuses before a view sees it."""
    if _is_ours(request):
        return problem_response(400, "The request cannot be read: send fewer and plainer parameters.")
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """handler404."""
    if _is_ours(request):
        return problem_response(404, "There is nothing at this address; /api/docs/ lists what there is.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """handler500: the traceback is in the log, and nowhere else."""
    if _is_ours(request):
        return problem_response(500, "Something went wrong here, and it was logged. Ask again; if it stays, tell us.")
    return defaults.server_error(request)
