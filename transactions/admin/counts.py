"""Physical counts: entered by denomination, held against the books, withdrawn with a word."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from safes.admin.bases import (
    EMPTY,
    EstimatingPaginator,
    StaffAdmin,
    change_url,
    instant,
    money,
    nowrap,
    table,
    wall_clock,
)
from safes.admin.filters import RecentFilter, SafeSiteFilter, SerialNumberFilter
from safes.admin.findings import LEADS, CommentForm
from safes.models import Finding
from transactions.admin.count_form import CountForm
from transactions.admin.takings import InForceFilter
from transactions.models import PhysicalCount
from transactions.reconciliation.counts.checking import Held, held_against_books
from transactions.reconciliation.counts.keeping import enter_count, withdraw_count


@admin.register(PhysicalCount)
class CountAdmin(StaffAdmin):
    form = CountForm
    paginator = EstimatingPaginator
    list_display = ("date", "safe", "compartment", "use", "time", "cash", "result", "standing")
    list_display_links = ("date",)
    list_filter = (
        ("business_date", RecentFilter),
        SerialNumberFilter,
        SafeSiteFilter,
        ("compartment", ChoicesDropdownFilter),
        ("use", ChoicesDropdownFilter),
        InForceFilter,
    )
    list_select_related = ("safe",)
    search_fields = ("=safe__serial_number", "counted_by", "note")
    search_help_text = "Serial number, who counted, or words of the note"
    when_empty = "What somebody finds in a safe is entered here: an opening that the books go on from, or a check."
    ordering = ("-business_date", "-id")
    sortable_by = ()
    list_per_page = 100
    actions_detail = ("withdraw",)
    readonly_fields = (
        "date", "place", "compartment", "use", "time", "cash", "pieces", "against", "who", "note", "entered",
        "withdrawn",
    )  # fmt: skip
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    ("serial_number", "currency"), ("compartment", "use"), ("business_date", "local_time"),
                    "denominations", "amount", "counted_by", "note",
                )
            },
        ),
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": (("date", "place"), ("compartment", "use", "time"), ("cash", "against"), "pieces")}),
        ("Where it is from", {"fields": (("who", "entered"), "note", "withdrawn")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PhysicalCount]:
        return super().get_queryset(request).select_related("safe", "entered_by", "withdrawn_by")

    def get_fieldsets(self, request: HttpRequest, obj: PhysicalCount | None = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: PhysicalCount | None = None) -> Any:
        return self.readonly_fields if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        # The fields of the form are its own, not the model's.
        return super().get_form(request, obj, change, **kwargs | {"fields": ()})

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"currency": "USD", **super().get_changeform_initial_data(request)}

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Each check of the page with what the books have, asked for all at once."""
        found = super().get_changelist_instance(request)
        _hold(list(found.result_list))
        return found

    def has_change_permission(self, request: HttpRequest, obj: PhysicalCount | None = None) -> bool:
        """A wrong count is withdrawn and entered anew, so that both can be looked up."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PhysicalCount | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: PhysicalCount, form: CountForm, change: bool) -> None:
        by = request.user if isinstance(request.user, User) else None
        obj.pk = enter_count(form.safe, form.said, by).pk
        obj.refresh_from_db()

    @action(description="Withdraw", url_path="withdraw", permissions=["act"], icon="undo")
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        count: PhysicalCount = self.row(request, object_id)
        form = CommentForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            by = request.user if isinstance(request.user, User) else None
            try:
                withdraw_count(count.pk, form.cleaned_data["comment"], by)
            except ValueError as error:
                self.message_user(request, str(error), "error")
                return HttpResponseRedirect(change_url(count))
            return self.acted(request, count, "Withdrawn. The books go on as if nobody had counted.")
        return self.act_page(
            request,
            count,
            form,
            title=f"Withdraw the count of {count}",
            explanation="It counts for nothing from now on. It stays in the list of what was withdrawn, with your word "
            "why.",
            button="Withdraw",
        )

    @display(description="safe's clock")
    def time(self, count: PhysicalCount) -> SafeString:
        if count.use == PhysicalCount.Use.OPENING:
            return nowrap("beginning of the day")
        return nowrap(wall_clock(count.local_time) if count.local_time else "end of the day")

    @display(description="counted")
    def cash(self, count: PhysicalCount) -> SafeString:
        return nowrap(money(count.amount, count.currency))

    @display(
        description="against the books", label={"agrees": "success", "differs": "danger", "goes into them": "info"}
    )
    def result(self, count: PhysicalCount) -> str | None:
        if count.use == PhysicalCount.Use.OPENING:
            return "goes into them"
        held = _held(count)
        return ("agrees" if held.agrees else "differs") if held else None

    @display(description="against the books")
    def against(self, count: PhysicalCount) -> object:
        held = _held(count)
        if held is None:
            return EMPTY
        since = "" if held.is_since_opening else ", since first seen"
        if held.agrees:
            return f"agrees{since}"
        expected, difference = (money(amount, count.currency) for amount in (held.expected, held.difference))
        return f"the books have {expected}{since}; it differs by {difference}"

    @display(description="by denomination")
    def pieces(self, count: PhysicalCount) -> SafeString:
        return table(("Unit value", "Count"), count.denominations)

    @display(description="counted by")
    def who(self, count: PhysicalCount) -> str:
        return count.counted_by or EMPTY

    @display(description="entered")
    def entered(self, count: PhysicalCount) -> str:
        return f"{instant(count.entered_at)} by {count.entered_by or 'somebody at the command line'}"

    @display(description="withdrawn")
    def withdrawn(self, count: PhysicalCount) -> str:
        if count.withdrawn_at is None:
            return EMPTY
        return f"{instant(count.withdrawn_at)} by {count.withdrawn_by or 'somebody'}: {count.withdrawn_because}"

    @display(description="standing", label={"in force": "success", "withdrawn": "warning"})
    def standing(self, count: PhysicalCount) -> str:
        return "withdrawn" if count.withdrawn_at else "in force"


def _hold(counts: list[PhysicalCount]) -> None:
    held = held_against_books(counts)
    for count in counts:
        count.held = held.get(count.pk)  # type: ignore[attr-defined]


def _held(count: PhysicalCount) -> Held | None:
    if not hasattr(count, "held"):
        _hold([count])
    held: Held | None = count.held  # type: ignore[attr-defined]
    return held


def _lead(finding: Finding) -> list[tuple[str, str]]:
    count = finding.detail.get("count")
    if not isinstance(count, int):
        return []
    url = reverse("admin:transactions_physicalcount_change", args=[count])
    return [(url, "the count, and what the books have")]


LEADS["count_variance"] = _lead
