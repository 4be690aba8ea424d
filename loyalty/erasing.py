"""Erasing a contact: what is known of the person goes, what happened to cards and bonuses stays.

The row stays too, under a code that names nobody, so that the ledger and the histories of cards keep what they are of.
Backups keep what they were made of until they are gone: docs/operations.md.
"""

from __future__ import annotations

import secrets

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.db.transaction import atomic
from django.utils import timezone

from loyalty import transitions
from loyalty.acting import Actor
from loyalty.models import Card, Contact
from safes.models import IdempotentCall
from safes.models.machine_account import Role


@atomic
def erase(contact_id: int, by: str) -> Contact:
    """``by``: the person who erases it. Twice is as once. Raises Contact.DoesNotExist.

    Its card is blocked as by an administrator, so that nobody else unblocks what belongs to nobody any more.
    """
    contact = Contact.objects.select_for_update().get(pk=contact_id)
    if contact.erased_at is not None:
        return contact
    actor = Actor(by, Role.ADMINISTRATOR, is_person=True)
    for card in Card.objects.select_for_update().filter(contact=contact).order_by("pk"):
        transitions.lock_up(card, actor)
    codes, numbers = _known_by(contact)
    # As no code is written.
    contact.code = f"erased-{secrets.token_hex(12)}"
    contact.name = contact.email = ""
    contact.mobile_number = contact.birth_date = None
    contact.erased_at = timezone.now()
    contact._change_reason = "erased"  # type: ignore[attr-defined]
    contact.save()
    _erase_history(contact)
    _forget_answers(codes, numbers)
    return contact


def _known_by(contact: Contact) -> tuple[set[str], set[str]]:
    """The codes and the mobile numbers that it has, and had."""
    rows = [*Contact.history.filter(id=contact.pk).values_list("code", "mobile_number")]
    rows.append((contact.code, contact.mobile_number))
    return {code for code, _ in rows if code}, {number for _, number in rows if number}


def _erase_history(contact: Contact) -> None:
    """When something was changed, and by whom, stays; what it was goes."""
    Contact.history.filter(id=contact.pk).update(
        code=contact.code, name="", mobile_number=None, email="", birth_date=None
    )
    kind = ContentType.objects.get_for_model(Contact)
    LogEntry.objects.filter(content_type=kind, object_id=str(contact.pk)).update(object_repr=contact.code)


def _forget_answers(codes: set[str], numbers: set[str]) -> None:
    """Of what callers were answered to repeat: whatever names it, by code as answers do, or in the caller's own key."""
    named = Q(pk__in=[])
    for code in codes:
        # As JSON has it: whole.
        named |= Q(answer__contains=f'"{code}"')
    for text in codes | numbers:
        named |= Q(key__contains=text)
    IdempotentCall.objects.filter(named).delete()
