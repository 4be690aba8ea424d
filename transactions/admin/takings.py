"""Takings: what the tills say was banked; sent, uploaded or typed in, put right and withdrawn."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.db.transaction import on_commit
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from import_export.results import Result
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from safes.admin.bases import EstimatingPaginator, change_url, day, instant, link, money, nowrap
from safes.admin.filters import PresetFilter, RecentFilter, SiteFilter
from safes.admin.findings import CommentForm
from safes.admin.uploads import UploadAdmin
from transactions.admin.taking_upload import TakingResource
from transactions.admin.takings_desk import TakingsDeskAdmin
from transactions.models import Taking
from transactions.reconciliation.sites.soon import draw_sites_soon
from transactions.reconciliation.takings.book import Teller
from transactions.reconciliation.takings.keeping import enter, mistakes, withdraw


class TakingSiteFilter(SiteFilter):
    path = "register__site__code"


class InForceFilter(PresetFilter):
    """Takings that count, unless somebody looks for those that were withdrawn."""

    title = "standing"
    parameter_name = "standing"
    preset = "in_force"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("in_force", "in force"), ("withdrawn", "withdrawn"), ("all", "all")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset if value == "all" else queryset.filter(withdrawn_at__isnull=value == "in_force")


def plain_line(**options: Any) -> forms.CharField:
    """A line to type in."""
    # Not required here: whoever reads it says what is missing, in the words of every door.
    widget = UnfoldAdminTextInputWidget({"autocomplete": "off", **options.pop("attrs", {})})
    return forms.CharField(required=False, strip=False, widget=widget, **options)


class TakingForm(forms.ModelForm[Taking]):
    """Lines as they are typed. What they mean is for the service to say, as for an upload and the API."""

    site_code = plain_line(label="Site", help_text="Its code.")
    day = plain_line(label="Business date", help_text="2026-11-21", attrs={"inputmode": "numeric"})
    till = plain_line(label="Register", help_text="By the name that the safe and the till give it.")
    person = plain_line(label="Cashier", help_text="If known: as the safe spells it; case does not count.")
    sum = plain_line(label="Amount", help_text="In the currency of the site: 1560.00", attrs={"inputmode": "decimal"})
    number = plain_line(
        label="Reference", help_text="Of a Z report, say. The same reference sent again replaces this one."
    )

    _FIELDS = {
        "site": "site_code",
        "business_date": "day",
        "register": "till",
        "cashier": "person",
        "amount": "sum",
        "reference": "number",
    }

    class Meta:
        model = Taking
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taking = self.instance
        if taking.pk:
            self.initial = {
                "site_code": taking.register.site.code,
                "day": day(taking.business_date),
                "till": taking.register.code,
                "person": taking.cashier,
                "sum": f"{taking.amount:f}",
                "number": taking.reference or "",
            }

    @property
    def row(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(field, "") for name, field in self._FIELDS.items()}

    def _post_clean(self) -> None:
        # In the place of the model's own look at it, which would see no codes.
        for name, sentences in mistakes(self.row, self.instance.pk).items():
            self.add_error(self._FIELDS.get(name), sentences)


@admin.register(Taking)
class TakingAdmin(TakingsDeskAdmin, UploadAdmin):
    form = TakingForm
    resource_classes = [TakingResource]
    offers_good_rows = True
    paginator = EstimatingPaginator
    list_display = ("date", "site", "till", "cashier", "cash", "reference", "told_by", "standing")
    list_display_links = ("date",)
    list_filter = (("business_date", RecentFilter), TakingSiteFilter, "source", InForceFilter)
    list_select_related = ("register__site", "entered_by", "account")
    search_fields = ("=reference", "=register__code", "cashier")
    search_help_text = "Reference, register or cashier"
    when_empty = "Systems of the tills send takings to /api/v1/takings. Upload a table of them, or add them one by one."
    ordering = ("-business_date", "register__site__code", "register__code", "cashier")
    sortable_by = ()
    list_per_page = 100
    actions_detail = ("withdraw",)
    readonly_fields = ("told_by", "said_at", "standing", "of_day")
    add_fieldsets = ((None, {"fields": (("site_code", "day"), ("till", "person"), ("sum", "number"))}),)
    fieldsets = (
        *add_fieldsets,
        ("Where it is from", {"fields": (("told_by", "said_at"), ("standing", "of_day"))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Taking]:
        return super().get_queryset(request).select_related("register__site", "entered_by", "account")

    def get_fieldsets(self, request: HttpRequest, obj: Taking | None = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        # The lines of the form are its own, not the model's.
        return super().get_form(request, obj, change, **kwargs | {"fields": ()})

    def has_delete_permission(self, request: HttpRequest, obj: Taking | None = None) -> bool:
        """What was said of cash stays; a mistake is withdrawn."""
        return False

    def save_model(self, request: HttpRequest, obj: Taking, form: TakingForm, change: bool) -> None:
        kept = enter(form.row, Teller(Taking.Source.TYPED, user_id=request.user.pk), obj.pk)
        obj.pk = kept.pk
        obj.refresh_from_db()
        on_commit(draw_sites_soon)

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        draw_sites_soon()
        return super().process_result(result, request)

    @action(description="Withdraw", url_path="withdraw", permissions=["act"], icon="undo")
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        taking: Taking = self.row(request, object_id)
        form = CommentForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                withdraw(taking.pk, form.cleaned_data["comment"])
            except ValueError as error:
                self.message_user(request, str(error), "error")
                return HttpResponseRedirect(change_url(taking))
            draw_sites_soon()
            return self.acted(request, taking, "Withdrawn. Sent or entered again, they count again.")
        return self.act_page(
            request,
            taking,
            form,
            title=f"Withdraw the takings of {taking}",
            explanation="They count for nothing from now on, as if nobody had said them. They stay in the list of what "
            "was withdrawn, with your word why.",
            button="Withdraw",
        )

    @display(description="site")
    def site(self, taking: Taking) -> str:
        return taking.register.site.code

    @display(description="register")
    def till(self, taking: Taking) -> str:
        return taking.register.code

    @display(description="amount")
    def cash(self, taking: Taking) -> SafeString:
        return nowrap(money(taking.amount, taking.currency))

    @display(description="told by")
    def told_by(self, taking: Taking) -> str:
        teller = taking.entered_by or taking.account
        source = taking.get_source_display()
        return f"{source}: {teller}" if teller else source

    @display(description="said")
    def said_at(self, taking: Taking) -> str:
        first, last = instant(taking.entered_at), instant(taking.changed_at)
        return first if first == last else f"{first}, last changed {last}"

    @display(description="standing", label={"in force": "success", "withdrawn": "warning"})
    def standing(self, taking: Taking) -> str:
        return "withdrawn" if taking.withdrawn_at else "in force"

    @display(description="look at")
    def of_day(self, taking: Taking) -> SafeString:
        date = day(taking.business_date)
        query = f"site={taking.register.site.code}&business_date_from={date}&business_date_to={date}"
        return link(f"{reverse('admin:transactions_siteday_changelist')}?{query}", "the day of the site")
