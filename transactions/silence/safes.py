"""silent_safe: a safe that is quiet against its own rhythm. Registered safes that stand somewhere; the young have none.

A safe's rhythm is learnt once a day, and with it when the safe is overdue. Only when that moment has come is the safe
looked at again, by one look at the end of an index: nearly always it has spoken since, and has until later.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.db.models import QuerySet

from safes.estate import Standing, Standings, standings_of
from safes.findings import Facts
from safes.localtime import instant, zone
from safes.models import Finding, Safe
from transactions.models import Book, SafeRhythm, Transaction
from transactions.silence.rhythm import WEEKS, Spell, hour_of_week, learn, overdue_at

_LEARN_EVERY = dt.timedelta(days=1)
_LEARNT_AT_ONCE = 200
_CRITICAL_AFTER = dt.timedelta(hours=24)
# A clock that runs ahead further than this is wrong, and tells nothing of when the safe last spoke.
_AHEAD = dt.timedelta(days=1)

_TABLE = Transaction._meta.db_table

_SPELLS = f"""
SELECT min(local_time), max(local_time) FROM {_TABLE}
WHERE safe_id = %s AND local_time BETWEEN %s AND %s AND book = %s AND counted AND seen_by_push IS NOT NULL
GROUP BY date_trunc('hour', local_time) ORDER BY 1
"""

_LATEST = f"""
SELECT s.safe_id, (
    SELECT t.local_time FROM {_TABLE} t
    WHERE t.safe_id = s.safe_id AND t.local_time <= s.until AND t.book = %s AND t.counted
    ORDER BY t.local_time DESC LIMIT 1
)
FROM unnest(%s::bigint[], %s::timestamp[]) AS s(safe_id, until)
"""


def silent_safes(now: dt.datetime) -> dict[str, Facts]:
    """Facts by serial number. Learns what is due to be learnt, and looks at the safes whose time has come."""
    listened = Safe.objects.filter(status=Safe.Status.ACTIVE, placements__isnull=False)
    SafeRhythm.objects.exclude(safe__in=listened).delete()
    _learn_due(listened, now)
    due = list(SafeRhythm.objects.filter(look_at__lte=now).select_related("safe").order_by("safe"))
    if not due:
        return {}
    standings = standings_of([rhythm.safe_id for rhythm in due])
    latest = _latest(standings, now)
    spoke = [rhythm for rhythm in due if latest[rhythm.safe_id] != rhythm.heard]
    for rhythm in spoke:
        _expect(rhythm, latest[rhythm.safe_id], standings[rhythm.safe_id])
    SafeRhythm.objects.bulk_update(spoke, ["heard", "look_at"], batch_size=500)
    return {
        rhythm.safe.serial_number: _facts(rhythm, standings[rhythm.safe_id], now)
        for rhythm in due
        if rhythm.look_at is not None and rhythm.look_at <= now
    }


def _learn_due(listened: QuerySet[Safe], now: dt.datetime) -> None:
    known = SafeRhythm.objects.filter(learnt_at__gt=now - _LEARN_EVERY).values("safe")
    ids = list(listened.exclude(pk__in=known).order_by("pk").values_list("pk", flat=True).distinct()[:_LEARNT_AT_ONCE])
    if not ids:
        return
    standings = standings_of(ids)
    rhythms = []
    for safe_id, last in _latest(standings, now).items():
        # Of the weeks before it last spoke, so that a long silence is not forgotten to be one.
        spells = [] if last is None else _spells(safe_id, last)
        rhythm = SafeRhythm(safe_id=safe_id, learnt_at=now, gaps=learn(spells))
        _expect(rhythm, last, standings[safe_id])
        rhythms.append(rhythm)
    SafeRhythm.objects.bulk_create(
        rhythms,
        update_conflicts=True,
        unique_fields=["safe"],
        update_fields=["learnt_at", "gaps", "heard", "look_at"],
    )


def _expect(rhythm: SafeRhythm, last: dt.datetime | None, stands: Standings) -> None:
    """When it is to be looked at again, having last spoken then."""
    rhythm.heard = last
    rhythm.look_at = None
    if last is not None and rhythm.gaps is not None:
        overdue = overdue_at(last, rhythm.gaps)
        rhythm.look_at, _ = instant(overdue, stands.on(overdue.date()).time_zone)


def _spells(safe_id: int, last: dt.datetime) -> list[Spell]:
    with connection.cursor() as cursor:
        cursor.execute(_SPELLS, [safe_id, last - dt.timedelta(weeks=WEEKS), last, Book.PRODUCTION])
        found: list[Spell] = cursor.fetchall()
        return found


def _latest(standings: dict[int, Standings], now: dt.datetime) -> dict[int, dt.datetime | None]:
    """When each safe last spoke, by its own clock; whichever channel told of it."""
    until = [_shown(stands.on(now.date()), now) + _AHEAD for stands in standings.values()]
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [Book.PRODUCTION, list(standings), until])
        return dict(cursor.fetchall())


def _shown(place: Standing, now: dt.datetime) -> dt.datetime:
    """What the clock of a safe there shows."""
    return now.astimezone(zone(place.time_zone or "UTC")).replace(tzinfo=None)


def _facts(rhythm: SafeRhythm, stands: Standings, now: dt.datetime) -> Facts:
    if rhythm.look_at is None or rhythm.gaps is None or rhythm.heard is None:
        raise ValueError("A safe without a rhythm is not listened for.")
    place = stands.on(now.date())
    usual = rhythm.gaps[hour_of_week(overdue_at(rhythm.heard, rhythm.gaps))]
    return Facts(
        summary=(
            f"Safe {rhythm.safe.serial_number} has said nothing since {rhythm.heard:%Y-%m-%d %H:%M} by its clock; at "
            f"such an hour it is usually quiet for {in_words(usual)} at most. Ask the site whether it works and is "
            "connected, then Loomis."
        ),
        severity=(Finding.Severity.CRITICAL if now - rhythm.look_at >= _CRITICAL_AFTER else Finding.Severity.WARNING),
        safe_id=rhythm.safe_id,
        site_id=place.site_id,
        detail={
            "last_heard": rhythm.heard.isoformat(),
            "usual_gap_minutes": usual,
            "overdue_since": rhythm.look_at.isoformat(),
        },
    )


def in_words(minutes: int) -> str:
    """A span as people say it: to the hour, or to the minute where it is short."""
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
