"""Drawing till sessions: the stretch of each till's events that touched days can bear on, and no more."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db import connection

from transactions.models import Book, TillSession, Transaction
from transactions.reconciliation.drawn import keep_drawn
from transactions.reconciliation.effects import CHECK_IN, CHECK_OUT
from transactions.reconciliation.stretches import windows
from transactions.reconciliation.tills.sessions import Event, Session, sessions

_USERS = 500

Till = tuple[str, str]
"""Register and currency at the safe that is drawn."""
Stretch = tuple[dt.datetime | None, dt.datetime | None]
"""Wall-clock times, first included and last excluded; None: from the first event, to the last one."""


def draw_till_sessions(safe_id: int, dates: Collection[dt.date]) -> None:
    """Bring the sessions that these business days can bear on in step. The caller holds the safe's lock.

    A session hangs on what came before it back to its own beginning only, so each till is read from the session that
    its touched days may go on with to one that they cannot reach: it begins after a check-in that is later than they.
    """
    for first, last in windows(dates):
        stretches, events = _events(safe_id, first, last)
        for till, stretch in stretches.items():
            _keep(safe_id, till, stretch, sessions(events[till]))


_TILL = "coalesce(t.register, '') = till.register AND coalesce(t.currency, '') = till.currency"
# Kinds are named beside types, for the index of what hangs together over many days.
_OF_SAFE = f"""
FROM {Transaction._meta.db_table} t
WHERE t.safe_id = %(safe)s AND t.book = {Book.PRODUCTION.value} AND t.counted AND t.type = ANY(%(types)s)
  AND t.kind IN ('recycler_in', 'recycler_out')
"""
_EVENTS = f"""
WITH till AS (
    SELECT coalesce(t.register, '') AS register, coalesce(t.currency, '') AS currency
    {_OF_SAFE} AND t.local_time >= %(first)s AND t.local_time < %(last)s
    UNION
    SELECT s.register, s.currency FROM {TillSession._meta.db_table} s
    WHERE s.safe_id = %(safe)s AND s.last_local_time >= %(first)s AND s.began_local_time < %(last)s
), bounds AS (
    SELECT till.*, (
        SELECT s.began_local_time FROM {TillSession._meta.db_table} s
        WHERE s.safe_id = %(safe)s AND s.register = till.register AND s.currency = till.currency
          AND s.began_local_time < %(first)s
        ORDER BY s.began_local_time DESC LIMIT 1
    ) AS since, (
        SELECT t.local_time {_OF_SAFE} AND {_TILL} AND t.type = %(out)s AND t.local_time > (
            SELECT t.local_time {_OF_SAFE} AND {_TILL} AND t.type = %(in)s AND t.local_time >= %(last)s
            ORDER BY t.local_time LIMIT 1
        )
        ORDER BY t.local_time LIMIT 1
    ) AS until
    FROM till
)
SELECT till.register, till.currency, till.since, till.until,
       event.local_time, event.type, event.amount, event.business_date, event.user_name
FROM bounds till LEFT JOIN LATERAL (
    SELECT t.local_time, t.type, t.amount, t.business_date, t.user_name
    {_OF_SAFE} AND {_TILL} AND t.local_time >= coalesce(till.since, '-infinity')
      AND t.local_time < coalesce(till.until, 'infinity')
) event ON true
"""


def _events(safe_id: int, first: dt.datetime, last: dt.datetime) -> tuple[dict[Till, Stretch], dict[Till, list[Event]]]:
    """The tills concerned, each with the stretch that must be drawn anew and the events in it."""
    stretches: dict[Till, Stretch] = {}
    events: dict[Till, list[Event]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            _EVENTS,
            {
                "safe": safe_id,
                "first": first,
                "last": last,
                "types": [CHECK_OUT, CHECK_IN],
                "out": CHECK_OUT,
                "in": CHECK_IN,
            },
        )
        for register, currency, since, until, local_time, type_, amount, date, user in cursor.fetchall():
            stretches[register, currency] = (since, until)
            if local_time is not None:
                events[register, currency].append(Event(local_time, type_ == CHECK_OUT, amount, date, user or ""))
    return stretches, events


def _keep(safe_id: int, till: Till, stretch: Stretch, drawn: list[Session]) -> None:
    register, currency = till
    since, until = stretch
    rows = TillSession.objects.filter(safe=safe_id, register=register, currency=currency)
    if since is not None:
        rows = rows.filter(began_local_time__gte=since)
    if until is not None:
        rows = rows.filter(began_local_time__lt=until)
    keep_drawn(
        rows,
        ["began_local_time"],
        {(session.began,): _values(session) for session in drawn},
        also={"safe_id": safe_id, "register": register, "currency": currency},
    )


def _values(session: Session) -> dict[str, Any]:
    return {
        "business_date": session.business_date,
        "checked_out_local_time": session.first_out,
        "checked_in_local_time": session.last_in,
        "last_local_time": session.last,
        "checked_out": session.checked_out,
        "checked_in": session.checked_in,
        "users": ", ".join(sorted(session.users))[:_USERS],
    }
