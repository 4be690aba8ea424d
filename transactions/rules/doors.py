"""door_open: a door whined, or was opened while nobody served the safe. DOMAIN.md section 2, "Findings".

One finding per safe and business day lists the events. Served: the courier came, or tubes or a recycler were filled or
emptied, no more than DOOR_OPEN_MINUTES before or after by the safe's clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import connection

from safes.estate import lock_safes, standings_of
from safes.findings import Facts, settle, subjects_of
from safes.models import Finding
from transactions.models import AuditEvent, Book, Transaction

_LISTED = 200
_DAY = dt.timedelta(days=1)

# Kinds are named beside types, for the index of what hangs together over many days.
_QUERY = f"""
SELECT e.business_date, e.local_time, e.type, e.user_name, e.door_name
FROM {AuditEvent._meta.db_table} e
WHERE e.safe_id = %(safe)s AND e.business_date = ANY(%(dates)s) AND e.book = %(book)s AND e.counted
  AND (e.type = 'DoorWhine' OR e.type = 'DoorOpened' AND NOT EXISTS (
      SELECT 1 FROM {Transaction._meta.db_table} t
      WHERE t.safe_id = e.safe_id AND t.book = e.book AND t.counted
        AND t.local_time BETWEEN e.local_time - make_interval(secs => %(while)s)
                             AND e.local_time + make_interval(secs => %(while)s)
        AND t.kind IN ('pickup', 'recycler_in', 'tubes')
        AND t.type IN ('Servicing', 'TubeLoaded', 'TubeRemoved', 'TubeDumped', 'CashAcceptedReplenishment')
  ))
ORDER BY e.business_date, e.local_time, e.key_digest, e.occurrence
"""


def draw_doors(safe_id: int, dates: Collection[dt.date]) -> None:
    """Bring the findings of these business days, and of their neighbours, in step. The caller holds the safe's lock.

    What serves a safe at the edge of a day explains a door of the day beside, so a change here may be felt there.
    """
    around = {date + _DAY * step for date in dates for step in (-1, 0, 1)}
    (safe,) = lock_safes([safe_id])
    subjects = subjects_of(["door_open"], safe_ids=[safe_id], business_dates=around)["door_open"]
    facts: dict[str, Facts | None] = dict.fromkeys(subjects)
    facts |= {f"{safe.serial_number} {date}": one for date, one in doors_open(safe_id, around).items()}
    settle("door_open", facts)


def doors_open(safe_id: int, dates: Collection[dt.date]) -> dict[dt.date, Facts]:
    """Facts for those of the dates on which a door whined or was opened for nothing that is known."""
    found: dict[dt.date, list[Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            _QUERY,
            {
                "safe": safe_id,
                "dates": list(dates),
                "book": Book.PRODUCTION,
                "while": settings.DOOR_OPEN.total_seconds(),
            },
        )
        for date, *event in cursor.fetchall():
            found.setdefault(date, []).append(event)
    stands = standings_of([safe_id])[safe_id] if found else None
    return {date: _facts(safe_id, stands.on(date).site_id if stands else None, date, found[date]) for date in found}


def _facts(safe_id: int, site_id: int | None, date: dt.date, events: list[Any]) -> Facts:
    whined = sum(type_ == "DoorWhine" for _, type_, _, _ in events)
    opened = len(events) - whined
    said = [
        "a door was left open until it whined" if whined == 1 else f"doors whined {whined} times" if whined else "",
        ("a door was" if opened == 1 else f"doors were {opened} times") + " opened while nobody served the safe"
        if opened
        else "",
    ]
    sentence = ", and ".join(part for part in said if part)
    return Facts(
        summary=f"{sentence[0].upper()}{sentence[1:]}. Ask the site who it was and what for.",
        severity=Finding.Severity.WARNING,
        safe_id=safe_id,
        site_id=site_id,
        business_date=date,
        detail={
            "event_count": len(events),
            "events": [
                {"local_time": moment.isoformat(), "type": type_, "user": user or "", "door": door or ""}
                for moment, type_, user, door in events[:_LISTED]
            ],
        },
    )
