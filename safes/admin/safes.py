"""Safes and where they stand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from simple_history.utils import get_history_manager_for_model
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from safes.admin.bases import instant, link, nowrap
from safes.admin.safe_panels import safe_panels
from safes.admin.upload_resources import SafeResource
from safes.admin.uploads import UploadAdmin
from safes.estate import lock_safes, normal_serial, safe_changed
from safes.models import Finding, Placement, Safe, Site


class PlacementInline(TabularInline):
    model = Placement
    fields = ("starts_on", "site")
    ordering = ("starts_on",)
    verbose_name = "placement"
    verbose_name_plural = "where it stands: from each local date, the site (the first also holds for all dates before)"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            # In a table the heading is the label, which nothing but the eye can tell.
            field.widget.attrs["aria-label"] = db_field.verbose_name
        return field

    def get_extra(self, request: HttpRequest, obj: Safe | None = None, **kwargs: Any) -> int:
        return 0 if obj and obj.placements.exists() else 1


class StandsAtFilter(DropdownFilter):
    title = "site"
    parameter_name = "site"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        sites = Site.objects.order_by("code").values_list("code", "name")
        return [("-", "nowhere yet"), *((code, f"{code} {name}") for code, name in sites)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        return queryset.filter(Q(site_code=None) if value == "-" else Q(site_code=value))


class SafeForm(forms.ModelForm[Safe]):
    def clean_serial_number(self) -> str:
        return normal_serial(self.cleaned_data["serial_number"])

    def clean_status(self) -> str:
        status: str = self.cleaned_data["status"]
        if status == Safe.Status.UNREGISTERED and self.initial.get("status") != status:
            raise ValidationError("A safe that somebody enters here is registered: choose active or retired.")
        return status


_OPEN = (
    Finding.objects.filter(safe=OuterRef("pk"), state=Finding.State.OPEN)
    .order_by()
    .values("safe")
    .annotate(count=Count("pk"))
)


@admin.register(Safe)
class SafeAdmin(UploadAdmin):
    resource_classes = [SafeResource]
    form = SafeForm
    list_display = ("serial_number", "standing", "site", "model", "sum_held", "open_findings")
    # Apps that know more of safes add filters of theirs, and whether a safe is known from trials alone.
    list_filter: tuple[Any, ...] = ("status", StandsAtFilter)
    known_from_trials_alone: Any = Value(False)
    # What is in it now, in words; what else they know of a safe they hang on its page (safes.admin.safe_panels).
    held_now: Any = Value("")
    change_form_outer_before_template = "staff/panels/safe.html"
    search_fields = ("serial_number", "model")
    search_help_text = "Serial number or model"
    when_empty = (
        "Add safes one by one, upload a table of them, or let them come: one that nobody knows is listed when it sends."
    )
    fields = (("serial_number", "model"), ("status", "first_seen"))
    inlines = (PlacementInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Safe]:
        now = Placement.objects.filter(safe=OuterRef("pk"), starts_on__lte=timezone.now().date()).order_by("-starts_on")
        safes: QuerySet[Safe] = super().get_queryset(request)
        return safes.annotate(
            site_code=Subquery(now.values("site__code")[:1]),
            site_name=Subquery(now.values("site__name")[:1]),
            # Not by a join: that would count all findings of all safes for the fifty that are shown.
            open_count=Coalesce(Subquery(_OPEN.values("count")), 0),
            trials_alone=self.known_from_trials_alone,
            held=self.held_now,
        )

    def histories(self, pk: object) -> list[QuerySet[Any]]:
        return [*super().histories(pk), get_history_manager_for_model(Placement).filter(safe_id=pk)]

    def get_readonly_fields(self, request: HttpRequest, obj: Safe | None = None) -> Any:
        # The serial number is what its transactions are told by.
        return ("serial_number", "first_seen") if obj else ("first_seen",)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Safe | None = None, **kwargs: Any
    ) -> HttpResponse:
        context["safe_panels"] = safe_panels(request, obj) if obj else []
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    def has_delete_permission(self, request: HttpRequest, obj: Safe | None = None) -> bool:
        """What a safe sent is kept for ever, so a safe is retired, not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: Safe, form: forms.ModelForm[Safe], change: bool) -> None:
        if change:
            # Before its row is written: whoever records for this safe holds the same lock, in the same order.
            lock_safes([obj.pk])
        super().save_model(request, obj, form, change)

    def save_related(
        self,
        request: HttpRequest,
        form: forms.ModelForm[Safe],
        formsets: list[BaseInlineFormSet[Any, Any, Any]],
        change: bool,
    ) -> None:
        super().save_related(request, form, formsets, change)
        safe_changed(form.instance, moved=any(formset.has_changed() for formset in formsets))

    @display(
        description="status",
        ordering="status",
        label={
            "unregistered": "warning",
            "unregistered, test only": "info",
            "active": "success",
            "retired": "default",
        },
    )
    def standing(self, safe: Safe) -> str:
        return f"{safe.status}, test only" if getattr(safe, "trials_alone", False) else safe.status

    @display(description="site", ordering="site_code", empty_value="nowhere yet")
    def site(self, safe: Safe) -> str | None:
        code = getattr(safe, "site_code", None)
        return f"{code} {getattr(safe, 'site_name', '')}" if code else None

    @display(description="in it for the courier", empty_value="–")
    def sum_held(self, safe: Safe) -> SafeString | None:
        held = getattr(safe, "held", "")
        return nowrap(held) if held else None

    @display(description="first heard from", ordering="first_seen_at")
    def first_seen(self, safe: Safe) -> str:
        return instant(safe.first_seen_at)

    @display(description="open findings", ordering="open_count")
    def open_findings(self, safe: Safe) -> Any:
        count = getattr(safe, "open_count", 0)
        url = f"{reverse('admin:safes_finding_changelist')}?serial_number={safe.serial_number}"
        return link(url, count) if count else 0
