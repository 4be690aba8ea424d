"""Incidents on Today: what asks for somebody, each count with the list that shows just these."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from incidents.admin.asking import asking, lately
from incidents.models import Incident
from safes.admin.bases import ago
from safes.dashboard import Ask, Desk, open_desk

# In the order in which they are worked off: what Loomis may not have, before what they are late with.
_SAID = (
    ("unconfirmed", "incident unconfirmed", "incidents unconfirmed", True),
    ("unsent", "incident not sent", "incidents not sent", True),
    ("refused", "incident refused", "incidents refused", True),
    ("overdue", "incident overdue", "incidents overdue", True),
    ("drafts", "draft of an incident", "drafts of incidents", False),
)


def _look(request: HttpRequest) -> Iterator[Ask]:
    """One query."""
    now = timezone.now()
    asked = {name: asking(name, now) for name, *_ in _SAID}
    counts = {f"{name}_count": Count("pk", filter=rows) for name, rows in asked.items()}
    oldest = {f"{name}_oldest": Min("created_at", filter=rows) for name, rows in asked.items()}
    found = Incident.objects.filter(lately(now)).order_by().aggregate(**counts, **oldest)
    address = reverse("admin:incidents_incident_changelist")
    for name, one, many, is_alarming in _SAID:
        since = found[f"{name}_oldest"]
        more = f"the oldest was raised {ago(since, now)}" if since else ""
        yield Ask(found[f"{name}_count"], one, many, f"{address}?asks={name}", more, is_alarming)


open_desk(Desk("Incidents", 25, "incidents.view_incident", _look, ("incidents.change_incident",)))
