"""Push endpoints: what was arranged with Loomis's support for each address they push to."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from safes.history import History
from transactions.catalogue import classify


class Environment(models.TextChoices):
    """Loomis sends a copy of everything to all endpoints, so only production sources enter the books."""

    PRODUCTION = "production", "production"
    TEST = "test", "test"


def validate_types(value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValidationError("Give a list of transaction types.")
    unknown = [name for name in value if classify(name)[1] == "unknown"]
    if unknown:
        raise ValidationError(
            "Loomis names no such transaction type: %(names)s.",
            params={"names": ", ".join(unknown)},
        )


def validate_metadata(value: Any) -> None:
    if not isinstance(value, dict) or not all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()):
        raise ValidationError("Give names and values, both texts, as Loomis's endpoint metadata has them.")


class PushEndpoint(models.Model):
    """An address Loomis pushes to, and how it shows its key there."""

    class Placement(models.TextChoices):
        HEADER = "header", "header"
        QUERY = "query", "query"
        BODY = "body", "body"
        METADATA = "metadata", "metadata"

    name = models.CharField(
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z", "Letters, digits, . _ - only.")],
        help_text="The last part of its address.",
    )
    key_name = models.CharField(
        max_length=60,
        default="Authorization",
        validators=[RegexValidator(r"\A[A-Za-z0-9_.-]+\Z", "Letters, digits, . _ - only.")],
        help_text="The name under which Loomis sends the key.",
    )
    placement = models.CharField(max_length=10, choices=Placement.choices, default=Placement.HEADER)
    environment = models.CharField(
        max_length=12,
        choices=Environment.choices,
        default=Environment.PRODUCTION,
        help_text="Only production enters the books. Fixed once made: it decides what has been counted.",
    )
    types = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_types],
        help_text="The types Loomis was asked to send (their whitelist); empty: all.",
    )
    expected_metadata = models.JSONField(
        default=dict,
        blank=True,
        validators=[validate_metadata],
        help_text="Endpoint metadata Loomis was asked to send; a push without it is taken, and says so.",
    )
    batch_limit = models.PositiveIntegerField(
        default=1000,
        help_text="Transactions a push at most, as arranged; more are taken all the same.",
    )
    max_body_bytes = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Largest body; empty: the installation's limit.",
    )
    active = models.BooleanField(default=True, help_text="An inactive endpoint answers 401.")
    created_at = models.DateTimeField(auto_now_add=True)
    # What was turned away since the last accepted push: the two findings are a function of these.
    rejected_since = models.DateTimeField(null=True, editable=False)
    rejected_count = models.PositiveIntegerField(default=0, editable=False)
    oversized_since = models.DateTimeField(null=True, editable=False)
    oversized_count = models.PositiveIntegerField(default=0, editable=False)

    # What was turned away is no change of what was arranged.
    history = History(excluded_fields=["rejected_since", "rejected_count", "oversized_since", "oversized_count"])

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
