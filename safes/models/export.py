"""Lists on their way into a file: what was asked for, how far it is, and where the file lies."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Export(models.Model):
    """A list that a worker writes into a file, for who asked for it. Written by safes.exporting alone."""

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "being written"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    room = models.CharField(max_length=100, help_text="app.model of the list.")
    query = models.CharField(max_length=4000, blank=True, help_text="The query string of the list.")
    format = models.CharField(max_length=4, choices=Format.choices)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expected = models.PositiveBigIntegerField(default=0, help_text="Rows, by the planner's estimate.")
    written = models.PositiveBigIntegerField(default=0, help_text="Rows so far.")
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes of the file.")
    stored_as = models.CharField(max_length=200, blank=True, help_text="Name in the storage “exports”; empty: gone.")
    said = models.CharField(max_length=500, blank=True, help_text="Why it failed, and what to do.")

    class Meta:
        ordering = ["-asked_at", "-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done") | Q(finished_at__isnull=False), name="export_done_has_its_time"
            ),
        ]
        indexes = [
            models.Index(fields=["by", "-asked_at"], name="export_by_person"),
            models.Index(fields=["asked_at"], condition=Q(state__in=["waiting", "running"]), name="export_due"),
        ]

    def __str__(self) -> str:
        return f"{self.room} as {self.format}"
