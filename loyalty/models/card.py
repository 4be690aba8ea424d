"""Cards, and what happened to each."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Right

from loyalty.codes import BlockReason, CardStatus, CardType, Category
from loyalty.formats import LONGEST_NUMBER
from loyalty.models.contact import Contact
from loyalty.reasons import is_final
from safes.models.machine_account import Role

# So many last digits at least are what a card is looked for by.
LAST_DIGITS = 4


class Card(models.Model):
    """A loyalty card. Its status is changed by loyalty.cards alone, its balance by the ledger's triggers alone."""

    number = models.CharField(max_length=LONGEST_NUMBER, unique=True)
    status = models.CharField(max_length=1, choices=CardStatus.choices, default=CardStatus.NEW)
    category = models.CharField(max_length=1, choices=Category.choices)
    type = models.CharField(max_length=1, choices=CardType.choices)
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="cards")
    block_reason = models.CharField(max_length=1, choices=BlockReason.choices, blank=True)
    blocked_by = models.CharField(max_length=150, blank=True, help_text="Account or person.")
    blocked_by_role = models.CharField(max_length=16, choices=Role.choices, blank=True)
    blocked_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaces",
        help_text="The card that took its bonuses.",
    )  # fmt: skip
    bonus_balance = models.DecimalField(
        max_digits=20, decimal_places=2, default=0, editable=False, help_text="The sum of its entries."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        permissions = [
            (f"act_as_{role}_card", f"Can block and unblock cards as {label}")
            for role, label in Role.choices
            if role not in (Role.TILL, Role.BACK_OFFICE, Role.READER)
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=CardStatus.values), name="card_status_is_known"),
            models.CheckConstraint(
                condition=Q(category__in=Category.values, type__in=CardType.values), name="card_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status="3", block_reason__in=BlockReason.values, blocked_at__isnull=False)
                & ~Q(blocked_by="")
                & ~Q(blocked_by_role="")
                | ~Q(status="3") & Q(block_reason="", blocked_by="", blocked_by_role="", blocked_at__isnull=True),
                name="card_blocked_says_why_and_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(status="0", contact__isnull=True)
                | Q(status="1")
                | Q(status__in=["2", "3"], contact__isnull=False),
                name="card_has_a_contact_if_in_use",
            ),
            models.CheckConstraint(
                condition=Q(replaced_by__isnull=True) | Q(block_reason="4"), name="card_replaced_is_blocked_for_it"
            ),
            # Of one contact all cards but one are blocked for good.
            models.UniqueConstraint(
                fields=["contact"], condition=~Q(block_reason="4"), name="card_one_usable_a_contact"
            ),
            models.CheckConstraint(condition=Q(bonus_balance__gte=0), name="card_balance_not_negative"),
        ]
        indexes = [
            models.Index(Right("number", LAST_DIGITS), name="card_by_last_digits"),
            models.Index(fields=["status", "id"], name="card_by_status"),
            models.Index(fields=["created_at"], name="card_by_creation"),
        ]

    def __str__(self) -> str:
        # In lists, histories and logs: the number itself is shown by permission only.
        from loyalty.masking import mask_number

        return mask_number(self.number)

    @property
    def is_final(self) -> bool:
        """Whether it is blocked for good."""
        return is_final(self.block_reason)


class CardEvent(models.Model):
    """One thing that happened to a card. Never changed, never deleted."""

    class What(models.TextChoices):
        MADE = "made", "made"
        ISSUED = "issued", "issued"
        BOUND = "bound", "bound to a contact"
        ACTIVATED = "activated", "activated"
        BLOCKED = "blocked", "blocked"
        STRICTER = "stricter", "blocked for a stricter reason"
        UNBLOCKED = "unblocked", "unblocked"
        REPLACED = "replaced", "replaced by another card"
        REPLACES = "replaces", "took the place of another card"

    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="events")
    what = models.CharField(max_length=12, choices=What.choices)
    status = models.CharField(max_length=1, choices=CardStatus.choices, help_text="After it.")
    at = models.DateTimeField()
    by = models.CharField(max_length=150, help_text="Account or person.")
    role = models.CharField(max_length=16, choices=Role.choices, blank=True)
    by_person = models.BooleanField(default=False)
    reason = models.CharField(max_length=1, blank=True, help_text="Code of the block or unblock reason.")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.PROTECT, related_name="+")
    other_card = models.ForeignKey(Card, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["at"], name="card_event_by_time"),
            # A table of cards that was uploaded is a million events of one kind.
            models.Index(fields=["what", "at"], name="card_event_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.card}"
