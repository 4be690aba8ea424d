"""Pickups: what was dropped, what the courier's servicing reported, and the slip that people enter."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from safes.admin.bases import EstimatingPaginator, ViewOnlyAdmin, change_url, money, nowrap, wall_clock
from safes.admin.filters import RecentFilter, SafeSiteFilter, SerialNumberFilter
from safes.admin.findings import LEADS
from safes.models import Finding
from transactions.admin.pickup_sheet import around, sheet_of, told
from transactions.admin.slip_form import SlipForm
from transactions.models import Pickup
from transactions.reconciliation.pickups.slips import Slip, keep_slip, slip_of


@admin.register(Pickup)
class PickupAdmin(ViewOnlyAdmin):
    paginator = EstimatingPaginator
    list_display = ("told", "safe", "standing", "opened", "serviced", "sum_content", "sum_report", "sum_variance")
    list_display_links = ("told",)
    list_filter = (
        ("last_on", RecentFilter),
        SerialNumberFilter,
        SafeSiteFilter,
        ("status", ChoicesDropdownFilter),
    )
    list_select_related = ("safe",)
    search_fields = ("=safe__serial_number", "=pickup_group_id")
    search_help_text = "Serial number, or pickup group"
    when_empty = "Pickups come here with their drops, by push or by file."
    ordering = ("-last_on", "-pk")
    sortable_by = ()
    list_per_page = 100
    actions_detail = ("enter_slip",)
    change_form_template = "staff/pickup.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pickup]:
        return super().get_queryset(request).select_related("safe")

    def get_fieldsets(self, request: HttpRequest, obj: Pickup | None = None) -> Any:
        # The page is a worksheet: nothing on it is a field.
        return [(None, {"fields": ()})]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Pickup | None = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context.update(sheet=sheet_of(obj), around=around(obj))
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    def has_act_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """The slip is what one may enter here; the pickup follows from what was sent."""
        return request.user.has_perms(["transactions.add_pickupslip", "transactions.change_pickupslip"])

    @action(description="Enter the slip", url_path="slip", permissions=["act"], icon="receipt")
    def enter_slip(self, request: HttpRequest, object_id: str) -> HttpResponse:
        pickup: Pickup = self.row(request, object_id)
        form = SlipForm(request.POST) if request.method == "POST" else SlipForm(initial=_initial(pickup))
        if form.is_valid():
            by = request.user if isinstance(request.user, User) else None
            try:
                keep_slip(pickup.pk, Slip(**form.cleaned_data), by)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return self.acted(request, pickup, "The slip is kept.")
        return self.act_page(
            request,
            pickup,
            form,
            title=f"Slip of {pickup}",
            explanation="What is on the bag and on the courier's receipt, and what was counted when it was opened. It "
            "takes the place of what was entered before; its history keeps that.",
            button="Keep",
        )

    @display(description="pickup")
    def told(self, pickup: Pickup) -> SafeString:
        return nowrap(told(pickup))

    @display(
        description="standing",
        label={"open": "info", "agreed": "success", "differs": "danger", "unjudged": "warning"},
    )
    def standing(self, pickup: Pickup) -> str:
        return str(pickup.get_status_display())

    @display(description="first drop")
    def opened(self, pickup: Pickup) -> SafeString:
        return _to_the_second(pickup.opened_local_time)

    @display(description="serviced")
    def serviced(self, pickup: Pickup) -> SafeString:
        return _to_the_second(pickup.serviced_local_time)

    @display(description="dropped")
    def sum_content(self, pickup: Pickup) -> SafeString:
        return _shown(pickup, pickup.content)

    @display(description="reported")
    def sum_report(self, pickup: Pickup) -> SafeString:
        return _shown(pickup, pickup.reported_amount)

    @display(description="variance")
    def sum_variance(self, pickup: Pickup) -> SafeString:
        return _shown(pickup, pickup.variance)


def _to_the_second(moment: dt.datetime | None) -> SafeString:
    """By the safe's clock; its fractions make no difference to anybody here."""
    return nowrap(wall_clock(moment and moment.replace(microsecond=0)))


def _shown(pickup: Pickup, amount: Any) -> SafeString:
    return nowrap(money(amount, pickup.currency))


def _initial(pickup: Pickup) -> dict[str, Any]:
    slip = slip_of(pickup)
    if slip is None:
        return {}
    return {
        "bag_numbers": "\n".join(slip.bag_numbers),
        "receipt_number": slip.receipt_number,
        "counted_amount": slip.counted_amount,
        "counted_by": slip.counted_by,
        "note": slip.note,
    }


def _lead(finding: Finding) -> list[tuple[str, str]]:
    if finding.safe is None:
        return []
    rows = Pickup.objects.filter(safe=finding.safe, currency=finding.currency)
    group = finding.detail.get("pickup_group_id")
    if isinstance(group, int):
        pickup = rows.filter(pickup_group_id=group).first()
    else:
        pickup = rows.filter(pickup_group_id=None, business_date=finding.business_date).order_by(F("pk").desc()).first()
    if pickup is not None:
        return [(change_url(pickup), "the pickup, its drops and its slip")]
    query = urlencode({"serial_number": finding.safe.serial_number, "last_on_from": "1990-01-01"})
    return [(f"{reverse('admin:transactions_pickup_changelist')}?{query}", "its pickups")]


LEADS.update(dict.fromkeys(("pickup_variance", "pickup_window_mismatch"), _lead))
