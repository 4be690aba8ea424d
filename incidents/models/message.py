"""Every message between Loomis and us, verbatim."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from incidents.models.account import LoomisAccount
from incidents.models.dispatch import Attempt
from incidents.models.incident import Incident


class IncidentMessage(models.Model):
    """One message, either way: its bytes, and what was read from them. Never deleted, its bytes never changed."""

    class Direction(models.TextChoices):
        IN = "in", "from Loomis"
        OUT = "out", "to Loomis"

    class Via(models.TextChoices):
        UPDATE = "update", "update to our endpoint"
        RESPONSE = "response", "answer to a dispatch"
        REQUEST = "request", "request to Loomis"
        FILE = "file", "file"

    account = models.ForeignKey(LoomisAccount, on_delete=models.PROTECT, related_name="messages")
    incident = models.ForeignKey(Incident, null=True, on_delete=models.PROTECT, related_name="messages")
    attempt = models.OneToOneField(
        Attempt, null=True, on_delete=models.PROTECT, related_name="message", help_text="Whose request it is."
    )
    answers = models.ForeignKey(
        Attempt, null=True, on_delete=models.PROTECT, related_name="answers", help_text="Whose answer it is."
    )
    direction = models.CharField(max_length=3, choices=Direction.choices)
    via = models.CharField(max_length=8, choices=Via.choices)
    type = models.CharField(max_length=100, blank=True, help_text="dispatch, ack …; as sent where it is none of these.")
    body = models.BinaryField()
    file_name = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(help_text="When it was sent or came, UTC.")
    duration_ms = models.PositiveIntegerField(null=True, help_text="Until it was answered.")
    status = models.PositiveIntegerField(null=True, help_text="HTTP status that it was answered with.")
    # What was read from one that came in (incidents.reading), and what is the matter with it, in sentences.
    reading = models.JSONField(default=dict)
    warnings = models.JSONField(default=list)
    error = models.TextField(blank=True, help_text="Why it could not be applied at all, in a sentence.")
    is_repeat = models.BooleanField(default=False, help_text="Says what one before it said of the same incident.")
    applied_at = models.DateTimeField(null=True, help_text="Null: stored and not yet looked at.")
    # Of one that came in and could not be looked at, since we were at fault or the database was away.
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "id"]
        verbose_name = "message"
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["incident", "at"], name="message_by_incident"),
            models.Index(fields=["account", "-at"], name="message_by_account"),
            models.Index(
                fields=["next_try_at"], name="message_to_apply", condition=Q(direction="in", applied_at__isnull=True)
            ),
            models.Index(fields=["account"], name="message_of_no_incident", condition=Q(incident__isnull=True)),
            models.Index(fields=["account", "file_name"], name="message_by_file", condition=~Q(file_name="")),
        ]

    def __str__(self) -> str:
        return f"{self.type or 'message'} {self.pk}"
