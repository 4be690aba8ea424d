"""Pickups: what a courier took by the drops and by his machine's word, and what people know of it besides."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from safes.fields import WallClockField
from safes.history import History
from safes.models import Safe
from transactions.models.safe_day import MONEY


class Pickup(models.Model):
    """A safe's pickup in one currency: a pickup group, or a servicing that names none. DOMAIN.md section 2, "Pickup".

    content = validated + manual + counted; variance = reported − content. Drops without a group that no servicing took
    yet are the one open pickup without a group. Drawn; written by transactions.reconciliation.pickups alone.
    """

    class Status(models.TextChoices):
        OPEN = "open", "open"  # not serviced yet
        AGREED = "agreed", "agreed"
        DIFFERS = "differs", "differs"
        UNJUDGED = "unjudged", "unjudged"  # nobody knows what was in there, or in which currency

    safe = models.ForeignKey(Safe, on_delete=models.CASCADE, db_index=False, related_name="+")
    pickup_group_id = models.BigIntegerField(null=True, blank=True)
    serviced_without_group = WallClockField(null=True, blank=True, help_text="What tells servicings without a group.")
    currency = models.CharField(max_length=3, blank=True)
    opened_local_time = WallClockField(null=True, blank=True, help_text="The first drop.")
    opened_at = models.DateTimeField(null=True, blank=True, help_text="UTC; empty while the time zone is unknown.")
    serviced_local_time = WallClockField(null=True, blank=True, help_text="The last servicing.")
    serviced_at = models.DateTimeField(null=True, blank=True, help_text="UTC; empty while the time zone is unknown.")
    business_date = models.DateField(null=True, blank=True, help_text="Of the last servicing.")
    servicing_count = models.PositiveIntegerField(default=0, help_text="In whichever currency.")
    first_on = models.DateField(help_text="The first business date of its drops and servicings.")
    last_on = models.DateField(help_text="The last business date of its drops and servicings.")
    validated = models.DecimalField(**MONEY)
    manual = models.DecimalField(**MONEY)
    counted = models.DecimalField(**MONEY, help_text="From a counted opening, which nobody can tell by kind.")
    content = models.DecimalField(**MONEY)
    reported_amount = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    variance = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    # Dropped when, by the clock, another pickup would have taken it.
    astray = models.DecimalField(**MONEY)
    status = models.CharField(max_length=8, choices=Status.choices)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["safe", "pickup_group_id", "serviced_without_group", "currency"],
                name="pickup_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(content=models.F("validated") + models.F("manual") + models.F("counted")),
                name="pickup_content_adds_up",
            ),
        ]
        indexes = [
            models.Index(fields=["business_date", "safe"], name="pickup_by_date"),
            models.Index(fields=["safe"], condition=Q(status="open"), name="pickup_open"),
            # Which pickups a business date may have belonged to, now that its drops are drawn anew.
            models.Index(fields=["safe", "last_on"], name="pickup_by_span"),
        ]

    def __str__(self) -> str:
        return f"group {self.pickup_group_id}" if self.pickup_group_id else f"servicing {self.serviced_local_time}"


class PickupSlip(models.Model):
    """What people know of a pickup: bags and seals, the courier's receipt, and what Loomis or the bank counted.

    An input, kept with its history; told by what tells the pickup, so that it may be there before the servicing.
    """

    safe = models.ForeignKey(Safe, on_delete=models.PROTECT, related_name="+")
    pickup_group_id = models.BigIntegerField(null=True, blank=True)
    serviced_without_group = WallClockField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    bag_numbers = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    receipt_number = models.CharField(max_length=100, blank=True, help_text="The courier's receipt.")
    counted_amount = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    counted_by = models.CharField(max_length=100, blank=True, help_text="Loomis, or the bank.")
    note = models.TextField(blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField(auto_now=True)

    history = History()

    class Meta:
        ordering = ["-entered_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["safe", "pickup_group_id", "serviced_without_group", "currency"],
                name="pickup_slip_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(counted_amount__isnull=True) | Q(counted_amount__gte=0),
                name="pickup_slip_count_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"slip of group {self.pickup_group_id}"
