"""Accounts of other systems: tills, back-office systems. Token and password are shown once, when they are made."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget

from safes import accounts
from safes.admin.bases import ago, instant
from safes.admin.keys import KeyAdmin, RotateForm
from safes.keys import live_now
from safes.models import MachineAccount, MachineKey

# CONTRACT.md, add_api_user.
_ROLES = (
    "A till asks for balances, issues, binds and activates cards. Client, call centre operator, marketer, senior "
    "employee, director and administrator do the same, and block and unblock for the reasons of their role. A reader "
    "reads the back office's API; a back office also writes there. An administrator may do everything."
)
_TOKEN, _PASSWORD = MachineKey.Scope.ACCOUNT_TOKEN, MachineKey.Scope.ACCOUNT_PASSWORD


class RotateAccountForm(RotateForm):
    which = forms.ChoiceField(
        label="What to change",
        choices=[(_TOKEN.value, "The token (Authorization: Token …)"), (_PASSWORD.value, "The password (Basic)")],
        initial=_TOKEN.value,
        widget=UnfoldAdminRadioSelectWidget,
    )
    field_order = ["which", "overlap"]


@admin.register(MachineAccount)
class MachineAccountAdmin(KeyAdmin):
    scopes = accounts.SCOPES
    rotate_form = RotateAccountForm
    list_display = ("username", "role", "last_used", "live", "active")
    list_filter = ("role", "active")
    search_fields = ("username",)
    when_empty = "Tills and back-office systems call with accounts of their own. Add one for each."
    readonly_fields = ("last_used", "made", "keys")
    fieldsets = (
        (None, {"fields": (("username", "role"), "active", ("made", "last_used"))}),
        ("How it shows who it is", {"fields": ("keys",)}),
    )
    add_fieldsets = ((None, {"fields": (("username", "role"),), "description": _ROLES}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[MachineAccount]:
        keys = MachineKey.objects.filter(scope__in=self.scopes, holder=OuterRef("pk")).order_by().values("holder")
        live = live_now(timezone.now()).filter(scope__in=self.scopes, holder=OuterRef("pk")).order_by().values("holder")
        known: QuerySet[MachineAccount] = super().get_queryset(request)
        return known.annotate(
            used_at=Subquery(keys.annotate(latest=Max("last_used_at")).values("latest")),
            live_count=Coalesce(Subquery(live.annotate(count=Count("pk")).values("count")), 0),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: MachineAccount | None = None) -> tuple[str, ...]:
        # Its name is what it signs in by, and what is told of what it did.
        return (*super().get_readonly_fields(request, obj), "username") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: MachineAccount | None = None) -> bool:
        """What it did stays told under its name; one that is no longer used is made inactive."""
        return False

    def save_model(
        self, request: HttpRequest, obj: MachineAccount, form: forms.ModelForm[MachineAccount], change: bool
    ) -> None:
        if change:
            accounts.save(obj)
        else:
            # They live as long as the request, whose answer shows them.
            _, password, token = accounts.create(obj)
            request.new_keys = [("Token", token), ("Password", password)]  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: MachineAccount, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.show_keys(request, obj, request.new_keys)  # type: ignore[attr-defined]

    def change_key(
        self, row: MachineAccount, overlap: dt.timedelta, newest_known: int, wanted: dict[str, Any]
    ) -> tuple[str, str, dt.datetime]:
        scope = MachineKey.Scope(wanted["which"])
        key, until = accounts.rotate(row.pk, scope, overlap, newest_known=newest_known)
        return "Token" if scope == _TOKEN else "Password", key, until

    def handed_over(self, row: MachineAccount) -> list[tuple[str, object]]:
        return [
            ("User name", row.username),
            ("Shown as", "Authorization: Token …, or the user name and the password (Basic)"),
            ("Address", settings.PUBLIC_URL),
        ]

    @display(description="made")
    def made(self, account: MachineAccount) -> str:
        return instant(account.created_at)

    @display(description="last used", ordering="used_at")
    def last_used(self, account: MachineAccount) -> str:
        return ago(getattr(account, "used_at", None), timezone.now())

    @display(description="live keys", ordering="live_count")
    def live(self, account: MachineAccount) -> int:
        return getattr(account, "live_count", 0)

    @display(description="keys")
    def keys(self, account: MachineAccount) -> SafeString:
        return self.key_table(account)
