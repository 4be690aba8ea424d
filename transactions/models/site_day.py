"""A site's business day: what its safes say against what its tills say. Drawn, and can be dropped and rebuilt."""

from __future__ import annotations

from typing import Any

from django.db import models

from safes.models import Site
from transactions.models.safe_day import MONEY

_UNKNOWN: dict[str, Any] = {"max_digits": 18, "decimal_places": 4, "null": True, "blank": True}


class SiteDay(models.Model):
    """A site's business day in one currency. Over/short (``variance``) = safe_total − takings, empty before takings.

    ``unexplained`` is what is left of it with deposits outside the safe and petty cash. Written by
    transactions.reconciliation.sites alone.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, db_index=False, related_name="+")
    business_date = models.DateField()
    currency = models.CharField(max_length=3, blank=True)
    safe_total = models.DecimalField(**MONEY)
    takings = models.DecimalField(**_UNKNOWN)
    variance = models.DecimalField(**_UNKNOWN)
    deposits = models.DecimalField(**MONEY)
    petty_cash = models.DecimalField(**MONEY)
    unexplained = models.DecimalField(**_UNKNOWN)

    class Meta:
        ordering = ["-business_date", "site", "currency"]
        verbose_name = "site day"
        constraints = [
            models.UniqueConstraint(fields=["site", "business_date", "currency"], name="site_day_once"),
        ]
        indexes = [models.Index(fields=["business_date", "site"], name="site_day_by_date")]

    def __str__(self) -> str:
        return f"{self.site.code} on {self.business_date}"


class TillDay(models.Model):
    """A register's day, and a cashier's where known: what the safes have from them, and what they say. Drawn."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, db_index=False, related_name="+")
    business_date = models.DateField()
    currency = models.CharField(max_length=3, blank=True)
    register = models.CharField(max_length=100, blank=True)
    cashier = models.CharField(max_length=200, blank=True)
    safe = models.DecimalField(**MONEY)
    takings = models.DecimalField(**_UNKNOWN)
    variance = models.DecimalField(**_UNKNOWN)

    class Meta:
        ordering = ["-business_date", "site", "register", "cashier"]
        verbose_name = "over/short by till"
        verbose_name_plural = "over/short by till"
        constraints = [
            models.UniqueConstraint(
                fields=["site", "business_date", "currency", "register", "cashier"], name="till_day_once"
            ),
        ]
        indexes = [models.Index(fields=["business_date", "site"], name="till_day_by_date")]

    def __str__(self) -> str:
        return f"register {self.register} on {self.business_date}"


class TouchedSiteDay(models.Model):
    """A mark: this site's business day is due to be drawn again."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, db_index=False, related_name="+")
    business_date = models.DateField()
    touched_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "business_date"], name="touched_site_day_once")]

    def __str__(self) -> str:
        return f"{self.site_id} on {self.business_date}"
