"""One queue of everything that needs a person."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from safes.models.estate import Safe, Site


class Finding(models.Model):
    """Something that is wrong, once per kind and subject, opened and closed by a rule over the present state.

    A finding that a person settled opens again only when its facts are no longer those that were settled.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        CLOSED = "closed", "closed"

    class Severity(models.TextChoices):
        INFO = "info", "info"
        WARNING = "warning", "warning"
        CRITICAL = "critical", "critical"

    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=300, help_text="What it is about, within its kind.")
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.WARNING)
    safe = models.ForeignKey(Safe, null=True, blank=True, on_delete=models.CASCADE, related_name="findings")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.SET_NULL, related_name="findings")
    business_date = models.DateField(null=True, blank=True)
    cash_at_stake = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    summary = models.CharField(max_length=500, help_text="What is wrong and what to do, in a sentence.")
    detail = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True, help_text="“system”, or who settled it.")
    settled_facts = models.BinaryField(null=True, blank=True, help_text="Digest of the facts a person settled.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="findings",
    )

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject"], name="finding_once_per_kind_and_subject"),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_at__isnull=True)
                | models.Q(state="closed", closed_at__isnull=False),
                name="finding_closed_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["safe", "kind"], name="finding_by_safe"),
            models.Index(
                fields=["-opened_at"],
                name="finding_open_by_age",
                condition=models.Q(state="open"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')}: {self.subject}"


class FindingNote(models.Model):
    """What happened to a finding, for ever: opened, changed, closed, settled, commented."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="notes")
    at = models.DateTimeField(auto_now_add=True)
    by = models.CharField(max_length=150, help_text="“system”, or a user name.")
    what = models.CharField(max_length=20)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.what} by {self.by}"
