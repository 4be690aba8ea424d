"""The ledger of bonuses: lots, entries, and what each entry did to which lot.

Append-only, kept by triggers of the migration: a lot's remains and a card's balance are written by entries alone, an
entry's change is the sum of its changes to lots, a card's balance that of its lots. The sums cannot be wrong.
A lot holds less than 10^10 and a card as much as its lots together: no column can overflow before 10^8 of them.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from loyalty.codes import BonusType
from loyalty.models.card import Card


class Lot(models.Model):
    """Bonuses earned at once: usable from ``active_from``, gone when ``expires_on`` begins (LOYALTY_TIME_ZONE)."""

    card = models.ForeignKey(
        Card, on_delete=models.PROTECT, related_name="lots", help_text="Where it is now; a replacement takes it along."
    )
    type = models.CharField(max_length=1, choices=BonusType.choices)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    earned_at = models.DateTimeField()
    active_from = models.DateField()
    expires_on = models.DateField(null=True, blank=True)
    # Written by the trigger of LotChange.
    remaining = models.DecimalField(max_digits=14, decimal_places=2, default=0, editable=False)
    burnt = models.DecimalField(max_digits=14, decimal_places=2, default=0, editable=False)

    class Meta:
        ordering = ["earned_at", "id"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="lot_amount_positive"),
            models.CheckConstraint(
                condition=Q(remaining__gte=0, burnt__gte=0, amount__gte=F("remaining") + F("burnt")),
                name="lot_remains_within_amount",
            ),
            models.CheckConstraint(condition=Q(type__in=BonusType.values), name="lot_type_is_known"),
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(expires_on__gt=F("active_from")),
                name="lot_expires_after_it_begins",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_on"], name="lot_to_burn", condition=Q(remaining__gt=0)),
        ]

    def __str__(self) -> str:
        return f"lot {self.pk}"


class Entry(models.Model):
    """One thing that happened to a card's bonuses. ``amount`` is never negative; ``change`` is it with its sign."""

    class Kind(models.TextChoices):
        ACCRUAL = "accrual", "accrual"
        SPEND = "spend", "spend"
        REVERSAL = "reversal", "reversal"
        EXPIRY = "expiry", "expiry"
        HOLD = "hold", "hold"
        RELEASE = "release", "release of a hold"
        TRANSFER = "transfer", "transfer between cards"

    card = models.ForeignKey(Card, on_delete=models.PROTECT, db_index=False, related_name="entries")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    reference = models.CharField(max_length=100, help_text="The caller's; repeated, it is the same entry.")
    amount = models.DecimalField(max_digits=20, decimal_places=2)
    change = models.DecimalField(max_digits=20, decimal_places=2, help_text="What it does to the balance.")
    balance = models.DecimalField(max_digits=20, decimal_places=2, editable=False, help_text="After it; by trigger.")
    # Of all lots it touches, where they are alike.
    type = models.CharField(max_length=1, choices=BonusType.choices, blank=True)
    active_from = models.DateField(null=True)
    expires_on = models.DateField(null=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=150, help_text="Account or person.")
    role = models.CharField(max_length=16, blank=True)
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    # Of a release, and of the spend that a hold became.
    hold = models.ForeignKey("self", null=True, on_delete=models.PROTECT, db_index=False, related_name="settled_by")

    # Of what a service gives back: whether it was written before, under the same reference, and not now.
    is_repeat = False

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "entries"
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="entry_amount_positive"),
            models.CheckConstraint(
                condition=Q(change=F("amount")) & Q(kind__in=["accrual", "release", "reversal", "transfer"])
                | Q(change=-F("amount")) & Q(kind__in=["spend", "expiry", "hold", "reversal", "transfer"]),
                name="entry_change_has_the_sign_of_its_kind",
            ),
            models.CheckConstraint(condition=Q(balance__gte=0), name="entry_balance_not_negative"),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False) | ~Q(kind="reversal") & Q(reverses__isnull=True),
                name="entry_reversal_says_of_what",
            ),
            models.CheckConstraint(
                condition=Q(kind="release", hold__isnull=False)
                | Q(kind="spend")
                | ~Q(kind__in=["release", "spend"]) & Q(hold__isnull=True),
                name="entry_release_says_of_what",
            ),
            models.UniqueConstraint(
                fields=["card", "kind", "reference"],
                condition=Q(kind__in=["accrual", "spend", "reversal", "hold"]),
                name="entry_once_a_reference",
            ),
            models.UniqueConstraint(
                fields=["hold", "kind"], condition=Q(hold__isnull=False), name="entry_hold_settled_once"
            ),
        ]
        indexes = [
            models.Index(fields=["card", "id"], name="entry_by_card"),
            # For those that nobody settles.
            models.Index(fields=["at"], name="entry_hold_by_time", condition=Q(kind="hold")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class LotChange(models.Model):
    """What an entry did to one lot."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="lot_changes")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="changes")
    change = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        ordering = ["id"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=~Q(change=0), name="lot_change_changes"),
            models.UniqueConstraint(fields=["entry", "lot"], name="lot_change_once_an_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.change} of lot {self.lot_id}"
