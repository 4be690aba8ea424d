"""Physical counts: what somebody found in a safe. Inputs, kept for ever; a wrong one is withdrawn."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from safes.fields import WallClockField
from safes.models import Safe


class PhysicalCount(models.Model):
    """A count of one compartment in one currency, by denomination where it was counted so.

    An *opening* says what a business day opened with, and the books go on from it. A *check* is held against the books
    as of its wall-clock time (of the day's end where none is given), and agrees or differs; it changes no figure.
    """

    class Compartment(models.TextChoices):
        CONTENTS = "contents", "contents"  # validated and manual: what the courier takes
        INVENTORY = "inventory", "inventory"  # what the safe gives out: tubes, recyclers

    class Use(models.TextChoices):
        OPENING = "opening", "counted opening"
        CHECK = "check", "check"

    safe = models.ForeignKey(Safe, on_delete=models.PROTECT, related_name="+")
    compartment = models.CharField(max_length=9, choices=Compartment.choices, default=Compartment.CONTENTS)
    use = models.CharField(max_length=7, choices=Use.choices, default=Use.CHECK)
    business_date = models.DateField()
    local_time = WallClockField(null=True, blank=True, help_text="The safe's wall clock at the count; checks only.")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    # [[unit value as text, count], …] in the order of values; empty where only the sum is known.
    denominations = models.JSONField(default=list, blank=True)
    note = models.TextField(blank=True)
    counted_by = models.CharField(max_length=200, blank=True, help_text="Who counted.")
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
        verbose_name = "physical count"
        constraints = [
            models.UniqueConstraint(
                fields=["safe", "compartment", "business_date", "currency"],
                condition=Q(use="opening", withdrawn_at__isnull=True),
                name="counted_opening_once",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="count_not_negative"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawn_because=""), name="count_withdrawn_with_a_word"
            ),
            models.CheckConstraint(
                condition=Q(use="check") | Q(local_time__isnull=True), name="counted_opening_is_of_the_days_beginning"
            ),
        ]
        indexes = [models.Index(fields=["safe", "business_date"], name="count_by_safe")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} on {self.business_date}"
