"""What arrived: raw bytes, committed before anything reads them, and what became of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from transactions.models.endpoint import PushEndpoint
from transactions.models.feed import Feed
from transactions.models.record import Message


class Delivery(models.Model):
    """One arrival. Equal bytes arriving again at the same endpoint are a row of their own that points to the first."""

    class Channel(models.TextChoices):
        PUSH = "push", "push"
        FILE = "file", "file"

    class Status(models.TextChoices):
        STORED = "stored", "stored"  # durable, not recorded yet
        ACCEPTED = "accepted", "accepted"  # at least one row recorded or known
        DUPLICATE = "duplicate", "duplicate"  # the same bytes again
        QUARANTINED = "quarantined", "quarantined"  # no row could be understood
        FAILED = "failed", "failed"  # recording it failed; it is tried again

    channel = models.CharField(max_length=4, choices=Channel.choices)
    endpoint = models.ForeignKey(PushEndpoint, null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    feed = models.ForeignKey(Feed, null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    file_name = models.CharField(max_length=255, blank=True, db_default="")
    message = models.ForeignKey(
        Message,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="deliveries",
        help_text="Once it is read.",
    )
    repeat_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="repeats",
        db_index=False,
    )
    received_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.STORED)
    digest = models.BinaryField(
        max_length=32,
        help_text="SHA-256 of the bytes as sent, before the key was masked.",
    )
    size = models.PositiveBigIntegerField(help_text="Bytes as sent, after Content-Encoding was undone.")
    headers = models.JSONField(default=dict, help_text="Request headers but those that can carry secrets.")
    received = models.PositiveIntegerField(null=True, blank=True)
    created = models.PositiveIntegerField(null=True, blank=True)
    known = models.PositiveIntegerField(null=True, blank=True)
    quarantined = models.PositiveIntegerField(null=True, blank=True)
    notes = models.JSONField(default=list, help_text="What was odd about it and did not matter.")
    error = models.TextField(blank=True, help_text="Why it was not recorded, in a sentence.")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True, help_text="When its body was deleted; the digest stays.")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "digest"],
                condition=Q(repeat_of__isnull=True),
                name="delivery_body_once_per_endpoint",
            ),
            models.UniqueConstraint(
                fields=["feed", "digest"],
                condition=Q(repeat_of__isnull=True),
                name="delivery_body_once_per_feed",
            ),
            models.CheckConstraint(
                condition=Q(channel="push", endpoint__isnull=False, feed__isnull=True)
                | Q(channel="file", endpoint__isnull=True, feed__isnull=False),
                name="delivery_has_its_source",
            ),
            models.CheckConstraint(
                condition=Q(status="duplicate", repeat_of__isnull=False)
                | Q(~Q(status="duplicate"), repeat_of__isnull=True),
                name="delivery_duplicate_points_to_the_first",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status__in=["stored", "failed"]),
                name="delivery_to_record",
            ),
            models.Index(fields=["endpoint", "-received_at"], name="delivery_by_endpoint"),
            models.Index(fields=["feed", "-received_at"], condition=Q(feed__isnull=False), name="delivery_by_feed"),
            models.Index(fields=["feed", "file_name"], condition=Q(feed__isnull=False), name="delivery_by_file_name"),
            models.Index(
                fields=["repeat_of"],
                condition=Q(repeat_of__isnull=False),
                name="delivery_repeats",
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class DeliveryBody(models.Model):
    """The bytes as sent, the key overwritten by asterisks, compressed with Zstandard. Gone after a purge.

    Large ones lie in the storage "bodies" under ``stored_as``, and ``content`` is empty.
    """

    delivery = models.OneToOneField(Delivery, primary_key=True, on_delete=models.CASCADE, related_name="body")
    content = models.BinaryField()
    stored_as = models.CharField(max_length=100, blank=True, db_default="")

    class Meta:
        verbose_name_plural = "delivery bodies"

    def __str__(self) -> str:
        return f"body of {self.delivery_id}"


class QuarantinedRow(models.Model):
    """A row, or with position 0 a whole body, that could not be understood: why, and the cash it seems to speak of."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="quarantined_rows")
    position = models.PositiveIntegerField(help_text="Counted from 1 within the body; 0: the whole body.")
    reason = models.CharField(max_length=500)
    content = models.TextField(blank=True, help_text="The row as read, cut at 20,000 characters.")
    serial_number = models.CharField(max_length=64, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)

    class Meta:
        ordering = ["delivery", "position"]
        constraints = [models.UniqueConstraint(fields=["delivery", "position"], name="quarantined_row_once")]

    def __str__(self) -> str:
        return f"row {self.position} of {self.delivery_id}"
