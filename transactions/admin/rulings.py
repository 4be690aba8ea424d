"""Rulings: how many times something happened, said on the page of the finding that asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from safes.admin.bases import ViewOnlyAdmin, change_url, instant, money, nowrap, wall_clock
from safes.admin.filters import SerialNumberFilter
from safes.admin.findings import SECTIONS
from safes.models import Finding
from transactions.models import Ruling
from transactions.recording.rulings import MOST
from transactions.twins import Twin, rule_on, twins_of, withdraw


class RuleForm(forms.Form):
    count = forms.IntegerField(
        label="How many times did it happen?",
        min_value=0,
        max_value=MOST,
        widget=UnfoldAdminIntegerFieldWidget({"autocomplete": "off", "min": 0, "max": MOST, "inputmode": "numeric"}),
        error_messages={"required": "Give a number; 0 says that it never happened."},
    )
    reason = forms.CharField(
        label="How do you know?",
        max_length=4000,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        error_messages={"required": "Say why: a ruling needs a reason."},
    )
    local_time = forms.CharField(widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput)
    in_force = forms.IntegerField(widget=forms.HiddenInput)

    def clean_local_time(self) -> dt.datetime:
        with _damage():
            return dt.datetime.fromisoformat(self.cleaned_data["local_time"])

    def clean_key(self) -> str:
        with _damage():
            return bytes.fromhex(self.cleaned_data["key"]).hex()


@contextmanager
def _damage() -> Iterator[None]:
    """What the page itself wrote into its form is read without fail, unless somebody changed it."""
    try:
        yield
    except ValueError:
        raise forms.ValidationError("This form was damaged on its way. Open the finding again.") from None


def may_rule(request: HttpRequest) -> bool:
    return request.user.has_perm("transactions.add_ruling")


@admin.register(Ruling)
class RulingAdmin(ViewOnlyAdmin):
    """Every ruling ever made, for looking back; they are made and withdrawn on their finding's page."""

    list_display = ("time", "safe", "count", "why", "who", "ruled", "standing")
    list_display_links = ("time",)
    list_filter = (SerialNumberFilter,)
    list_select_related = ("safe", "ruled_by", "withdrawn_by")
    search_fields = ("=safe__serial_number", "reason")
    search_help_text = "Serial number, or words of the reason"
    when_empty = "Rulings are made on the pages of findings that ask how often something happened."
    ordering = ("-ruled_at",)
    sortable_by = ()
    readonly_fields = ("time", "why", "who", "ruled", "standing")
    fieldsets = ((None, {"fields": (("safe", "time"), "count", "why", ("who", "ruled"), "standing")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ruling]:
        return super().get_queryset(request).select_related("safe", "ruled_by", "withdrawn_by")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("on-finding/<int:finding_id>/", view(self.rule_view), name="transactions_ruling_rule"),
            path(
                "on-finding/<int:finding_id>/withdraw/<int:ruling_id>/",
                view(self.withdraw_view),
                name="transactions_ruling_withdraw",
            ),
            *super().get_urls(),
        ]

    def rule_view(self, request: HttpRequest, finding_id: int) -> HttpResponse:
        finding = self._finding(request, finding_id)
        if request.method != "POST":
            return HttpResponseRedirect(change_url(finding))
        form = RuleForm(request.POST)
        if form.is_valid():
            said = form.cleaned_data
            moment = (said["local_time"], said["key"])
            try:
                rule_on(finding, moment, said["count"], said["reason"], _user(request), in_force=said["in_force"])
            except ValueError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, "Ruled. What is counted, and this finding, follow what you said.")
                return HttpResponseRedirect(change_url(finding))
        return self.act_page(
            request,
            finding,
            form,
            title="Rule how many times it happened",
            explanation="What you say is counted, whatever the messages show, until somebody withdraws it.",
            button="Rule",
        )

    def withdraw_view(self, request: HttpRequest, finding_id: int, ruling_id: int) -> HttpResponse:
        finding = self._finding(request, finding_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        ruling = Ruling.objects.filter(pk=ruling_id).first()
        if ruling is None:
            raise Http404("There is no such ruling.")
        try:
            withdraw(finding, ruling, _user(request))
        except ValueError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "The ruling was withdrawn: what the messages say holds again.")
        return HttpResponseRedirect(change_url(finding))

    def _finding(self, request: HttpRequest, finding_id: int) -> Finding:
        if not may_rule(request):
            raise PermissionDenied
        finding = Finding.objects.select_related("safe").filter(pk=finding_id, kind__in=_RULED_ON).first()
        if finding is None:
            raise Http404("There is no such finding to rule on.")
        return finding

    @display(description="safe's clock")
    def time(self, ruling: Ruling) -> SafeString:
        return nowrap(wall_clock(ruling.local_time))

    @display(description="reason")
    def why(self, ruling: Ruling) -> str:
        return ruling.reason

    @display(description="by")
    def who(self, ruling: Ruling) -> str:
        return str(ruling.ruled_by or "somebody at the command line")

    @display(description="ruled")
    def ruled(self, ruling: Ruling) -> SafeString:
        return nowrap(instant(ruling.ruled_at))

    @display(description="standing")
    def standing(self, ruling: Ruling) -> str:
        if ruling.withdrawn_at is None:
            return "in force"
        return f"replaced or withdrawn {instant(ruling.withdrawn_at)} by {ruling.withdrawn_by or 'somebody'}"


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _section(request: HttpRequest, finding: Finding) -> SafeString:
    """A card per key below the finding: what is stored and claimed, who showed it, and a form."""
    ruling = may_rule(request)
    cards = [(twin, _form(twin) if ruling else None, _words(twin)) for twin in twins_of(finding)]
    context = {"finding": finding, "cards": cards, "may_rule": ruling}
    return SafeString(render_to_string("staff/twins.html", context, request))


def _form(twin: Twin) -> RuleForm:
    return RuleForm(
        initial={
            "count": twin.in_force.count if twin.in_force else None,
            "local_time": twin.local_time.isoformat(),
            "key": twin.key,
            "in_force": twin.in_force.pk if twin.in_force else 0,
        },
        # Several forms stand on one page, and a label belongs to one field.
        auto_id=f"id_%s_{twin.local_time:%H%M%S%f}_{twin.key[:12]}",
    )


def _words(twin: Twin) -> dict[str, Any]:
    return {"time": wall_clock(twin.local_time), "amount": money(twin.amount, twin.currency)}


_RULED_ON = ("possible_twin", "pickup_group_mismatch")
SECTIONS.update(dict.fromkeys(_RULED_ON, _section))
