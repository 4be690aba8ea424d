"""Registers: tills, by the names the safes and the tills give them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display

from safes.admin.upload_resources import RegisterResource
from safes.admin.uploads import UploadAdmin
from safes.models import Register
from safes.registers import confirm_register, keep_register


@admin.register(Register)
class RegisterAdmin(UploadAdmin):
    resource_classes = [RegisterResource]
    list_display = ("code", "name", "site", "known")
    list_filter = (("site", RelatedDropdownFilter), "confirmed")
    list_select_related = ("site",)
    search_help_text = "Code or name of a register or its site"
    when_empty = "Add tills one by one, or upload a table of them. Transactions name them even when they are not here."
    search_fields = ("code", "name", "site__code", "site__name")
    fields = ("site", ("code", "name"), "known")
    readonly_fields = ("known",)
    ordering = ("site__code", "code")
    actions = ("confirm_marked",)
    actions_detail = ("confirm",)

    def get_fields(self, request: HttpRequest, obj: Register | None = None) -> Any:
        return self.fields if obj else self.fields[:-1]

    def get_readonly_fields(self, request: HttpRequest, obj: Register | None = None) -> tuple[str, ...]:
        # Transactions and takings tell it by these two; its name is for people.
        return (*self.readonly_fields, "site", "code") if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Register, form: forms.ModelForm[Register], change: bool) -> None:
        obj.pk = keep_register(obj.site, obj.code, obj.name).pk

    @action(description="Confirm", url_path="confirm", permissions=["act"], icon="verified")
    def confirm(self, request: HttpRequest, object_id: str) -> HttpResponse:
        register: Register = self.row(request, object_id)
        if request.method != "POST":
            return self.act_page(
                request,
                register,
                forms.Form(),
                title=f"Confirm register {register} at {register.site.code}",
                explanation="Takings named it, and nobody had entered it. Confirm it if there is such a till; the "
                "finding that asks for it closes.",
                button="Confirm",
            )
        if confirm_register(register.pk):
            return self.acted(request, register, "Confirmed.")
        return self.acted(request, register, "This register is confirmed already.", messages.WARNING)

    @admin.action(description="Confirm the selected", permissions=["act"])
    def confirm_marked(self, request: HttpRequest, queryset: QuerySet[Register]) -> None:
        confirmed = [register for register in queryset.filter(confirmed=False) if confirm_register(register.pk)]
        for register in confirmed:
            self.log_change(request, register, "Confirmed.")
        messages.success(request, f"Confirmed: {len(confirmed)}.")

    @display(description="known", label={"entered": "success", "named by takings": "warning"})
    def known(self, register: Register) -> str:
        return "entered" if register.confirmed else "named by takings"
