"""What days hang on and wait for: their closes, and marks on what is due to be drawn or derived again."""

from __future__ import annotations

from django.db import models

from safes.fields import WallClockField
from safes.models import Safe
from transactions.models.record import Book


class DayClose(models.Model):
    """The last EndOfDay dated ``nominal_date``: what decides which business date the rest of that day has."""

    safe = models.ForeignKey(Safe, on_delete=models.CASCADE, db_index=False, related_name="+")
    book = models.SmallIntegerField(choices=Book.choices)
    nominal_date = models.DateField()
    closed_at = WallClockField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["safe", "nominal_date", "book"], name="day_close_last_one")]

    def __str__(self) -> str:
        return f"{self.nominal_date} closed at {self.closed_at}"


class TouchedDay(models.Model):
    """A safe's business day whose figures and findings must be drawn again."""

    safe = models.ForeignKey(Safe, on_delete=models.CASCADE, db_index=False, related_name="+")
    business_date = models.DateField()
    touched_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["safe", "business_date"], name="touched_day_once")]

    def __str__(self) -> str:
        return f"{self.safe_id} on {self.business_date}"


class MovedSafe(models.Model):
    """A safe whose place, or whose site's zone, rollover or currency, changed: its rows must be derived again."""

    safe = models.OneToOneField(Safe, primary_key=True, on_delete=models.CASCADE, related_name="+")
    moved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.safe_id} since {self.moved_at}"
