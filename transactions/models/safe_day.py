"""A safe's business day in one currency, and what it is made of. All of it is drawn, and can be dropped and rebuilt."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from safes.fields import WallClockField
from safes.models import Safe, Site

MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 4, "default": 0}


class SafeDay(models.Model):
    """The sums of a safe's business day, and what it opened and closed with. CONTRACT.md, "Days".

    ``opening`` and ``closing`` are of validated and manual cash, the inventory has its own:
    opening + validated + manual − taken = closing, inventory_opening + inventory_change = inventory_closing.
    ``picked_up`` is what the servicings reported, ``taken`` what by the drops they took. A function of the
    production book, the counts and the placements. Written by transactions.reconciliation.days alone.
    """

    safe = models.ForeignKey(Safe, on_delete=models.CASCADE, db_index=False, related_name="+")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.SET_NULL, db_index=False, related_name="+")
    business_date = models.DateField()
    currency = models.CharField(max_length=3, blank=True, help_text="Empty: not known before the safe is placed.")
    transaction_count = models.PositiveIntegerField(default=0, help_text="Markers included, audit events not.")
    validated = models.DecimalField(**MONEY)
    manual = models.DecimalField(**MONEY)
    dispensed = models.DecimalField(**MONEY)
    picked_up = models.DecimalField(**MONEY, help_text="As the servicings reported it.")
    change_ordered = models.DecimalField(**MONEY)
    inventory_change = models.DecimalField(**MONEY)
    till_in = models.DecimalField(**MONEY, help_text="Till check-ins at a recycler.")
    till_out = models.DecimalField(**MONEY, help_text="Till check-outs at a recycler.")
    taken = models.DecimalField(**MONEY, help_text="Content that left with the day's servicings.")
    opening = models.DecimalField(**MONEY)
    closing = models.DecimalField(**MONEY)
    inventory_opening = models.DecimalField(**MONEY)
    inventory_closing = models.DecimalField(**MONEY)
    is_counted = models.BooleanField(
        default=False, help_text="Whether a counted opening stands behind it; else contents are since first seen."
    )
    inventory_is_counted = models.BooleanField(default=False)
    # [[unit value as text, count], …] in the order of values: how the inventory's denominations moved.
    inventory_moves = models.JSONField(default=list)
    closed_at = WallClockField(null=True, blank=True, help_text="The last close dated so.")
    close_due_at = models.DateTimeField(
        null=True, blank=True, help_text="When a missing close will be a finding, UTC; empty once it is judged."
    )

    class Meta:
        ordering = ["-business_date", "safe", "currency"]
        verbose_name = "safe day"
        constraints = [
            models.UniqueConstraint(fields=["safe", "business_date", "currency"], name="safe_day_once"),
            models.CheckConstraint(
                condition=Q(
                    closing=models.F("opening") + models.F("validated") + models.F("manual") - models.F("taken")
                ),
                name="safe_day_conserves_cash",
            ),
            models.CheckConstraint(
                condition=Q(inventory_closing=F("inventory_opening") + F("inventory_change")),
                name="safe_day_conserves_inventory",
            ),
        ]
        indexes = [
            models.Index(fields=["business_date", "safe"], name="safe_day_by_date"),
            models.Index(fields=["site", "business_date"], name="safe_day_by_site"),
            models.Index(fields=["close_due_at"], condition=Q(close_due_at__isnull=False), name="safe_day_close_due"),
        ]

    def __str__(self) -> str:
        return f"{self.safe} on {self.business_date}, {self.currency or 'currency not known'}"


class Drops(models.Model):
    """What was dropped into a safe on a business day with one pickup group, up to one servicing of that day.

    Lines are cut at every servicing of the day, of whichever group, so that all of a line leaves together. A counted
    opening is a line of its own at the beginning of its day, without a group.
    Written by transactions.reconciliation: the sums with the day, what becomes of them with the pickups.
    """

    safe = models.ForeignKey(Safe, on_delete=models.CASCADE, db_index=False, related_name="+")
    business_date = models.DateField()
    currency = models.CharField(max_length=3, blank=True)
    pickup_group_id = models.BigIntegerField(null=True, blank=True)
    before = WallClockField(null=True, blank=True, help_text="The day's next servicing; empty: there was none after.")
    validated = models.DecimalField(**MONEY)
    manual = models.DecimalField(**MONEY)
    is_opening = models.BooleanField(default=False, help_text="A counted opening: all of it is in counted.")
    counted = models.DecimalField(**MONEY)
    count = models.PositiveIntegerField(default=0)
    first_local_time = WallClockField()
    last_local_time = WallClockField()
    first_at = models.DateTimeField(null=True, blank=True, help_text="UTC; empty while the time zone is unknown.")
    # [[unit value as text, count], …] of the validated or counted cash, in the order of values.
    denominations = models.JSONField(default=list)
    # What becomes of it. Neither: it is still in the safe.
    taken_at = WallClockField(null=True, blank=True, help_text="The servicing that it leaves with.")
    leaves_on = models.DateField(null=True, blank=True, help_text="The business date on which it leaves.")
    counted_on = models.DateField(
        null=True, blank=True, help_text="The counted opening that stands for it, if it was in the safe then."
    )
    is_astray = models.BooleanField(
        default=False, help_text="Whether another pickup would have taken it by the clock; its group says otherwise."
    )

    class Meta:
        ordering = ["safe", "business_date", "first_local_time"]
        verbose_name_plural = "drops"
        constraints = [
            models.UniqueConstraint(
                fields=["safe", "business_date", "currency", "pickup_group_id", "before", "is_opening"],
                name="drops_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(fields=["safe", "pickup_group_id"], name="drops_by_group"),
            models.Index(fields=["safe", "leaves_on"], name="drops_by_leaving"),
            # The rest are small ones, for what a redraw of pickups and the contents of a safe ask for.
            models.Index(
                fields=["safe", "business_date"],
                condition=Q(leaves_on__isnull=True, counted_on__isnull=True),
                name="drops_in_safe",
            ),
            models.Index(fields=["safe", "counted_on"], condition=Q(counted_on__isnull=False), name="drops_counted"),
            models.Index(fields=["safe", "business_date"], condition=Q(is_opening=True), name="drops_opening"),
        ]

    def __str__(self) -> str:
        return f"{self.validated + self.manual} in group {self.pickup_group_id} on {self.business_date}"


class Banked(models.Model):
    """What one till, and one person where known, brought to a safe on a business day. Written with the day.

    ``amount`` = validated + manual + till check-ins − till check-outs (CONTRACT.md, "Also", ``safe_total``).
    """

    safe = models.ForeignKey(Safe, on_delete=models.CASCADE, db_index=False, related_name="+")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.SET_NULL, db_index=False, related_name="+")
    business_date = models.DateField()
    currency = models.CharField(max_length=3, blank=True)
    register = models.CharField(max_length=100, blank=True)
    user_name = models.CharField(max_length=200, blank=True)
    amount = models.DecimalField(**MONEY)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["safe", "business_date", "register", "user_name"]
        verbose_name_plural = "banked by tills"
        constraints = [
            models.UniqueConstraint(
                fields=["safe", "business_date", "currency", "register", "user_name"], name="banked_once"
            ),
        ]
        indexes = [
            models.Index(fields=["site", "business_date"], name="banked_by_site"),
            models.Index(fields=["site", "register"], name="banked_by_register"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} from register {self.register} on {self.business_date}"
