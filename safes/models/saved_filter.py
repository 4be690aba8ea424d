"""Lists as people like to see them: the filters of a room under a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class SavedFilter(models.Model):
    """What a room is filtered, searched and sorted by, under a name; for one person, or shared with all."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters")
    room = models.CharField(max_length=100, help_text="app.model of the list.")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, help_text="The query string of the list, without a page.")
    is_shared = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["owner", "room", "name"], name="saved_filter_once_per_name"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_filter_has_a_name"),
        ]
        indexes = [models.Index(fields=["room"], condition=Q(is_shared=True), name="saved_filter_shared")]

    def __str__(self) -> str:
        return self.name
