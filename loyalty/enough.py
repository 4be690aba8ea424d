"""Whether a contact's registration is sufficient for an active card: LOYALTY_REQUIRED_CONTACT_FIELDS. No database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from loyalty.models import Contact

# What may be asked for; the settings' check refuses other names.
FIELDS = ("name", "mobile_number", "email", "birth_date")


def missing(contact: Contact) -> list[str]:
    """Names of the fields that have to be filled in yet, in the order of the settings."""
    return [name for name in settings.LOYALTY_REQUIRED_CONTACT_FIELDS if not getattr(contact, name)]


def is_enough(contact: Contact) -> bool:
    return contact.erased_at is None and not missing(contact)
