"""Feeds: folders that Loomis delivers files to, and the files found there."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from safes.history import History
from safes.remote import parse_address
from safes.remote.host_keys import pinned_fingerprint
from transactions.models.endpoint import Environment


def validate_url(value: str) -> None:
    try:
        _, password = parse_address(value)
    except ValueError as error:
        raise ValidationError(str(error)) from None
    if password:
        raise ValidationError("Leave the password out of the URL: it has a field of its own.")


def validate_host_key(value: str) -> None:
    try:
        pinned_fingerprint(value)
    except ValueError as error:
        raise ValidationError(str(error)) from None


class Feed(models.Model):
    """A folder that is looked through for files, and what was arranged about it."""

    class After(models.TextChoices):
        LEAVE = "leave", "leave it there"
        ARCHIVE = "archive", "move it to the archive folder"
        DELETE = "delete", "delete it"

    name = models.CharField(
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z", "Letters, digits, . _ - only.")],
    )
    url = models.CharField(
        "URL",
        max_length=500,
        blank=True,
        validators=[validate_url],
        help_text="ftp://, ftps:// or sftp:// with user and folder, or file:///folder. Empty: files come by hand.",
    )
    pattern = models.CharField(
        max_length=100, default="*.xml", help_text="Names that are taken; * and ? stand for any."
    )
    environment = models.CharField(
        max_length=12,
        choices=Environment.choices,
        default=Environment.PRODUCTION,
        help_text="Only production enters the books. Fixed once made: it decides what has been counted.",
    )
    password_env = models.CharField(
        "password variable",
        max_length=60,
        blank=True,
        help_text="The environment variable that holds the password. Empty: the password below.",
    )
    sealed_password = models.TextField(blank=True, editable=False)
    host_key = models.TextField(
        blank=True,
        validators=[validate_host_key],
        help_text="SFTP: the server's key, or its fingerprint SHA256:… Another key is refused.",
    )
    poll_seconds = models.PositiveIntegerField(default=300, validators=[MinValueValidator(1)])
    settle_seconds = models.PositiveIntegerField(
        default=60, help_text="A file is taken when its size and time have not changed for so long."
    )
    after = models.CharField(max_length=8, choices=After.choices, default=After.LEAVE)
    archive_folder = models.CharField(
        max_length=100,
        default="archive",
        validators=[RegexValidator(r"\A[^/\\\x00-\x1f]+\Z", "The name of one folder, without slashes.")],
    )
    active = models.BooleanField(default=True, help_text="An inactive feed is not looked through.")
    created_at = models.DateTimeField(auto_now_add=True)
    # What became of looking through it.
    polled_at = models.DateTimeField(null=True, editable=False)
    reached_at = models.DateTimeField(null=True, editable=False, help_text="When it was last reached and listed.")
    next_poll_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="In a row.")
    failing_since = models.DateTimeField(null=True, editable=False)
    error = models.TextField(blank=True, editable=False, help_text="What is wrong, in a sentence.")

    history = History(
        excluded_fields=[
            *("sealed_password", "polled_at", "reached_at", "next_poll_at", "failures", "failing_since", "error")
        ]
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class FeedFile(models.Model):
    """A file that was seen in a feed, from the first look to the archive."""

    class State(models.TextChoices):
        SEEN = "seen", "seen"  # it may still be growing
        SETTLED = "settled", "settled"  # size and time have stood still
        FETCHED = "fetched", "fetched"  # its bytes are stored here
        RECORDED = "recorded", "recorded"
        ARCHIVED = "archived", "archived"  # and moved or deleted there
        QUARANTINED = "quarantined", "quarantined"  # it is none, or nothing in it could be understood
        FAILED = "failed", "failed"  # it is tried again

    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(help_text="Bytes, as the server says.")
    modified_at = models.DateTimeField(null=True, help_text="As the server says.")
    state = models.CharField(max_length=12, choices=State.choices, default=State.SEEN)
    seen_at = models.DateTimeField()
    still_since = models.DateTimeField(help_text="Since when size and time are what they are.")
    digest = models.BinaryField(max_length=32, null=True, help_text="SHA-256 of its bytes.")
    delivery = models.ForeignKey(
        "transactions.Delivery", null=True, on_delete=models.PROTECT, related_name="files", db_index=True
    )
    progress = models.PositiveBigIntegerField(default=0, help_text="Bytes fetched so far.")
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "name"],
                condition=Q(state__in=["seen", "settled", "fetched", "failed"]),
                name="feed_file_once_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["feed", "name", "-id"], name="feed_file_by_name")]

    def __str__(self) -> str:
        return self.name
