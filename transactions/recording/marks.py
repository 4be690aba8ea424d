"""Marks on safe days that are due to be drawn again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import connection
from django.utils import timezone

from transactions.models import TouchedDay

Day = tuple[int, dt.date]
"""Safe id and business date."""


def touch(days: Collection[Day]) -> None:
    """Mark safe days as due to be drawn again; in the transaction that changed them, so that no crash forgets one."""
    ordered = sorted(days)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {TouchedDay._meta.db_table} (safe_id, business_date, touched_at)
            SELECT safe_id, business_date, %s FROM unnest(%s::bigint[], %s::date[]) AS d(safe_id, business_date)
            ON CONFLICT (safe_id, business_date) DO UPDATE SET touched_at = excluded.touched_at
            """,
            [
                timezone.now(),
                [safe_id for safe_id, _ in ordered],
                [date for _, date in ordered],
            ],
        )
