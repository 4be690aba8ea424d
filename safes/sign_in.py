"""Guessing a staff password takes long: who was wrong too often waits, and is told how long.

Counted by account and address together, so that nobody can lock a colleague out from elsewhere; and by the accounts
that one address tries, so that one guess cannot be made at all of them. The staff site alone: machine paths never come
here. django-axes counts, in the database, for all web processes alike.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import math
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


def client_address(request: HttpRequest) -> str | None:
    """Where a request comes from, as the outermost of our own proxies saw it; without any, as the socket says."""
    direct = request.META.get("REMOTE_ADDR") or None
    count: int = settings.PROXY_COUNT
    if not count:
        return direct
    # Each proxy adds the address it was reached from at the end; what stands before those is the client's own word.
    added = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")][-count:]
    try:
        return str(ipaddress.ip_address(added[0])) if len(added) == count else direct
    except ValueError:
        return direct


class StaffSiteAlone(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts failures of the staff log-in, and no others: axes itself only leaves others unpunished."""

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        if request is not None and self.is_admin_request(request):
            super().user_login_failed(sender, credentials, request, **kwargs)

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        failures: int = super().get_failures(request, credentials)
        return max(failures, settings.AXES_FAILURE_LIMIT) if _address_waits_until(request) else failures


def _address_waits_until(request: HttpRequest) -> dt.datetime | None:
    """When an address that failed at many accounts may try again; None unless it must wait.

    An account whose person got in since is none of them: axes forgets its failures.
    """
    limit: int = settings.LOGIN_ACCOUNTS_LIMIT
    since = get_cool_off_threshold(request)
    tried = AccessAttempt.objects.filter(ip_address=client_address(request), attempt_time__gte=since)
    latest = tried.values("username").annotate(latest=Max("attempt_time")).order_by("-latest")
    # The account that must be forgotten before the others are too few.
    deciding = latest.values_list("latest", flat=True)[limit - 1 : limit].first() if limit else None
    return deciding + settings.AXES_COOLOFF_TIME if deciding else None


def told_to_wait(request: HttpRequest, _response: HttpResponse | None, credentials: dict[str, Any]) -> HttpResponse:
    """429, and how many minutes are left."""
    asked = AccessAttempt.objects.filter(
        username=credentials.get("username"),
        ip_address=client_address(request),
        attempt_time__gte=get_cool_off_threshold(request),
    )
    last = asked.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    until = _address_waits_until(request)
    wait = settings.AXES_COOLOFF_TIME
    if until is not None:
        wait = until - get_cool_off_threshold(request) - settings.AXES_COOLOFF_TIME
    elif last is not None:
        wait = last - get_cool_off_threshold(request)
    minutes = max(math.ceil(wait.total_seconds() / 60), 1)
    context = {
        **admin.site.each_context(request),
        "title": "Too many wrong passwords",
        "minutes": minutes,
        "whole_address": until is not None,
    }
    response = TemplateResponse(request, "staff/wait.html", context, status=429).render()
    response["Retry-After"] = str(minutes * 60)
    return response
