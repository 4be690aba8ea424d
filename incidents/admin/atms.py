"""ATMs, and the fault codes that were agreed on with Loomis."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from incidents.admin.upload_resources import AtmResource, FaultCodeResource
from incidents.arranging import keep_atm, keep_fault_code
from incidents.lifecycle import OPEN
from incidents.models import Atm, FaultCode, Incident, LoomisAccount
from safes.admin.bases import EMPTY, link
from safes.admin.filters import SiteFilter
from safes.admin.uploads import UploadAdmin

_OPEN = (
    Incident.objects.filter(atm=OuterRef("pk"), state__in=OPEN)
    .order_by()
    .values("atm")
    .annotate(count=Count("pk"))
    .values("count")
)


class AtmForm(forms.ModelForm[Atm]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "account" in self.fields:
            accounts = LoomisAccount.objects.filter(dialect=LoomisAccount.Dialect.ATM)
            self.fields["account"].queryset = accounts  # type: ignore[attr-defined]

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"].strip().upper()
        if Atm.objects.filter(number=number).exclude(pk=self.instance.pk).exists():
            raise ValidationError(f"There is an ATM {number} already.")
        return number


@admin.register(Atm)
class AtmAdmin(UploadAdmin):
    resource_classes = [AtmResource]
    form = AtmForm
    list_display = ("number", "account", "site", "model", "open_incidents", "active")
    list_filter = (("account", RelatedDropdownFilter), SiteFilter, "active")
    list_select_related = ("account", "site")
    search_fields = ("number", "model", "site__code", "site__name")
    search_help_text = "Number, model or site"
    when_empty = "Add cash machines one by one, or upload a table of them."
    fields = (("number", "account"), ("site", "model"), "active", "report")
    readonly_fields = ("report",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Atm]:
        atms: QuerySet[Atm] = super().get_queryset(request)
        return atms.annotate(open_count=Coalesce(Subquery(_OPEN), 0))

    def get_fields(self, request: HttpRequest, obj: Atm | None = None) -> Any:
        may = obj is not None and request.user.has_perm("incidents.add_incident")
        return self.fields if may else self.fields[:-1]

    def get_readonly_fields(self, request: HttpRequest, obj: Atm | None = None) -> tuple[str, ...]:
        # Loomis knows it by its number.
        return (*self.readonly_fields, "number") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Atm | None = None) -> bool:
        """One that was reported is told of for ever; it is made inactive."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.incidents.exists())

    def save_model(self, request: HttpRequest, obj: Atm, form: forms.ModelForm[Atm], change: bool) -> None:
        obj.pk = keep_atm(obj).pk

    @display(description="open incidents", ordering="open_count")
    def open_incidents(self, atm: Atm) -> Any:
        count = getattr(atm, "open_count", 0)
        url = f"{reverse('admin:incidents_incident_changelist')}?{urlencode({'q': atm.number, 'asks': 'open'})}"
        return link(url, count) if count else 0

    @display(description="something is wrong")
    def report(self, atm: Atm) -> SafeString:
        if not atm.active or not atm.account.active:
            return EMPTY
        url = reverse("admin:incidents_incident_add")
        return link(f"{url}?{urlencode({'account': atm.account.name, 'device': atm.number})}", "raise an incident")


class FaultCodeForm(forms.ModelForm[FaultCode]):
    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        account, code = given.get("account"), str(given.get("code", "")).strip()
        if account and account.fault_codes.filter(code=code).exclude(pk=self.instance.pk).exists():
            raise ValidationError({"code": f"The account {account} has the fault code {code} already."})
        return given


@admin.register(FaultCode)
class FaultCodeAdmin(UploadAdmin):
    resource_classes = [FaultCodeResource]
    form = FaultCodeForm
    list_display = ("code", "account", "description", "amounts_required", "active")
    list_filter = (("account", RelatedDropdownFilter), "amounts_required", "active")
    list_select_related = ("account",)
    search_fields = ("code", "description")
    search_help_text = "Code or description"
    when_empty = "Add the codes that were agreed on with Loomis one by one, or upload a table of them."
    fields = (("account", "code"), "description", ("amounts_required", "active"))

    def get_readonly_fields(self, request: HttpRequest, obj: FaultCode | None = None) -> tuple[str, ...]:
        # Incidents were reported with it.
        return ("account", "code") if obj else ()

    def save_model(self, request: HttpRequest, obj: FaultCode, form: forms.ModelForm[FaultCode], change: bool) -> None:
        obj.pk = keep_fault_code(obj).pk
