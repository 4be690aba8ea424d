"""Keys that machines show us."""

from __future__ import annotations

from django.db import models


class MachineKey(models.Model):
    """One live or lapsed key of a machine. Only its SHA-256 is here: the key itself is shown once and kept nowhere.

    A key carries 256 random bits, so a plain digest is safe, costs microseconds and outlives SECRET_KEY.
    """

    class Scope(models.TextChoices):
        PUSH = "push", "push endpoint"
        INCIDENT_UPDATES = "incident_updates", "Loomis account, updates"
        ACCOUNT_PASSWORD = "account_password", "machine account, password"
        ACCOUNT_TOKEN = "account_token", "machine account, token"

    scope = models.CharField(max_length=16, choices=Scope.choices)
    holder = models.BigIntegerField(help_text="Id of the endpoint or account, within the scope.")
    digest = models.BinaryField(max_length=32)
    hint = models.CharField(max_length=8, help_text="Its last characters, to tell keys apart.")
    created_at = models.DateTimeField()
    first_used_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    lapses_at = models.DateTimeField(null=True, blank=True, help_text="Set when a newer key took its place.")
    lapses_at_once = models.BooleanField(
        default=False,
        help_text="Lapses at that time even if the newer key has not been used yet.",
    )

    class Meta:
        ordering = ["scope", "holder", "-created_at"]
        constraints = [models.UniqueConstraint(fields=["digest"], name="machine_key_unique")]
        indexes = [models.Index(fields=["scope", "holder"], name="machine_key_by_holder")]

    def __str__(self) -> str:
        return f"{self.get_scope_display()} key …{self.hint}"
