"""What somebody is told by e-mail: once for each thing that happened."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from incidents.models.incident import Incident


class Notice(models.Model):
    """An e-mail that has to go out; written with the finding it tells of, sent outside the transaction."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40, help_text="The kind of finding it tells of.")
    about = models.CharField(max_length=100, help_text="What it is about, such as the promise that was missed.")
    summary = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["incident", "kind", "about"], name="notice_once")]
        indexes = [models.Index(fields=["next_attempt_at"], name="notice_to_send", condition=Q(sent_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.kind} of {self.incident}"
