"""Deposits outside the safe and petty cash: entered as they come, withdrawn with a word."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.db.transaction import on_commit
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from safes.admin.bases import EMPTY, EstimatingPaginator, StaffAdmin, change_url, instant, money, nowrap
from safes.admin.filters import RecentFilter, SiteFilter
from safes.admin.findings import CommentForm
from safes.models import Site
from transactions.admin.takings import InForceFilter, plain_line
from transactions.models import OtherCash
from transactions.reconciliation.sites.soon import draw_sites_soon
from transactions.reconciliation.takings.other_cash import add_other_cash, read_other_cash, withdraw_other_cash


class OtherCashForm(forms.ModelForm[OtherCash]):
    """Lines as they are typed; the service says what is wrong with them."""

    where = forms.ModelChoiceField(Site.objects.all(), label="Site", widget=UnfoldAdminSelectWidget)
    day = plain_line(label="Business date", help_text="2026-11-21")
    what = forms.ChoiceField(choices=OtherCash.Kind.choices, label="Kind", widget=UnfoldAdminRadioSelectWidget)
    till = plain_line(label="Register", help_text="If it is of one.")
    sum = plain_line(label="Amount", help_text="In the currency of the site: 1560.00")
    why = forms.CharField(
        required=False,
        label="What for, or where to",
        help_text="A slip, a bag, a bank.",
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
    )

    _FIELDS = {
        "site": "where",
        "business_date": "day",
        "kind": "what",
        "register": "till",
        "amount": "sum",
        "note": "why",
    }

    class Meta:
        model = OtherCash
        fields: tuple[str, ...] = ()

    @property
    def said(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "site": said["where"],
            "date": said["day"],
            "kind": said["what"],
            "amount": said["sum"],
            "note": said["why"],
            "register": said["till"],
        }

    def _post_clean(self) -> None:
        if not {"where", "what"} <= self.cleaned_data.keys():
            return
        try:
            read_other_cash(**self.said)
        except ValidationError as error:
            for name, sentences in error.message_dict.items():
                self.add_error(self._FIELDS[name], sentences)


@admin.register(OtherCash)
class OtherCashAdmin(StaffAdmin):
    form = OtherCashForm
    paginator = EstimatingPaginator
    list_display = ("date", "site", "kind", "register", "cash", "note", "entered_by", "standing")
    list_display_links = ("date",)
    list_filter = (("business_date", RecentFilter), SiteFilter, ("kind", ChoicesDropdownFilter), InForceFilter)
    list_select_related = ("site", "register", "entered_by")
    search_fields = ("note", "=register__code")
    search_help_text = "What it was for, or a register"
    when_empty = "Cash of a site that went into no safe is entered here, so that it explains what is short there."
    sortable_by = ()
    list_per_page = 100
    actions_detail = ("withdraw",)
    readonly_fields = ("date", "site", "kind", "register", "cash", "note", "entered", "withdrawn")
    add_fieldsets = ((None, {"fields": (("where", "day"), "what", ("till", "sum"), "why")}),)
    fieldsets = (
        (None, {"fields": (("date", "site"), ("kind", "register", "cash"), "note", ("entered", "withdrawn"))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[OtherCash]:
        return super().get_queryset(request).select_related("site", "register", "entered_by", "withdrawn_by")

    def get_fieldsets(self, request: HttpRequest, obj: OtherCash | None = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: OtherCash | None = None) -> Any:
        return self.readonly_fields if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        # The lines of the form are its own, not the model's.
        return super().get_form(request, obj, change, **kwargs | {"fields": ()})

    def has_change_permission(self, request: HttpRequest, obj: OtherCash | None = None) -> bool:
        """A wrong line is withdrawn and entered anew, so that both can be looked up."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: OtherCash | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: OtherCash, form: OtherCashForm, change: bool) -> None:
        obj.pk = add_other_cash(by=request.user, **form.said).pk  # type: ignore[arg-type]
        obj.refresh_from_db()
        on_commit(draw_sites_soon)

    @action(description="Withdraw", url_path="withdraw", permissions=["act"], icon="undo")
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        line: OtherCash = self.row(request, object_id)
        form = CommentForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                withdraw_other_cash(line.pk, request.user, form.cleaned_data["comment"])  # type: ignore[arg-type]
            except ValueError as error:
                self.message_user(request, str(error), "error")
                return HttpResponseRedirect(change_url(line))
            draw_sites_soon()
            return self.acted(request, line, "Withdrawn. It explains nothing any more.")
        return self.act_page(
            request,
            line,
            form,
            title=f"Withdraw {line}",
            explanation="It counts for nothing from now on. It stays in the list of what was withdrawn, and your word.",
            button="Withdraw",
        )

    @display(description="amount")
    def cash(self, line: OtherCash) -> SafeString:
        return nowrap(money(line.amount, line.currency))

    @display(description="entered")
    def entered(self, line: OtherCash) -> str:
        return f"{instant(line.entered_at)}, by {line.entered_by}"

    @display(description="withdrawn")
    def withdrawn(self, line: OtherCash) -> str:
        if line.withdrawn_at is None:
            return EMPTY
        return f"{instant(line.withdrawn_at)}, by {line.withdrawn_by}: {line.withdrawn_because}"

    @display(description="standing", label={"in force": "success", "withdrawn": "warning"})
    def standing(self, line: OtherCash) -> str:
        return "withdrawn" if line.withdrawn_at else "in force"
