"""Personal data in full: on one answer to one press of a button, which is written down first and kept nowhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_cache_control
from unfold.decorators import action

from loyalty.admin.acting import may_reveal
from loyalty.admin.words import (
    masked_birth_date,
    masked_email,
    masked_name,
    masked_number,
    masked_phone,
)
from loyalty.models import Card, Contact, Reveal
from safes.admin.bases import EMPTY, StaffAdmin, change_url, day, instant

_EARLIER_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a card and its contact, as a page shows it: in full, or masked."""

    facts: list[tuple[str, str]]
    is_full: bool
    earlier: list[tuple[str, str]]
    """Who saw it in full before, and when; the latest first."""
    may_reveal: bool


class Reveals(StaffAdmin):
    """Rows with personal data. Who may reveal it sees a button; the page that answers it is the row's own, in full."""

    # Columns of the list that are masked, each with what a file shows in its place to who may reveal.
    in_full: dict[str, tuple[str, ...]] = {}
    # What the page of the row is shown by, once the press is written down.
    _is_revealed = "_is_revealed"

    def has_reveal_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return self.has_view_permission(request) and may_reveal(request.user)

    @action(description="Reveal", url_path="reveal", permissions=["reveal"])
    def reveal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.row(request, object_id)
        if request.method != "POST":
            return HttpResponseRedirect(change_url(row))
        write_reveal(request, row)
        setattr(request, self._is_revealed, True)
        # Shown as the page is: a view of Django's that has a POST before it would take it for an edit.
        request.method = "GET"
        response: HttpResponse = self.changeform_view(request, object_id)
        return kept_nowhere(response)

    def columns_of_file(self, request: HttpRequest, names: Sequence[Any]) -> list[Any]:
        """Masked as the list is; in full for who may reveal, and whose export says so in the log."""
        columns = super().columns_of_file(request, names)
        if not may_reveal(request.user):
            return columns
        return [shown for name in columns for shown in self.in_full.get(name, (name,))]

    def trace_of_file(self, request: HttpRequest) -> str:
        return "personal data in full" if may_reveal(request.user) else ""

    def known(self, request: HttpRequest, row: Card | Contact) -> Known:
        card, contact = (row, row.contact) if isinstance(row, Card) else (None, row)
        is_full = getattr(request, self._is_revealed, False)
        return Known(
            _in_full(card, contact) if is_full else _masked(card, contact),
            is_full,
            [(one.by, instant(one.at)) for one in _earlier(card, contact)],
            self.has_reveal_permission(request) and _is_anything(card, contact),
        )


def write_reveal(request: HttpRequest, row: Card | Contact) -> None:
    card, contact = (row, row.contact) if isinstance(row, Card) else (None, row)
    Reveal.objects.create(card=card, contact=contact, at=timezone.now(), by=request.user.get_username())


def write_reveals(request: HttpRequest, contacts: Collection[int]) -> None:
    """Of many contacts that one page shows, by their ids."""
    now, by = timezone.now(), request.user.get_username()
    Reveal.objects.bulk_create([Reveal(contact_id=contact, at=now, by=by) for contact in sorted(contacts)])


def kept_nowhere(response: HttpResponse) -> HttpResponse:
    """Neither by the browser, which would show it to the next one who presses Back, nor on its way there."""
    add_never_cache_headers(response)
    patch_cache_control(response, no_store=True)
    return response


def _is_anything(card: Card | None, contact: Contact | None) -> bool:
    return card is not None or (contact is not None and contact.erased_at is None)


def _earlier(card: Card | None, contact: Contact | None) -> list[Reveal]:
    asked = Q(pk__in=[])
    if card is not None:
        asked |= Q(card=card)
    if contact is not None:
        asked |= Q(contact=contact)
    return list(Reveal.objects.filter(asked)[:_EARLIER_SHOWN])


def _masked(card: Card | None, contact: Contact | None) -> list[tuple[str, str]]:
    facts = [("Number", masked_number(card))] if card else []
    if contact is not None:
        facts += [
            ("Name", masked_name(contact)),
            ("Mobile number", masked_phone(contact)),
            ("E-mail", masked_email(contact)),
            ("Birth date", masked_birth_date(contact)),
        ]
    return facts


def _in_full(card: Card | None, contact: Contact | None) -> list[tuple[str, str]]:
    facts = [("Number", card.number)] if card else []
    if contact is not None:
        facts += [
            ("Name", contact.name or EMPTY),
            ("Mobile number", contact.mobile_number or EMPTY),
            ("E-mail", contact.email or EMPTY),
            ("Birth date", day(contact.birth_date)),
        ]
    return facts
