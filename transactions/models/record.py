"""What was said: transactions and audit events, each once per key and occurrence, and who showed them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from safes.fields import WallClockField
from safes.models import Safe
from transactions.catalogue import ACROSS_DAYS, Kind
from transactions.identity import DIGEST_SIZE
from transactions.models.endpoint import PushEndpoint
from transactions.models.feed import Feed


class Book(models.IntegerChoices):
    """Which set of books a row belongs to; test endpoints never touch the real one."""

    PRODUCTION = 1, "production"
    TEST = 2, "test"


class Message(models.Model):
    """What a source sent under one id; its bodies are deliveries. Without an id, the body's digest stands for it.

    A file is a message of its feed under its name; the same bytes under another name are that same message.
    """

    endpoint = models.ForeignKey(PushEndpoint, null=True, on_delete=models.PROTECT, db_index=False)
    feed = models.ForeignKey(Feed, null=True, on_delete=models.PROTECT, db_index=False)
    key = models.CharField(max_length=262)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "key"], name="message_once_per_endpoint"),
            models.UniqueConstraint(fields=["feed", "key"], name="message_once_per_feed"),
            models.CheckConstraint(
                condition=Q(endpoint__isnull=True) | Q(feed__isnull=True), name="message_has_one_source"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Record(models.Model):
    """What transactions and audit events share.

    A row is unique by safe, wall-clock time, digest of its key and occurrence: genuine twins are occurrences 1, 2, … .
    ``push_message`` and ``file_message`` are one message of each channel that showed this occurrence; further ones are
    Repeat rows. A row that no message shows any more stays, is not counted, and has neither. Written by
    transactions.recording alone.

    No database foreign keys: a check per row would double the cost of a push; rows are written under a lock on their
    safe, and neither safes with rows nor messages can be deleted (PROTECT).
    """

    id = models.BigAutoField(primary_key=True)
    book = models.SmallIntegerField(choices=Book.choices)
    safe = models.ForeignKey(
        Safe,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    local_time = WallClockField(help_text="The safe's wall clock, as sent, cut to microseconds.")
    key_digest = models.BinaryField(max_length=DIGEST_SIZE)
    occurrence = models.IntegerField()
    counted = models.BooleanField(default=True, help_text="False: withdrawn, or ruled out by a person.")
    type = models.CharField(max_length=100, help_text="Canonical type.")
    wire_type = models.CharField(max_length=100, help_text="Type as sent.")
    kind = models.CharField(
        max_length=12,
        choices=[(kind.value, kind.value.replace("_", " ")) for kind in Kind],
    )
    user_name = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 - absent and empty are one, and null is cheaper in COPY
    amount = models.DecimalField(max_digits=14, decimal_places=4)
    currency = models.CharField(max_length=3, null=True, blank=True)  # noqa: DJ001 - not known before the safe is placed
    denominations = models.JSONField(null=True, blank=True, help_text="[[unit value, count, currency or null], …]")
    register = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    change_purchase_number = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    deposit_reference_number = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001
    pickup_group_id = models.BigIntegerField(null=True, blank=True)
    door_name = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    tube_column = models.CharField(max_length=40, null=True, blank=True)  # noqa: DJ001
    tube_count = models.CharField(max_length=40, null=True, blank=True)  # noqa: DJ001
    extra = models.JSONField(null=True, blank=True, help_text="Properties that no document lists, as sent.")
    sent_offsets = ArrayField(
        models.SmallIntegerField(),
        null=True,
        blank=True,
        help_text="Offsets from UTC its readings carried, in minutes.",
    )
    occurred_at = models.DateTimeField(null=True, blank=True, help_text="UTC; empty while the time zone is unknown.")
    time_note = models.CharField(max_length=8, null=True, blank=True)  # noqa: DJ001
    retrieved_on = models.DateTimeField(null=True, blank=True)
    business_date = models.DateField()
    push_message = models.ForeignKey(
        Message,
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    seen_by_push = models.DateTimeField(null=True, blank=True)
    file_message = models.ForeignKey(
        Message,
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    seen_by_file = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["safe", "local_time", "key_digest", "occurrence", "book"],
                name="%(class)s_stored_once",
            ),
            models.CheckConstraint(condition=Q(occurrence__gte=1), name="%(class)s_occurrence_from_one"),
        ]
        indexes = [
            models.Index(fields=["business_date", "safe"], name="%(class)s_by_day"),
            models.Index(
                fields=["push_message"],
                condition=Q(push_message__isnull=False),
                name="%(class)s_by_push",
            ),
            models.Index(
                fields=["file_message"],
                condition=Q(file_message__isnull=False),
                name="%(class)s_by_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.amount} at {self.local_time}"


class Transaction(Record):
    """Something that moved cash, closed a day, or is of a type nobody knows.

    A row that pushes alone showed and one that files alone showed are a pair when they agree but for the pickup group,
    or but for the fraction of the second. Each then names the other in ``paired_with``: the file's counts, the push's
    does not, and each is taken to be seen by the other's channel. ``push_message`` and ``file_message`` stay what
    messages showed. DOMAIN.md section 1, "Identity"; written by transactions.recording.pairing alone.
    """

    # No foreign key, as above.
    paired_with = models.BigIntegerField(
        null=True, blank=True, help_text="Id of the same transaction as the other channel told it."
    )

    class Meta(Record.Meta):
        indexes = [
            *Record.Meta.indexes,
            models.Index(
                fields=["safe", "type"],
                condition=Q(kind=Kind.UNKNOWN),
                name="transaction_of_unknown_type",
            ),
            # Staff and integrators ask for a pickup's drops, of any time. A group is the same for days, so that its
            # entries go where the last ones went: 1 ms a push of a thousand, and seven bytes a row.
            models.Index(
                fields=["pickup_group_id"],
                condition=Q(pickup_group_id__isnull=False),
                name="transaction_by_pickup_group",
            ),
            # What the drawing of pickups, till sessions and change orders asks for across days. Drops are not in it.
            models.Index(
                fields=["safe", "local_time"],
                condition=Q(kind__in=ACROSS_DAYS),
                name="transaction_across_days",
            ),
            # Few rows, and asked for at every drawing of a day: what comes next, and what else a group has.
            models.Index(fields=["safe", "local_time"], condition=Q(kind=Kind.PICKUP), name="servicing_in_time"),
            models.Index(fields=["safe", "pickup_group_id"], condition=Q(kind=Kind.PICKUP), name="servicing_by_group"),
            # All that was ordered under one number, whenever it was.
            models.Index(
                fields=["safe", "change_purchase_number"],
                condition=Q(kind=Kind.CHANGE_ORDER),
                name="transaction_by_change_number",
            ),
            # What may have a partner, and what has one: a push that no file follows adds nothing to it.
            models.Index(
                fields=["safe", "local_time"],
                condition=Q(push_message__isnull=True) | Q(paired_with__isnull=False),
                name="transaction_to_pair",
            ),
        ]


class AuditEvent(Record):
    """A door, a lock, a log-in: no cash."""

    class Meta(Record.Meta):
        pass


class Repeat(models.Model):
    """A further message that showed an occurrence already stored: what Claimed is reckoned from."""

    safe = models.ForeignKey(
        Safe,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    book = models.SmallIntegerField(choices=Book.choices)
    local_time = WallClockField()
    key_digest = models.BinaryField(max_length=DIGEST_SIZE)
    occurrence = models.IntegerField()
    message = models.ForeignKey(
        Message,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="repeats",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "safe",
                    "local_time",
                    "key_digest",
                    "occurrence",
                    "book",
                    "message",
                ],
                name="repeat_once",
            )
        ]
        indexes = [models.Index(fields=["message"], name="repeat_by_message")]

    def __str__(self) -> str:
        return f"{self.key_digest!r} again in message {self.message_id}"
