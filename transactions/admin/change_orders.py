"""Change orders: how old they are, what may have been their delivery, and what people say of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget, UnfoldAdminTextareaWidget

from safes.admin.bases import (
    EstimatingPaginator,
    ViewOnlyAdmin,
    change_url,
    day,
    instant,
    link,
    money,
    nowrap,
    table,
    wall_clock,
)
from safes.admin.filters import SafeSiteFilter, SerialNumberFilter
from safes.admin.findings import LEADS
from safes.estate import standings_of
from safes.localtime import zone
from safes.models import Finding
from transactions.admin.leads import transactions_url
from transactions.models import ChangeOrder, ChangeOrderStep
from transactions.reconciliation.change_orders.steps import say_step, steps_of, withdraw_step

Step = ChangeOrderStep.Step
State = ChangeOrder.State
_SHOWN: dict[str, tuple[str, list[str]]] = {
    "waiting": ("ordered, not delivered", [State.ORDERED]),
    "delivered": ("delivered, not settled", [State.DELIVERED]),
    "settled": ("settled", [State.SETTLED]),
}


class StateFilter(DropdownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in _SHOWN.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(state__in=_SHOWN[value][1]) if value in _SHOWN else queryset


class StepForm(forms.Form):
    happened_on = forms.DateField(
        label="On which date?",
        widget=UnfoldAdminSingleDateWidget,
        error_messages={"required": "Give the date.", "invalid": "Write the date as 2026-11-21."},
    )
    note = forms.CharField(label="Note", required=False, max_length=4000, widget=UnfoldAdminTextareaWidget({"rows": 2}))


class WithdrawForm(forms.Form):
    step = forms.ChoiceField(label="What was said by mistake?", choices=Step.choices, widget=UnfoldAdminSelectWidget)


@admin.register(ChangeOrder)
class ChangeOrderAdmin(ViewOnlyAdmin):
    paginator = EstimatingPaginator
    list_display = ("date", "safe", "reference", "sum_ordered", "standing", "age", "suggestion")
    list_display_links = ("date", "reference")
    list_filter = (StateFilter, SerialNumberFilter, SafeSiteFilter)
    list_select_related = ("safe",)
    search_fields = ("=safe__serial_number", "=reference")
    search_help_text = "Serial number or change purchase number"
    when_empty = "Orders come with the change that is ordered at safes."
    ordering = ("-business_date", "safe", "-ordered_local_time")
    sortable_by = ()
    list_per_page = 100
    actions_detail = ("delivered", "settled", "withdraw")
    readonly_fields = (
        *("date", "place", "named", "ordered", "sum_ordered", "standing", "age", "suggestion"),
        *("delivery_date", "settlement_date", "said", "look_at"),
    )
    fieldsets = (
        (None, {"fields": (("date", "place"), ("named", "sum_ordered"), ("standing", "age"), "look_at")}),
        ("Ordered, delivered, settled", {"fields": ("ordered", "suggestion", ("delivery_date", "settlement_date"))}),
        ("What people said", {"fields": ("said",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChangeOrder]:
        return super().get_queryset(request).select_related("safe")

    def has_act_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("transactions.add_changeorderstep")

    def has_withdraw_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("transactions.change_changeorderstep")

    @action(description="Delivered", url_path="delivered", permissions=["act"], icon="local_shipping")
    def delivered(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._say(
            request, object_id, Step.DELIVERED, "Say that this order was delivered", "When did the change come?"
        )

    @action(description="Settled", url_path="settled", permissions=["act"], icon="task_alt")
    def settled(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._say(
            request, object_id, Step.SETTLED, "Say that this order was settled", "When did the bank charge it?"
        )

    def _say(self, request: HttpRequest, object_id: str, step: Step, title: str, explanation: str) -> HttpResponse:
        order: ChangeOrder = self.row(request, object_id)
        form = StepForm(request.POST or None, initial={"happened_on": _likely_date(order, step)})
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            try:
                say_step(order.pk, step, said["happened_on"], _user(request), said["note"])
            except ValueError as error:
                form.add_error(None, str(error))
            else:
                return self.acted(request, order, f"Said: {step} on {said['happened_on']}.")
        return self.act_page(request, order, form, title=title, explanation=explanation, button="Say so")

    @action(description="Withdraw", url_path="withdraw", permissions=["withdraw"], icon="undo")
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order: ChangeOrder = self.row(request, object_id)
        latest = Step.SETTLED if order.state == State.SETTLED else Step.DELIVERED
        form = WithdrawForm(request.POST or None, initial={"step": latest})
        if request.method == "POST" and form.is_valid():
            step = Step(form.cleaned_data["step"])
            try:
                withdraw_step(order.pk, step, _user(request))
            except ValueError as error:
                messages.error(request, str(error))
                return HttpResponseRedirect(change_url(order))
            return self.acted(request, order, f"Withdrawn: that it was {step}.")
        return self.act_page(
            request,
            order,
            form,
            title="Withdraw what was said of this order",
            explanation="It stays on record, and counts no more.",
            button="Withdraw",
        )

    @display(description="number")
    def named(self, row: ChangeOrder) -> str:
        return row.reference

    @display(description="ordered, safe's clock")
    def ordered(self, row: ChangeOrder) -> SafeString:
        return nowrap(wall_clock(row.ordered_local_time))

    @display(description="amount")
    def sum_ordered(self, row: ChangeOrder) -> SafeString:
        return nowrap(money(row.amount, row.currency))

    @display(description="state", label={"ordered": "warning", "delivered": "info", "settled": "success"})
    def standing(self, row: ChangeOrder) -> str:
        return row.state

    @display(description="waits for")
    def age(self, row: ChangeOrder) -> str:
        if row.state != State.ORDERED:
            return "nothing"
        days = max((timezone.now().date() - row.business_date).days, 0)
        return f"{days} day{'' if days == 1 else 's'}"

    @display(description="may have come", empty_value="no load of that amount")
    def suggestion(self, row: ChangeOrder) -> str | None:
        return wall_clock(row.suggested_local_time) if row.suggested_local_time else None

    @display(description="delivered on")
    def delivery_date(self, row: ChangeOrder) -> str:
        return day(row.delivered_on)

    @display(description="settled on")
    def settlement_date(self, row: ChangeOrder) -> str:
        return day(row.settled_on)

    @display(description="steps")
    def said(self, row: ChangeOrder) -> SafeString:
        rows = [
            (
                step.step,
                day(step.happened_on),
                step.note,
                str(step.said_by or "somebody"),
                nowrap(instant(step.said_at)),
                f"by {step.withdrawn_by or 'somebody'}, {instant(step.withdrawn_at)}" if step.withdrawn_at else "",
            )
            for step in steps_of(row)
        ]
        return table(("What", "On", "Note", "Said by", "Said", "Withdrawn"), rows)

    @display(description="look at")
    def look_at(self, row: ChangeOrder) -> SafeString:
        from_date = row.business_date.isoformat()
        filters = {"serial_number": row.safe.serial_number, "business_date_from": from_date}
        return link(transactions_url(**filters), "the safe's transactions from that day on")


def _likely_date(order: ChangeOrder, step: Step) -> dt.date:
    """What a form offers: the day of the load that may be the delivery, else today where the safe stands."""
    if step == Step.DELIVERED and order.suggested_local_time is not None:
        return order.suggested_local_time.date()
    place = standings_of([order.safe_id])[order.safe_id].on(timezone.now().date())
    return timezone.now().astimezone(zone(place.time_zone or "UTC")).date()


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def orders_url(**filters: str) -> str:
    """The list of change orders, filtered."""
    return f"{reverse('admin:transactions_changeorder_changelist')}?{urlencode(filters)}"


def _lead(finding: Finding) -> list[tuple[str, str]]:
    order = ChangeOrder.objects.filter(
        safe=finding.safe_id, reference=finding.detail.get("reference", ""), currency=finding.currency
    ).first()
    return [] if order is None else [(change_url(order), f"change order {order}")]


LEADS["change_order_overdue"] = _lead
