"""Safes in which cash waits for the courier for longer than usual, read from the drawn pickups. One query."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from safes.models import Safe
from transactions.models import Pickup
from transactions.reconciliation.pickups.rhythm import LOOKED_AT, Due, due, usual_gap

# Servicings of one visit, and pickups in several currencies, have a row each.
_ROWS = 2 * (LOOKED_AT + 1)

# Of each safe in which something waits: since when, and when it was serviced last, by an index each.
_WAITING = f"""
WITH waiting AS (
    SELECT p.safe_id, min(p.opened_at) AS since
    FROM {Pickup._meta.db_table} p JOIN {Safe._meta.db_table} s ON s.id = p.safe_id AND s.status = 'active'
    WHERE p.status = 'open' AND p.content <> 0 AND p.opened_at IS NOT NULL
      AND (%(safe)s::bigint IS NULL OR p.safe_id = %(safe)s)
    GROUP BY p.safe_id
)
SELECT w.safe_id, w.since, ARRAY(
    SELECT extract(epoch FROM serviced_at)::bigint FROM (
        SELECT serviced_at FROM {Pickup._meta.db_table} p
        WHERE p.safe_id = w.safe_id ORDER BY p.last_on DESC LIMIT {_ROWS}
    ) latest WHERE serviced_at IS NOT NULL
)
FROM waiting w
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A safe whose courier is due: since when its oldest cash waits, and the usual gap between his visits."""

    due: Due
    since: dt.datetime
    usual: dt.timedelta


def pickups_due(now: dt.datetime, safe_id: int | None = None) -> dict[int, Waiting]:
    """By the ids of active safes, or of this one alone.

    None whose zone nobody knows, or that was serviced too seldom to have a rhythm.
    """
    found: dict[int, Waiting] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"safe": safe_id})
        for of, since, servicings in cursor.fetchall():
            # Seconds: a chain has ten thousands of them, and instants take their time to read.
            usual = usual_gap(dt.datetime.fromtimestamp(moment, dt.UTC) for moment in servicings)
            standing = due(since, usual, now)
            if standing is not None and usual is not None:
                found[of] = Waiting(standing, since, usual)
    return found
