"""A person's word on how often something happened."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from safes.fields import WallClockField
from safes.models import Safe
from transactions.identity import DIGEST_SIZE
from transactions.models.record import Book


class Ruling(models.Model):
    """A person's word on how often something happened: it replaces what the messages say, until it is withdrawn."""

    safe = models.ForeignKey(Safe, on_delete=models.PROTECT, related_name="+")
    book = models.SmallIntegerField(choices=Book.choices, default=Book.PRODUCTION)
    local_time = WallClockField()
    key_digest = models.BinaryField(max_length=DIGEST_SIZE)
    count = models.PositiveSmallIntegerField(help_text="How many times it happened; 0: never.")
    reason = models.TextField()
    ruled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ruled_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-ruled_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["safe", "local_time", "key_digest", "book"],
                condition=Q(withdrawn_at__isnull=True),
                name="ruling_one_in_force",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="ruling_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.count} × {self.key_digest!r}"
