"""Contacts: the list, and the page of each: who it is, masked, its cards and their bonuses."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from loyalty.admin.card_page import bonuses_of
from loyalty.admin.contact_acts import ActsOnContacts
from loyalty.admin.contact_history import HasMaskedHistory
from loyalty.admin.upload_resources import ContactResource, Uploads
from loyalty.admin.words import STATUS_LABELS, lacks, masked_email, masked_name, masked_phone
from loyalty.cards import by_preference
from loyalty.models import Contact
from safes.admin.bases import EstimatingPaginator, change_url, instant


class LivesFilter(DropdownFilter):
    """Those that were erased are out of sight until somebody asks for them."""

    title = "erased"
    parameter_name = "erased"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("no", "no"), ("yes", "yes"), ("all", "all")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> QuerySet[Contact]:
        value = self.value()
        return queryset if value == "all" else queryset.filter(erased_at__isnull=value != "yes")


@admin.register(Contact)
class ContactAdmin(ActsOnContacts, HasMaskedHistory, Uploads):
    resource_classes = [ContactResource]
    paginator = EstimatingPaginator
    list_display = ("code_or_erased", "masked_name", "masked_phone", "masked_email", "known_well", "registered")
    list_filter = (LivesFilter,)
    in_full = {
        "masked_name": ("name",),
        "masked_phone": ("mobile_number",),
        "masked_email": ("email", "birth_date"),
    }
    list_before_template = "staff/loyalty/look_above.html"
    when_empty = "Nobody is registered yet. Register contacts one by one, upload a table of them, or use the API."
    ordering = ("-id",)
    sortable_by = ()
    change_form_outer_before_template = "staff/loyalty/contact_standing.html"
    change_form_outer_after_template = "staff/section.html"
    readonly_fields = ("registered", "erased")
    warn_unsaved_form = False

    def get_fields(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        return (("registered", "erased"),) if obj is not None and obj.erased_at else ("registered",)

    def has_change_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        """Not by Django's form: what is known of a contact is changed by its own act, which masks what it may."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        """A contact is erased, not deleted: what happened to its cards stays."""
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """By filters alone: ?name__startswith=A would tell, letter by letter, what is not shown."""
        return lookup == LivesFilter.parameter_name

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Contact | None:
        # Asked for by the page and by its buttons: looked for once.
        known: dict[str, Contact | None] = request.__dict__.setdefault("_contacts_looked_at", {})
        if object_id not in known:
            found: Contact | None = super().get_object(request, object_id, from_field)
            known[object_id] = found
        return known[object_id]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Contact | None = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            context |= {
                "known": self.known(request, obj),
                "lacks": lacks(obj),
                "reveal_url": reverse("admin:loyalty_contact_reveal", args=[obj.pk]),
                "section": _section(request, obj),
            }
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    @display(description="code")
    def code_or_erased(self, contact: Contact) -> str:
        return "erased" if contact.erased_at else contact.code

    @display(description="name")
    def masked_name(self, contact: Contact) -> str:
        return masked_name(contact)

    @display(description="mobile number")
    def masked_phone(self, contact: Contact) -> str:
        return masked_phone(contact)

    @display(description="e-mail")
    def masked_email(self, contact: Contact) -> str:
        return masked_email(contact)

    @display(description="enough for an active card", label={"yes": "success", "no": "warning"})
    def known_well(self, contact: Contact) -> str:
        return "no" if contact.erased_at or lacks(contact) else "yes"

    @display(description="registered")
    def registered(self, contact: Contact) -> str:
        return instant(contact.created_at)

    @display(description="erased")
    def erased(self, contact: Contact) -> str:
        return instant(contact.erased_at)


def _section(request: HttpRequest, contact: Contact) -> SafeString:
    """Two queries: its cards, and their lots."""
    cards = list(by_preference(contact.cards.all()))
    may_see_cards = request.user.has_perm("loyalty.view_card")
    context = {
        "cards": [
            {
                "card": card,
                "url": change_url(card) if may_see_cards else "",
                "status": card.get_status_display(),
                "label": STATUS_LABELS[card.get_status_display()],
                "why": card.get_block_reason_display() if card.block_reason else "",
                "kind": f"{card.get_category_display()}, {card.get_type_display()}",
                "balance": f"{card.bonus_balance:,.2f}",
            }
            for card in cards
        ],
        "balance": f"{sum(card.bonus_balance for card in cards):,.2f}",
        "rows": bonuses_of(cards),
        "contact": contact,
    }
    return SafeString(render_to_string("staff/loyalty/contact_section.html", context, request))
