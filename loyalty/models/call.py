"""What was asked of the card service: a log of calls, and counts of those that found nothing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class CardCall(models.Model):
    """One call of /api/card: errors always, all calls while LOYALTY_LOG_CALLS is on. Masked before it is written."""

    at = models.DateTimeField()
    account = models.CharField(max_length=100)
    role = models.CharField(max_length=16)
    verb = models.CharField(max_length=8)
    path = models.CharField(max_length=200, help_text="Masked.")
    parameters = models.JSONField(default=dict, help_text="Masked.")
    status = models.PositiveSmallIntegerField(help_text="HTTP status.")
    key = models.CharField(max_length=40)
    is_error = models.BooleanField()
    answer = models.JSONField(null=True, help_text="Masked; while LOYALTY_LOG_CALLS is on.")
    duration_ms = models.DecimalField(max_digits=9, decimal_places=1)

    class Meta:
        ordering = ["-at", "-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["-at"], name="card_call_by_time"),
            models.Index(fields=["account", "-at"], name="card_call_by_account"),
            models.Index(fields=["-at"], name="card_call_errors", condition=Q(is_error=True)),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"


class MissCount(models.Model):
    """How often an account looked up what is not there, in one window; ``value`` is a digest of what it looked up.

    Without a value: of all values together. Short-lived, for throttles and for the finding of probing.
    """

    account = models.ForeignKey("safes.MachineAccount", on_delete=models.CASCADE, db_index=False, related_name="+")
    value = models.BinaryField(max_length=16, blank=True, default=b"")
    window = models.DateTimeField(help_text="Its beginning.")
    count = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["account", "value", "window"], name="miss_count_once_a_window")]
        indexes = [models.Index(fields=["window"], name="miss_count_by_age")]

    def __str__(self) -> str:
        return f"{self.count} misses"
