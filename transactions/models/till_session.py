"""Till sessions on recyclers: a float checked out to a till, and what came back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from safes.fields import WallClockField
from safes.models import Safe
from transactions.models.safe_day import MONEY


class TillSession(models.Model):
    """A till's session at a recycler: its check-outs, then its check-ins, up to its next check-out. Drawn.

    Open while nothing came back; without a beginning where a till came back that never went out.
    """

    safe = models.ForeignKey(Safe, on_delete=models.CASCADE, db_index=False, related_name="+")
    register = models.CharField(max_length=100, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    began_local_time = WallClockField(help_text="Of its first check-out, or check-in.")
    business_date = models.DateField(help_text="Of its beginning.")
    checked_out_local_time = WallClockField(null=True, blank=True, help_text="The first check-out.")
    checked_in_local_time = WallClockField(null=True, blank=True, help_text="The last check-in.")
    last_local_time = WallClockField(help_text="Of its last check-out, or check-in.")
    checked_out = models.DecimalField(**MONEY)
    checked_in = models.DecimalField(**MONEY)
    users = models.CharField(max_length=500, blank=True, help_text="Who, in the order of names.")

    class Meta:
        ordering = ["-began_local_time", "safe", "register"]
        verbose_name = "till session"
        constraints = [
            models.UniqueConstraint(
                fields=["safe", "register", "currency", "began_local_time"], name="till_session_once"
            ),
            models.CheckConstraint(
                condition=Q(checked_out_local_time__isnull=False) | Q(checked_in_local_time__isnull=False),
                name="till_session_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["business_date", "safe"], name="till_session_by_date"),
            models.Index(fields=["safe", "last_local_time"], name="till_session_by_end"),
        ]

    def __str__(self) -> str:
        return f"register {self.register} from {self.began_local_time}"
