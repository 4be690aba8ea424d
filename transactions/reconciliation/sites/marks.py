"""Marks on site days that are due to be drawn again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import connection
from django.utils import timezone

from transactions.models import SiteDay, TouchedSiteDay

SiteDate = tuple[int, dt.date]
"""Site id and business date."""


def touch_sites(pairs: Collection[SiteDate]) -> None:
    """Mark site days as due to be drawn again; in the transaction that changed them, so that no crash forgets one.

    In one order for everybody, so that two who mark the same days never wait for each other in a circle.
    """
    ordered = sorted(set(pairs))
    if not ordered:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {TouchedSiteDay._meta.db_table} (site_id, business_date, touched_at)
            SELECT site_id, business_date, %s FROM unnest(%s::bigint[], %s::date[]) AS d(site_id, business_date)
            ON CONFLICT (site_id, business_date) DO UPDATE SET touched_at = excluded.touched_at
            """,
            [
                timezone.now(),
                [site_id for site_id, _ in ordered],
                [date for _, date in ordered],
            ],
        )


def touch_site(site_id: int) -> None:
    """Mark all days of a site: its currency or its tolerance is another, and with it what they are judged by."""
    dates = SiteDay.objects.filter(site=site_id).order_by().values_list("site_id", "business_date").distinct()
    touch_sites(set(dates))
