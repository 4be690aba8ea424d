"""Marks on site days that somebody has signed or prepared, when a safe's day there is another than before."""

from __future__ import annotations

from collections.abc import Collection

from transactions.models import SignOff
from transactions.reconciliation.sites.marks import SiteDate, touch_sites


def touch_signed(days: Collection[SiteDate]) -> None:
    """Mark those of these days that have a sign-off: whether it stands is looked at with the site. One query mostly."""
    if not days:
        return
    signed = SignOff.objects.filter(
        site__in={site_id for site_id, _ in days}, business_date__in={date for _, date in days}
    )
    touch_sites(set(signed.values_list("site_id", "business_date")) & set(days))
