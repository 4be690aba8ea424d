"""Counted openings: what days opened with by a physical count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from transactions.models import PhysicalCount


def openings_of(safe_id: int, dates: Collection[dt.date] | None = None) -> list[PhysicalCount]:
    """The counted openings in force of a safe, on these business dates or on all, in the order of dates."""
    found = PhysicalCount.objects.filter(safe=safe_id, use=PhysicalCount.Use.OPENING, withdrawn_at=None)
    if dates is not None:
        found = found.filter(business_date__in=dates)
    return list(found.order_by("business_date", "compartment", "currency"))
