"""Marks on site days that somebody has signed or prepared, when a safe's day there is another than before."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection
from django.utils import timezone

from transactions.models import SignOff, TouchedSiteDay
from transactions.reconciliation.sites.marks import SiteDate


def touch_signed(days: Collection[SiteDate]) -> None:
    """Mark those of these days that have a sign-off: whether it stands is looked at with the site.

    In one order for everybody, so that two who mark the same days never wait for each other in a circle.
    """
    if not days:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {TouchedSiteDay._meta.db_table} (site_id, business_date, touched_at)
            SELECT s.site_id, s.business_date, %s
            FROM unnest(%s::bigint[], %s::date[]) AS d(site_id, business_date)
            JOIN {SignOff._meta.db_table} s USING (site_id, business_date)
            ORDER BY s.site_id, s.business_date
            ON CONFLICT (site_id, business_date) DO UPDATE SET touched_at = excluded.touched_at
            """,
            [timezone.now(), [site_id for site_id, _ in days], [date for _, date in days]],
        )
