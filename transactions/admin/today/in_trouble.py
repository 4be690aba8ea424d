"""How many safes are quiet and how many feeds and endpoints in trouble, by their open findings: one query a page."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpRequest

from safes.models import Finding

# What the desks of safes and of deliveries ask for.
KINDS = ("silent_safe", "feed_failure", "silent_feed", "rejected_push")


def open_of(kind: str, request: HttpRequest) -> int:
    """The open findings of one of KINDS; all are counted when the first of them is asked for."""
    known: dict[str, int] | None = request.__dict__.get("_in_trouble")
    if known is None:
        rows = Finding.objects.filter(kind__in=KINDS, state=Finding.State.OPEN).order_by()
        known = request.__dict__["_in_trouble"] = dict(rows.values_list("kind").annotate(Count("pk")))
    return known.get(kind, 0)
