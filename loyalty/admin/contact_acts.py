"""What can be done with a contact: registered, changed, erased."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action

from loyalty import contacts, erasing
from loyalty.admin.acting import may_reveal
from loyalty.admin.contact_forms import ContactForm, EraseForm
from loyalty.admin.revealing import Reveals, write_reveal
from loyalty.admin.words import bonuses, lacks, masked_email, masked_name, masked_phone
from loyalty.models import Contact
from safes.admin.bases import change_url

# The code is what other systems know it by: it stays.
_CHANGED = ("name", "mobile_number", "email", "birth_date")


class ActsOnContacts(Reveals):
    actions_detail = ("edit", "erase", "reveal")

    def has_erase_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("loyalty.erase_contact")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """None of a contact that was erased; revealing has a button beside what it reveals."""
        contact = self.get_object(request, str(object_id))
        if contact is None or contact.erased_at is not None:
            return []
        offered: list[UnfoldAction] = super().get_actions_detail(request, object_id)
        return [one for one in offered if one.action_name != "loyalty_contact_reveal"]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ContactForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                made = contacts.register(form.cleaned_data)
            except ValidationError as error:
                form.say(error)
            else:
                self.log_addition(request, made, "Registered.")
                missing = lacks(made)
                messages.success(request, f"Registered. {f'For an active card, {missing}.' if missing else ''}".strip())
                return HttpResponseRedirect(change_url(made))
        context = {
            **self.admin_site.each_context(request),
            "title": "Register a contact",
            "opts": self.model._meta,
            "form": form,
            "explanation": "Code and mobile number are needed. One mobile number, one contact.",
            "button": "Register",
            "back": reverse("admin:loyalty_contact_changelist"),
        }
        return TemplateResponse(request, "staff/act.html", context)

    @action(description="Change", url_path="edit", permissions=["act"], icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Filled in for who may reveal, which is written down; empty for others, and what stays empty stays."""
        contact: Contact = self.row(request, object_id)
        if contact.erased_at is not None:
            messages.error(request, "The contact was erased: there is nothing to change.")
            return HttpResponseRedirect(change_url(contact))
        is_full = may_reveal(request.user)
        if request.method != "POST":
            if is_full:
                write_reveal(request, contact)
            initial = {name: getattr(contact, name) for name in _CHANGED} if is_full else {}
            return self._edit_page(request, contact, ContactForm(names=_CHANGED, initial=initial), is_full)
        form = ContactForm(request.POST, names=_CHANGED)
        if form.is_valid():
            given = {name: form.cleaned_data[name] for name in form.changed_data}
            try:
                contacts.change(contact.code, given)
            except ValidationError as error:
                form.say(error)
            except Contact.DoesNotExist:
                messages.error(request, "The contact was erased meanwhile.")
                return HttpResponseRedirect(change_url(contact))
            else:
                return self.acted(request, contact, "Changed. Cards stay as they are until somebody activates them.")
        return self._edit_page(request, contact, form, is_full)

    def _edit_page(self, request: HttpRequest, contact: Contact, form: ContactForm, is_full: bool) -> HttpResponse:
        explanation = "That you see it in full is written down. "
        if not is_full:
            explanation = (
                f"Known: {masked_name(contact)}, {masked_phone(contact)}, {masked_email(contact)}. What you fill in "
                "takes the place of what is known; what you leave empty stays. "
            )
        return self.act_page(request, contact, form, title=f"Change {contact}", explanation=explanation, button="Save")

    @action(description="Erase", url_path="erase", permissions=["erase"], icon="person_remove")
    def erase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        contact: Contact = self.row(request, object_id)
        if contact.erased_at is not None:
            messages.error(request, "The contact was erased already.")
            return HttpResponseRedirect(change_url(contact))
        form = EraseForm(contact, request.POST if request.method == "POST" else None)
        if form.is_valid():
            erased = erasing.erase(contact.pk, request.user.get_username())
            return self.acted(request, erased, "Erased. What happened to the cards stays; whose they were is gone.")
        held = sum((card.bonus_balance for card in contact.cards.all()), start=Decimal(0))
        return self.act_page(
            request,
            contact,
            form,
            title=f"Erase {contact}",
            explanation="What goes: code, name, mobile number, e-mail and birth date, here and in the history of "
            "changes. The card is locked for good. What stays: the cards' numbers, what happened to them, and the "
            f"ledger of bonuses ({bonuses(held)}), of nobody then. The mobile number is free for a new contact. It "
            "cannot be taken back.",
            button="Erase",
        )
