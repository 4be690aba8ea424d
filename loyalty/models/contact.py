"""Contacts: the people who hold cards, and who looked at what is known of them."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q

from loyalty.formats import LONGEST_CODE
from safes.history import History


class Contact(models.Model):
    """A person with a card, or about to have one. One living contact has a mobile number."""

    code = models.CharField(max_length=LONGEST_CODE, unique=True, help_text="As other systems know the contact.")
    name = models.CharField(max_length=200, blank=True)
    # Null and not empty, which could be unique only once.
    mobile_number = models.CharField(  # noqa: DJ001
        max_length=16, null=True, unique=True, help_text="E.164: +12015550123. Null once erased."
    )
    email = models.EmailField(blank=True)
    birth_date = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True, editable=False)

    history = History()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("reveal_contact", "Can see personal data in full"),
            ("erase_contact", "Can erase a contact's personal data"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(code=""), name="contact_has_a_code"),
            models.CheckConstraint(
                condition=Q(mobile_number__isnull=True) | Q(mobile_number__regex=r"^\+[1-9][0-9]{3,14}$"),
                name="contact_mobile_is_e164",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True, mobile_number__isnull=False)
                | Q(erased_at__isnull=False, mobile_number__isnull=True, name="", email="", birth_date__isnull=True),
                name="contact_is_known_or_erased",
            ),
        ]
        indexes = [
            # By what any word of the name begins with.
            GinIndex(SearchVector("name", config="simple"), name="contact_by_words_of_name"),
            models.Index(fields=["created_at"], name="contact_by_creation"),
        ]

    def __str__(self) -> str:
        # In lists, histories and logs: never the name or the phone.
        return self.code


class Reveal(models.Model):
    """Somebody looked at personal data in full. Never changed, never deleted."""

    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="reveals")
    card = models.ForeignKey("loyalty.Card", null=True, on_delete=models.PROTECT, related_name="reveals")
    at = models.DateTimeField()
    by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-at", "-id"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(contact__isnull=False) | Q(card__isnull=False), name="reveal_is_of_something"
            )
        ]

    def __str__(self) -> str:
        return f"reveal {self.pk}"
