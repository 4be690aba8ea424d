"""What the tills say was banked, and cash that did not go through a safe. Inputs, kept with their history."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from safes.history import History
from safes.models import MachineAccount, Register, Site


class Taking(models.Model):
    """What a register, and a cashier where known, says was banked on a business day, in the site's currency.

    Told by its reference: the same reference again replaces. Without one, by register, date and cashier. One that was
    entered by mistake is withdrawn and counts for nothing, as if there were no takings; said again, it is in force.
    """

    class Source(models.TextChoices):
        API = "api", "by another system"
        UPLOAD = "upload", "uploaded"
        TYPED = "typed", "typed in"

    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="+")
    business_date = models.DateField()
    cashier = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    reference = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001 - many have none, and each is unique
    source = models.CharField(max_length=6, choices=Source.choices)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    account = models.ForeignKey(MachineAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text="Its history says by whom, and why.")

    history = History()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "takings"
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="taking_once_per_reference"),
            models.UniqueConstraint(
                fields=["register", "business_date", "cashier"],
                condition=Q(reference__isnull=True),
                name="taking_once_without_reference",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="taking_not_negative"),
            models.CheckConstraint(condition=~Q(reference=""), name="taking_reference_not_empty"),
        ]
        indexes = [models.Index(fields=["business_date", "register"], name="taking_by_day")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} on {self.business_date}"


class OtherCash(models.Model):
    """Cash of a site's day that is in no safe: deposited elsewhere, or spent from petty cash. A line of its own."""

    class Kind(models.TextChoices):
        DEPOSIT = "deposit", "deposit outside the safe"
        PETTY_CASH = "petty_cash", "petty cash"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    business_date = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    register = models.ForeignKey(Register, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    note = models.TextField(help_text="What for, or where to: a slip, a bag, a bank.")
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField(auto_now_add=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_because = models.TextField(blank=True)

    class Meta:
        ordering = ["-business_date", "-id"]
        verbose_name = "deposit or petty cash"
        verbose_name_plural = "deposits and petty cash"
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="other_cash_positive"),
            models.CheckConstraint(condition=~Q(note=""), name="other_cash_has_a_note"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawn_because=""),
                name="other_cash_withdrawn_with_a_word",
            ),
        ]
        indexes = [models.Index(fields=["site", "business_date"], name="other_cash_by_day")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} on {self.business_date}"
