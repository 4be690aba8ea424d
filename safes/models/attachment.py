"""What people attach to findings: a receipt, a photograph, a letter."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from safes.models.finding import Finding


class Attachment(models.Model):
    """A file of a finding, kept for ever; in the database, so that a backup has it. Written by safes.attachments."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="attachments")
    file_name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100, help_text="As found by its bytes, not as it was said.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.BinaryField(max_length=32)
    content = models.BinaryField()
    by = models.CharField(max_length=150, help_text="A user name.")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "id"]
        default_permissions = ("add", "view")
        constraints = [
            models.UniqueConstraint(fields=["finding", "sha256"], name="attachment_once_per_finding"),
            models.CheckConstraint(condition=Q(size__gt=0), name="attachment_not_empty"),
        ]

    def __str__(self) -> str:
        return self.file_name
