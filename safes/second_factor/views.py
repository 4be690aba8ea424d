"""The pages of the second factor: set up a device, keep the recovery codes, show a code."""

from __future__ import annotations

from typing import Any, cast

import django_otp
import segno
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django_otp.middleware import is_verified
from unfold.widgets import UnfoldAdminTextInputWidget

from safes.second_factor import devices
from safes.second_factor.gate import is_required

_SECRET = "second_factor_secret"  # noqa: S105 - where the session keeps it until the device has proved itself
_FEW_CODES = 3


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=40,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
        error_messages={"required": "Enter a code."},
    )


def enrol(request: HttpRequest) -> HttpResponse:
    """Set up a device, or another instead of it: only who has shown the present one may replace it."""
    user = cast(User, request.user)
    again = devices.is_enrolled(user)
    if again and not is_verified(user):
        return HttpResponseRedirect(reverse("second_factor:verify"))
    secret = request.session.setdefault(_SECRET, devices.new_secret())
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            device, codes = devices.enrol(user, secret, form.cleaned_data["code"], replacing=again)
        except ValueError as error:
            form.add_error("code", str(error))
        else:
            del request.session[_SECRET]
            # What was good before it was proved is worth less than after: another session key.
            request.session.cycle_key()
            django_otp.login(request, device)
            return _page(request, "codes", "Keep these recovery codes", codes=codes)
    return _page(
        request,
        "enrol",
        "Set up another device" if again else "Set up a second factor",
        form=form,
        again=again,
        required=is_required(),
        picture=_picture(devices.address_of(user, secret)),
        secret=devices.for_typing(secret),
    )


def verify(request: HttpRequest) -> HttpResponse:
    """Show a code from the device, or one of the recovery codes."""
    user = cast(User, request.user)
    if is_verified(user) or not devices.is_enrolled(user):
        return HttpResponseRedirect(_onward(request))
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            device = devices.verify(user, form.cleaned_data["code"])
        except ValueError as error:
            form.add_error("code", str(error))
        else:
            request.session.cycle_key()
            django_otp.login(request, device)
            _count_codes(request, user)
            return HttpResponseRedirect(_onward(request))
    return _page(request, "verify", "Enter your code", form=form)


def _count_codes(request: HttpRequest, user: User) -> None:
    left = devices.codes_left(user)
    if left <= _FEW_CODES:
        messages.warning(
            request,
            f"{left or 'No'} recovery codes are left. Set your device up again to get {devices.RECOVERY_CODES}.",
        )


def _page(request: HttpRequest, template: str, title: str, **more: Any) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": title, "onward": _onward(request), **more}
    return TemplateResponse(request, f"second_factor/{template}.html", context)


def _onward(request: HttpRequest) -> str:
    """The page somebody was on the way to, if it is one of ours."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None) and asked.startswith(reverse("admin:index"))
    return asked if ours else reverse("admin:index")


def _picture(address: str) -> SafeString:
    """A QR code as SVG, drawn here: the secret is in it, so no other server may have a part in it."""
    # Safe: of our own making, and the address is in it as dots only.
    return SafeString(segno.make(address, error="m").svg_inline(scale=5, dark="#000", light="#fff", title="QR code"))
