"""What a page may load and run: Content-Security-Policy on every answer.

Why the staff site may evaluate, and what that leaves open, is in docs/decisions/0008-what-a-page-may-run.md.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

_EVERYWHERE = {
    "default-src": "'self'",
    "script-src": "'self'",
    # Inline styles can colour and hide, not run: the staff site sets its theme and its charts' sizes by them.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def _spelt(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in policy.items())


STRICT = _spelt(_EVERYWHERE)
# Alpine, by which its menus and tabs work, evaluates expressions in attributes. Never inline scripts.
STAFF_SITE = _spelt(_EVERYWHERE | {"script-src": "'self' 'unsafe-eval'"})


class ContentPolicyMiddleware:
    """Stands before whatever may answer, so that errors and static files have the header too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        staff_site = request.path.startswith(reverse("admin:index"))
        response.headers.setdefault("Content-Security-Policy", STAFF_SITE if staff_site else STRICT)
        return response
