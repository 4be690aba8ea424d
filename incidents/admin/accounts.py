"""Loomis accounts: what was arranged, whether Loomis is reached, and the key of its updates, shown once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldBooleanSwitchWidget

from incidents import arranging
from incidents.models import LoomisAccount
from safes.admin.bases import ago, instant, link
from safes.admin.keys import KeyAdmin
from safes.models import MachineKey


class AccountForm(forms.ModelForm[LoomisAccount]):
    credential = forms.CharField(
        required=False,
        strip=False,
        max_length=4000,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="HTTP: the value of that header. SFTP: the password. Kept encrypted and never shown. Empty: the one "
        "that is stored stays.",
    )
    forget_credential = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        label="Take the credential away",
        help_text="Nothing is shown to Loomis then.",
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("credential") and given.get("forget_credential"):
            raise ValidationError("Give another credential or take it away, not both.")
        if not self.errors:
            # Before the database's own constraints say it in their way.
            said = {name: given[name] for name in ("transport", "dispatch_url", "bank_name")}
            arranging.go_together(LoomisAccount(dialect=given.get("dialect", self.instance.dialect), **said))
        return given


@admin.register(LoomisAccount)
class LoomisAccountAdmin(KeyAdmin):
    form = AccountForm
    list_display = ("name", "dialect", "customer_number", "place", "trouble", "last_sent", "last_heard", "active")
    list_filter = ("dialect", "transport", "active")
    search_fields = ("name", "customer_number")
    search_help_text = "Name or customer number"
    when_empty = "Nothing can be reported yet. Add an account for each customer number that Loomis gave you."
    scopes = (MachineKey.Scope.INCIDENT_UPDATES,)
    readonly_fields = ("address", "keys", "trouble", "mishap", "last_sent", "last_heard", "polled", "has", "its")
    _out = (
        "How dispatches go out",
        {"fields": (("transport", "dispatch_url"), ("auth_header", "credential"), ("host_key", "bank_name"))},
    )
    _who = ("Who is told, and when", {"fields": (("acknowledge_minutes", "notify"),)})
    add_fieldsets = (
        (None, {"fields": (("name", "dialect"), ("customer_number", "service_provider"))}),
        _out,
        ("How Loomis shows its key", {"fields": ("key_name",)}),
        _who,
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "dialect"),
                    ("customer_number", "service_provider"),
                    ("trouble", "mishap"),
                    ("last_sent", "last_heard", "polled"),
                    ("active", "its"),
                )
            },
        ),
        (
            _out[0],
            {"fields": (*_out[1]["fields"], ("has", "forget_credential"))},
        ),
        ("How updates come in", {"fields": ("address", "key_name", "keys")}),
        _who,
    )

    def get_fieldsets(self, request: HttpRequest, obj: LoomisAccount | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        if self.has_change_permission(request, obj):
            return self.fieldsets
        # The form is not there for who may only look, so its own two fields are not either.
        without = (("transport", "dispatch_url"), ("auth_header", "has"), ("host_key", "bank_name"))
        return [
            (title, {"fields": without}) if title == self._out[0] else (title, said) for title, said in self.fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: LoomisAccount | None = None) -> tuple[str, ...]:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "name", "dialect") if obj else fixed

    def has_delete_permission(self, request: HttpRequest, obj: LoomisAccount | None = None) -> bool:
        """Its incidents refer to it for ever; one that is no longer used is made inactive."""
        return False

    def save_model(
        self, request: HttpRequest, obj: LoomisAccount, form: forms.ModelForm[LoomisAccount], change: bool
    ) -> None:
        said = form.cleaned_data
        if change:
            kept = None if not said.get("credential") else said["credential"]
            arranging.save(obj, "" if said.get("forget_credential") else kept)
        else:
            # Lives as long as the request, whose answer shows it.
            _, request.new_key = arranging.create(obj, said.get("credential", ""))  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: LoomisAccount, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.show_keys(request, obj, [("Key", request.new_key)])  # type: ignore[attr-defined]

    def change_key(
        self, row: LoomisAccount, overlap: dt.timedelta, newest_known: int, wanted: dict[str, Any]
    ) -> tuple[str, str, dt.datetime]:
        return "Key", *arranging.rotate(row.name, overlap, newest_known=newest_known)

    def handed_over(self, row: LoomisAccount) -> list[tuple[str, object]]:
        return [
            ("Address", arranging.update_url(row.name)),
            ("Key name", f"{row.key_name}, a header"),
            ("Give it to", "Loomis's support, all of it: updates of incidents are sent there"),
        ]

    @display(description="where", ordering="dispatch_url")
    def place(self, account: LoomisAccount) -> str:
        return account.dispatch_url

    @display(description="trouble", label={"fine": "success", "new": "info", "failing": "danger"})
    def trouble(self, account: LoomisAccount) -> str:
        if not account.active:
            return "off"
        if account.failing_since is not None or account.poll_error:
            return "failing"
        return "fine" if account.sent_at or account.heard_at else "new"

    @display(description="what is wrong")
    def mishap(self, account: LoomisAccount) -> str:
        said = []
        if account.failing_since is not None:
            times = f", {account.failures} times in a row" if account.failures > 1 else ""
            said.append(f"{account.error} So since {instant(account.failing_since)}{times}.")
        if account.poll_error:
            said.append(f"Its answers cannot be fetched: {account.poll_error}")
        return " ".join(said) or "Nothing."

    @display(description="last got through", ordering="sent_at")
    def last_sent(self, account: LoomisAccount) -> str:
        return ago(account.sent_at, timezone.now())

    @display(description="last heard", ordering="heard_at")
    def last_heard(self, account: LoomisAccount) -> str:
        return ago(account.heard_at, timezone.now())

    @display(description="answers last looked for")
    def polled(self, account: LoomisAccount) -> str:
        return instant(account.polled_at) if account.transport == LoomisAccount.Transport.SFTP else "come over HTTP"

    @display(description="a credential is stored")
    def has(self, account: LoomisAccount) -> str:
        return "yes" if account.sealed_credential else "no"

    @display(description="address")
    def address(self, account: LoomisAccount) -> str:
        return arranging.update_url(account.name)

    @display(description="keys")
    def keys(self, account: LoomisAccount) -> SafeString:
        return self.key_table(account)

    @display(description="its rows")
    def its(self, account: LoomisAccount) -> SafeString:
        asked = f"?account__id__exact={account.pk}"
        rooms = [("incident", "incidents"), ("incidentmessage", "messages"), ("faultcode", "fault codes")]
        if account.dialect == LoomisAccount.Dialect.ATM:
            rooms.append(("atm", "ATMs"))
        links = [link(reverse(f"admin:incidents_{room}_changelist") + asked, words) for room, words in rooms]
        return format_html_join(SafeString(" · "), "{}", ((one,) for one in links))
