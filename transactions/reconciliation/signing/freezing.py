"""What people may not touch: signed days. What machines send of one is taken, and opens it again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from transactions.models import SignOff
from transactions.reconciliation.sites.marks import SiteDate


def signed_among(days: Collection[SiteDate]) -> set[SiteDate]:
    """Those of these days that are signed; one query, none for no days. The caller holds the locks on their sites."""
    if not days:
        return set()
    found = SignOff.objects.filter(
        site__in={site_id for site_id, _ in days},
        business_date__in={date for _, date in days},
        status=SignOff.Status.SIGNED,
    )
    return set(found.values_list("site_id", "business_date")) & set(days)


def is_frozen(site_code: str, date: dt.date) -> str:
    """Why nobody may enter, change or withdraw anything of that day."""
    return f"{site_code} has signed {date}: a supervisor has to reopen that day, with the reason, first."
