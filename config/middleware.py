"""What happens to every request: it is logged, and probes are answered first."""

import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config import health, metrics
from loyalty.masking import mask_path

log = structlog.get_logger("strongroom.request")

# Asked every few seconds by probes; only their failures are news.
QUIET_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


class RequestLogMiddleware:
    """One event per request: method, path, status, milliseconds. No query string, card number, header or body.

    And its time in the figures, under the pattern of its path.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        response = self.get_response(request)
        seconds = time.perf_counter() - started
        quiet = request.path.rstrip("/") in QUIET_PATHS
        if not quiet:
            metrics.time_request(request, response.status_code, seconds)
        if response.status_code >= 400 or not quiet:
            log.info(
                "request",
                method=request.method,
                path=mask_path(request.path),
                status=response.status_code,
                ms=round(seconds * 1000, 1),
            )
        return response


class HealthMiddleware:
    """Answers probes, with and without a trailing slash, ahead of host checks, redirects to TLS and sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = health.VIEWS.get(request.path.removesuffix("/"))
        return view(request) if view else self.get_response(request)
