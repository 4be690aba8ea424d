"""Push endpoints and their keys. A key is shown on the page that answers its making, and on no other."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from safes.admin.bases import ago
from safes.admin.keys import KeyAdmin
from safes.models import MachineKey
from transactions import endpoints
from transactions.models import Delivery, PushEndpoint

# Longer than this without a push, and somebody should ask why.
_QUIET = dt.timedelta(hours=24)


class EndpointForm(forms.ModelForm[PushEndpoint]):
    types = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="The types Loomis was asked to send, with commas between; empty: all.",
    )
    expected_metadata = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="Metadata Loomis was asked to send, a line each: Country=US. A push without it is taken and says so.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            pairs = self.instance.expected_metadata.items()
            self.initial["types"] = ", ".join(self.instance.types)
            self.initial["expected_metadata"] = "\n".join(f"{name}={value}" for name, value in pairs)

    def clean_types(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["types"].split(",") if name.strip()]

    def clean_expected_metadata(self) -> dict[str, str]:
        pairs = {}
        for line in self.cleaned_data["expected_metadata"].splitlines():
            name, sign, value = line.partition("=")
            if line.strip() and not (sign and name.strip()):
                raise forms.ValidationError(f"“{line[:60]}” is not a name and a value: write Country=US.")
            if name.strip():
                pairs[name.strip()] = value.strip()
        return pairs


@admin.register(PushEndpoint)
class PushEndpointAdmin(KeyAdmin):
    form = EndpointForm
    list_display = ("name", "environment_label", "placement", "key_name", "last_push", "trouble", "active")
    list_filter = ("environment", "active")
    search_fields = ("name",)
    search_help_text = "Name"
    when_empty = "Nothing can arrive yet. Add an endpoint, and give its address and key to Loomis's support."
    scopes = (MachineKey.Scope.PUSH,)
    readonly_fields = ("address", "keys", "last_push", "trouble")
    fieldsets = (
        (None, {"fields": (("name", "environment"), "active", "address", ("last_push", "trouble"))}),
        ("How Loomis shows its key", {"fields": (("placement", "key_name"), "keys")}),
        (
            "What was arranged",
            {"fields": (("batch_limit", "max_body_bytes"), "types", "expected_metadata")},
        ),
    )
    add_fieldsets = (
        (None, {"fields": (("name", "environment"),)}),
        ("How Loomis shows its key", {"fields": (("placement", "key_name"),)}),
        (
            "What was arranged",
            {"fields": (("batch_limit", "max_body_bytes"), "types", "expected_metadata")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PushEndpoint]:
        latest = Delivery.objects.filter(endpoint=OuterRef("pk")).order_by("-received_at").values("received_at")[:1]
        known: QuerySet[PushEndpoint] = super().get_queryset(request)
        return known.annotate(pushed_at=Subquery(latest))

    def get_readonly_fields(self, request: HttpRequest, obj: PushEndpoint | None = None) -> tuple[str, ...]:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "name", "environment") if obj else fixed

    def has_delete_permission(self, request: HttpRequest, obj: PushEndpoint | None = None) -> bool:
        """What came by it refers to it for ever; one that is no longer used is made inactive."""
        return False

    def save_model(
        self, request: HttpRequest, obj: PushEndpoint, form: forms.ModelForm[PushEndpoint], change: bool
    ) -> None:
        if change:
            endpoints.save(obj)
        else:
            # Lives as long as the request, whose answer shows it.
            _, request.new_key = endpoints.create(obj)  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: PushEndpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.show_keys(request, obj, [("Key", request.new_key)])  # type: ignore[attr-defined]

    def change_key(
        self, row: PushEndpoint, overlap: dt.timedelta, newest_known: int, wanted: dict[str, Any]
    ) -> tuple[str, str, dt.datetime]:
        return "Key", *endpoints.rotate(row.name, overlap, newest_known=newest_known)

    def handed_over(self, row: PushEndpoint) -> list[tuple[str, object]]:
        return [
            ("Address", endpoints.address(row.name)),
            ("Key name", f"{row.key_name} in the {row.get_placement_display()}"),
            ("Give it to", "Loomis's support, all of it"),
        ]

    @display(description="environment", ordering="environment", label={"production": "success", "test": "warning"})
    def environment_label(self, endpoint: PushEndpoint) -> str:
        return endpoint.environment

    @display(description="address")
    def address(self, endpoint: PushEndpoint) -> str:
        return endpoints.address(endpoint.name)

    @display(description="last push", ordering="pushed_at")
    def last_push(self, endpoint: PushEndpoint) -> str:
        pushed_at = getattr(endpoint, "pushed_at", None)
        if pushed_at is None:
            return "never"
        hours = (timezone.now() - pushed_at).total_seconds() / 3600
        return f"{hours:.1f} h ago" if hours < 100 else ago(pushed_at, timezone.now())

    @display(description="trouble", label={"fine": "success", "quiet": "warning", "turned away": "danger"})
    def trouble(self, endpoint: PushEndpoint) -> str:
        if not endpoint.active:
            return "off"
        if endpoint.rejected_count or endpoint.oversized_count:
            return "turned away"
        pushed_at = getattr(endpoint, "pushed_at", None)
        return "fine" if pushed_at and timezone.now() - pushed_at < _QUIET else "quiet"

    @display(description="keys")
    def keys(self, endpoint: PushEndpoint) -> SafeString:
        return self.key_table(endpoint)
