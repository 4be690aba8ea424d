"""What each channel told of a safe's business day, and which types and channels there is something to compare by."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from safes.models import Safe


class ChannelCompleteness(models.Model):
    """A safe's business day in one currency, in the production book: what pushes told of it, what files, what both.

    Counts are of all counted transactions, markers included; cash is the sum of |amount| over all kinds but marker,
    audit and unknown (CONTRACT.md, "Days"). A function of the stored transactions: it can be dropped, and is drawn
    again with its day. Written by transactions.completeness.drawing alone. A day without transactions has no row.
    """

    class Verdict(models.TextChoices):
        COMPLETE = "complete", "complete"
        WAITING = "waiting", "waiting"  # they differ, and the grace is not over
        MISSING_IN_PUSH = "missing_in_push", "missing in push"
        MISSING_IN_FILE = "missing_in_file", "missing in file"
        MISSING_IN_BOTH = "missing_in_both", "missing in both"  # each lacks something that the other has
        NOT_COMPARED = "not_compared", "not compared"  # a channel is not expected, or covers none of the types

    safe = models.ForeignKey(Safe, on_delete=models.CASCADE, db_index=False, related_name="+")
    business_date = models.DateField()
    currency = models.CharField(max_length=3, blank=True, help_text="Empty: not known before the safe is placed.")
    count = models.PositiveIntegerField()
    cash = models.DecimalField(max_digits=18, decimal_places=4)
    push_count = models.PositiveIntegerField()
    push_cash = models.DecimalField(max_digits=18, decimal_places=4)
    file_count = models.PositiveIntegerField()
    file_cash = models.DecimalField(max_digits=18, decimal_places=4)
    both_count = models.PositiveIntegerField()
    both_cash = models.DecimalField(max_digits=18, decimal_places=4)
    # Of the types and dates that both cover; 0 where there is nothing to compare by.
    missing_in_push_count = models.PositiveIntegerField()
    missing_in_push_cash = models.DecimalField(max_digits=18, decimal_places=4)
    missing_in_file_count = models.PositiveIntegerField()
    missing_in_file_cash = models.DecimalField(max_digits=18, decimal_places=4)
    verdict = models.CharField(max_length=15, choices=Verdict.choices)

    class Meta:
        ordering = ["-business_date", "safe", "currency"]
        verbose_name = "day by channel"
        verbose_name_plural = "completeness"
        constraints = [
            models.UniqueConstraint(fields=["safe", "business_date", "currency"], name="completeness_once"),
            models.CheckConstraint(
                condition=Q(both_count__lte=F("push_count"), push_count__lte=F("count"))
                & Q(both_count__lte=F("file_count"), file_count__lte=F("count")),
                name="completeness_adds_up",
            ),
        ]
        indexes = [
            models.Index(fields=["-business_date", "safe", "currency"], name="completeness_by_day"),
            # When each channel first told of a safe.
            models.Index(fields=["safe", "business_date"], condition=Q(push_count__gt=0), name="completeness_by_push"),
            models.Index(fields=["safe", "business_date"], condition=Q(file_count__gt=0), name="completeness_by_file"),
            # Those that the clock has to come back to.
            models.Index(fields=["business_date"], condition=Q(verdict="waiting"), name="completeness_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.safe} on {self.business_date}{f' in {self.currency}' if self.currency else ''}"


class Coverage(models.Model):
    """What days were last compared by: the one row says what the production endpoints and feeds were arranged for.

    Days are judged by this row and not by the endpoints themselves, so that a change of those, which comes without a
    lock on any safe, can mark every day it bears on in the transaction that changes the row.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    push_types = ArrayField(
        models.CharField(max_length=100),
        null=True,
        blank=True,
        help_text="Canonical types that pushes are to bring, in order; empty: none; null: all.",
    )
    files = models.BooleanField(help_text="Whether files are to come; they bring all types.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="coverage_is_one_row")]

    def __str__(self) -> str:
        return "what both channels cover"
