"""Safes in which cash waits for the courier for longer than usual, read from the drawn pickups. One query."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from safes.models import Safe
from transactions.models import Pickup
from transactions.reconciliation.pickups.rhythm import LOOKED_AT, Due, due, usual_gap

# Servicings of one visit, and pickups in several currencies, have a row each.
_ROWS = 4 * (LOOKED_AT + 1)

# Of each safe in which something waits: since when, and when it was serviced last, by an index each.
_WAITING = f"""
WITH waiting AS (
    SELECT p.safe_id, min(p.opened_at) AS since
    FROM {Pickup._meta.db_table} p JOIN {Safe._meta.db_table} s ON s.id = p.safe_id AND s.status = 'active'
    WHERE p.status = 'open' AND p.content <> 0 AND p.opened_at IS NOT NULL
    GROUP BY p.safe_id
)
SELECT w.safe_id, w.since, ARRAY(
    SELECT serviced_at FROM (
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


def pickups_due(now: dt.datetime) -> dict[int, Waiting]:
    """By the ids of active safes; none whose zone nobody knows, or that was serviced too seldom to have a rhythm."""
    found: dict[int, Waiting] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        for safe_id, since, servicings in cursor.fetchall():
            usual = usual_gap(servicings)
            standing = due(since, usual, now)
            if standing is not None and usual is not None:
                found[safe_id] = Waiting(standing, since, usual)
    return found
