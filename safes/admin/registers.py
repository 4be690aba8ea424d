"""Registers: tills, by the names the safes and the tills give them."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter

from safes.admin.upload_resources import RegisterResource
from safes.admin.uploads import UploadAdmin
from safes.models import Register


@admin.register(Register)
class RegisterAdmin(UploadAdmin):
    resource_classes = [RegisterResource]
    list_display = ("code", "name", "site")
    list_filter = (("site", RelatedDropdownFilter),)
    list_select_related = ("site",)
    search_help_text = "Code or name of a register or its site"
    when_empty = "Add tills one by one, or upload a table of them. Transactions name them even when they are not here."
    search_fields = ("code", "name", "site__code", "site__name")
    fields = ("site", ("code", "name"))
    ordering = ("site__code", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: Register | None = None) -> tuple[str, ...]:
        # Transactions and takings tell it by these two; its name is for people.
        return ("site", "code") if obj else ()
