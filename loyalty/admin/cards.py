"""Cards: the list, the form that makes one, and the page of each."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from loyalty import cards
from loyalty.admin.acting import person
from loyalty.admin.card_acts import ActsOnCards
from loyalty.admin.card_page import section
from loyalty.admin.desk import HasDesk
from loyalty.admin.upload_resources import CardResource, Uploads
from loyalty.admin.words import STATUS_LABELS, lacks, masked_name, standing
from loyalty.codes import CardStatus, CardType, Category
from loyalty.formats import LONGEST_NUMBER
from loyalty.models import Card
from safes.admin.bases import EMPTY, EstimatingPaginator, change_url, instant


class CardForm(forms.Form):
    number = forms.CharField(
        max_length=LONGEST_NUMBER,
        widget=UnfoldAdminTextInputWidget({"autofocus": True, "autocomplete": "off", "inputmode": "numeric"}),
        help_text="As it stands on the card.",
    )
    category = forms.ChoiceField(choices=Category.choices, widget=UnfoldAdminSelectWidget)
    type = forms.ChoiceField(choices=CardType.choices, widget=UnfoldAdminSelectWidget)


@admin.register(Card)
class CardAdmin(HasDesk, ActsOnCards, Uploads):
    resource_classes = [CardResource]
    paginator = EstimatingPaginator
    list_display = ("masked", "standing_label", "holder", "category", "type", "sum_balance", "made")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("block_reason", ChoicesDropdownFilter),
        ("category", ChoicesDropdownFilter),
        ("type", ChoicesDropdownFilter),
    )
    list_select_related = ("contact",)
    in_full = {"masked": ("number",), "holder": ("contact_code", "contact_name", "contact_phone")}
    list_before_template = "staff/loyalty/look_above.html"
    when_empty = "No card is known yet. Add cards one by one, upload a table of them, or make them by the API."
    ordering = ("-id",)
    sortable_by = ()
    change_form_outer_before_template = "staff/loyalty/card_standing.html"
    change_form_outer_after_template = "staff/section.html"
    readonly_fields = ("category", "type", "made")
    fields = (("category", "type"), "made")
    warn_unsaved_form = False

    def has_change_permission(self, request: HttpRequest, obj: Card | None = None) -> bool:
        """Nothing of a card can be edited: what becomes of it are acts."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Card | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """By filters alone: ?number__startswith=4 would tell, digit by digit, what is not shown."""
        return lookup.partition("__")[0] in ("status", "block_reason", "category", "type")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Card]:
        rows: QuerySet[Card] = super().get_queryset(request)
        return rows.select_related("contact", "replaced_by")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Card | None:
        # Asked for by the page and by its buttons: looked for once.
        known: dict[str, Card | None] = request.__dict__.setdefault("_cards_looked_at", {})
        if object_id not in known:
            found: Card | None = super().get_object(request, object_id, from_field)
            known[object_id] = found
        return known[object_id]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        actor = person(request.user)
        if not self.has_add_permission(request) or actor is None:
            raise PermissionDenied
        form = CardForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                made = cards.make(**form.cleaned_data, actor=actor)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                self.log_addition(request, made, "Made.")
                messages.success(request, f"{made} is made. Issue it when it is given out.")
                return HttpResponseRedirect(change_url(made))
        context = {
            **self.admin_site.each_context(request),
            "title": "Add a card",
            "opts": self.model._meta,
            "form": form,
            "explanation": "It is New: nobody holds it before it is issued.",
            "button": "Add",
            "back": reverse("admin:loyalty_card_changelist"),
        }
        return TemplateResponse(request, "staff/act.html", context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What happened to a card stands on its page."""
        return HttpResponseRedirect(f"{change_url(self.row(request, object_id))}#history-title")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Card | None = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            may_see_contact = request.user.has_perm("loyalty.view_contact")
            context |= {
                "status": obj.get_status_display(),
                "label": STATUS_LABELS[obj.get_status_display()],
                "standing": standing(obj),
                "lacks": lacks(obj.contact) if obj.contact and obj.status != CardStatus.ACTIVE else "",
                "known": self.known(request, obj),
                "contact_url": change_url(obj.contact) if obj.contact and may_see_contact else "",
                "next_url": change_url(obj.replaced_by) if obj.replaced_by else "",
                "previous": [(change_url(one), one) for one in Card.objects.filter(replaced_by=obj)],
                "reveal_url": reverse("admin:loyalty_card_reveal", args=[obj.pk]),
                "section": section(request, obj),
            }
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    @display(description="number")
    def masked(self, card: Card) -> str:
        return str(card)

    @display(description="status", label=STATUS_LABELS)
    def standing_label(self, card: Card) -> str:
        return card.get_status_display()

    @display(description="contact")
    def holder(self, card: Card) -> str | SafeString:
        return f"{card.contact}, {masked_name(card.contact)}" if card.contact else EMPTY

    @display(description="contact")
    def contact_code(self, card: Card) -> str:
        return card.contact.code if card.contact else EMPTY

    @display(description="name")
    def contact_name(self, card: Card) -> str:
        return card.contact.name if card.contact else EMPTY

    @display(description="mobile number")
    def contact_phone(self, card: Card) -> str:
        return card.contact.mobile_number or EMPTY if card.contact else EMPTY

    @display(description="balance")
    def sum_balance(self, card: Card) -> str:
        return f"{card.bonus_balance:,.2f}"

    @display(description="made")
    def made(self, card: Card) -> str:
        return instant(card.created_at)
