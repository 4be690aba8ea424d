"""The gate before the staff site: who has a device shows it first; who has none sets one up, where that is required."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django_otp.middleware import is_verified

from safes.second_factor.devices import is_enrolled

# What must open without a second factor: coming and going. Every other page of the staff site stays shut.
_OPEN = frozenset({"login", "logout"})


def is_required() -> bool:
    return bool(settings.STAFF_SECOND_FACTOR == "required")


class SecondFactorGate:
    """Stands before every view of the staff site, whoever wrote it. Machine paths know no sessions and pass by."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponseRedirect | None:
        match = request.resolver_match
        if match is None or "admin" not in match.app_names or match.url_name in _OPEN:
            return None
        if not request.user.is_authenticated or is_verified(request.user):
            return None  # the staff site itself turns away who has not logged in
        if is_enrolled(request.user):
            return _led_to("second_factor:verify", request)
        return _led_to("second_factor:enrol", request) if is_required() else None


def _led_to(name: str, request: HttpRequest) -> HttpResponseRedirect:
    """A form that was being sent is not sent again: after it one looks at the page first."""
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': request.get_full_path()})}")
