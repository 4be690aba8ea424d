"""Change orders: money ordered through a safe, which the courier brings and the bank charges."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from safes.fields import WallClockField
from safes.models import Safe
from transactions.models.safe_day import MONEY


class ChangeOrder(models.Model):
    """What was ordered under one number, ordered → delivered → settled. Drawn, from transactions and from steps.

    ``reference`` is the change purchase number, or, where none was sent, stands for that one transaction.
    """

    class State(models.TextChoices):
        ORDERED = "ordered", "ordered"
        DELIVERED = "delivered", "delivered"
        SETTLED = "settled", "settled"

    safe = models.ForeignKey(Safe, on_delete=models.CASCADE, db_index=False, related_name="+")
    reference = models.CharField(max_length=150)
    currency = models.CharField(max_length=3, blank=True)
    amount = models.DecimalField(**MONEY)
    ordered_local_time = WallClockField()
    business_date = models.DateField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.ORDERED)
    delivered_on = models.DateField(null=True, blank=True)
    settled_on = models.DateField(null=True, blank=True)
    suggested_local_time = WallClockField(
        null=True, blank=True, help_text="A later load of that amount: it may be the delivery."
    )
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="When it will be overdue, UTC; empty once it is judged or delivered."
    )

    class Meta:
        ordering = ["-ordered_local_time", "safe"]
        verbose_name = "change order"
        constraints = [
            models.UniqueConstraint(fields=["safe", "reference", "currency"], name="change_order_once"),
        ]
        indexes = [
            models.Index(fields=["business_date", "safe"], name="change_order_by_date"),
            models.Index(fields=["safe", "ordered_local_time"], name="change_order_by_safe"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="change_order_due"),
        ]

    def __str__(self) -> str:
        return self.reference


class ChangeOrderStep(models.Model):
    """Staff's word that an order was delivered, or settled. An input, kept; a wrong one is withdrawn."""

    class Step(models.TextChoices):
        DELIVERED = "delivered", "delivered"
        SETTLED = "settled", "settled"

    safe = models.ForeignKey(Safe, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=150)
    currency = models.CharField(max_length=3, blank=True)
    step = models.CharField(max_length=9, choices=Step.choices)
    happened_on = models.DateField()
    note = models.TextField(blank=True)
    said_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    said_at = models.DateTimeField(auto_now_add=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-said_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["safe", "reference", "currency", "step"],
                condition=Q(withdrawn_at__isnull=True),
                name="change_order_step_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.step}"
