"""How often a safe usually speaks."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from safes.fields import WallClockField
from safes.models import Safe


class SafeRhythm(models.Model):
    """A safe's usual gap at each hour of the week, learnt daily from its last weeks of pushes, and what follows.

    Can be dropped: it is learnt again. Written by transactions.silence alone.
    """

    safe = models.OneToOneField(Safe, primary_key=True, on_delete=models.CASCADE, related_name="+")
    learnt_at = models.DateTimeField()
    gaps = ArrayField(
        models.PositiveIntegerField(),
        null=True,
        blank=True,
        help_text="Minutes, by hour of the week from Monday 00:00 by its clock; null: too young to have a rhythm.",
    )
    heard = WallClockField(null=True, blank=True, help_text="When it last spoke, as of the last look at it.")
    look_at = models.DateTimeField(
        null=True, blank=True, help_text="When it is overdue unless it speaks before; null: it is not listened for."
    )

    class Meta:
        indexes = [
            models.Index(fields=["learnt_at"], name="rhythm_to_learn"),
            models.Index(fields=["look_at"], name="rhythm_to_look"),
        ]

    def __str__(self) -> str:
        return f"rhythm of {self.safe_id}"
