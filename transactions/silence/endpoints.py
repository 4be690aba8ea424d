"""silent_endpoint: an endpoint to which nothing is pushed, against its own rhythm, while Loomis's day of grace runs.

Loomis keeps what it cannot deliver for 24 hours and then discards it for ever (DOMAIN.md section 1). Silence does not
say since when something waits there: at worst since right after the last push.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.db.models import QuerySet

from safes.findings import Facts
from safes.models import Finding, Safe
from transactions.models import Delivery, PushEndpoint
from transactions.models.endpoint import Environment
from transactions.silence.rhythm import PATIENCE, WEEKS, Spell, learn, overdue_at

_KEPT = dt.timedelta(hours=24)
_CRITICAL_LEFT = dt.timedelta(hours=12)
# Without a rhythm yet: a night is shorter, and a working day is left to act in.
_YOUNG = dt.timedelta(hours=16)

# Two looks into an index for each hour of the weeks, however many deliveries there were.
_SPELLS = f"""
SELECT first.at, last.at
FROM generate_series(date_trunc('hour', %(since)s, 'UTC'), %(until)s, interval '1 hour') AS h(hour)
CROSS JOIN LATERAL (
    SELECT received_at AS at FROM {Delivery._meta.db_table}
    WHERE endpoint_id = %(endpoint)s AND received_at >= h.hour AND received_at < h.hour + interval '1 hour'
    ORDER BY received_at LIMIT 1
) first
CROSS JOIN LATERAL (
    SELECT received_at AS at FROM {Delivery._meta.db_table}
    WHERE endpoint_id = %(endpoint)s AND received_at >= h.hour AND received_at < h.hour + interval '1 hour'
    ORDER BY received_at DESC LIMIT 1
) last
ORDER BY h.hour
"""


def silent_endpoints(now: dt.datetime) -> dict[str, Facts]:
    """Facts by the endpoint's name. Nothing is expected where no safe is in service."""
    if not Safe.objects.filter(status=Safe.Status.ACTIVE).exists():
        return {}
    found = {}
    for endpoint in PushEndpoint.objects.filter(environment=Environment.PRODUCTION, active=True):
        last = _pushes(endpoint).values_list("received_at", flat=True).first()
        since = last or endpoint.created_at
        if now - since < PATIENCE:
            continue
        expected_by = _expected_by(endpoint, last) or since + _YOUNG
        if expected_by <= now:
            found[endpoint.name] = _facts(endpoint, last, expected_by, now)
    return found


def _pushes(endpoint: PushEndpoint) -> QuerySet[Delivery]:
    return Delivery.objects.filter(endpoint=endpoint).order_by("-received_at")


def _expected_by(endpoint: PushEndpoint, last: dt.datetime | None) -> dt.datetime | None:
    if last is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_SPELLS, {"endpoint": endpoint.pk, "since": last - dt.timedelta(weeks=WEEKS), "until": last})
        spells: list[Spell] = cursor.fetchall()
    gaps = learn(spells)
    return None if gaps is None else overdue_at(last, gaps)


def _facts(endpoint: PushEndpoint, last: dt.datetime | None, expected_by: dt.datetime, now: dt.datetime) -> Facts:
    turned_away = [moment for moment in (endpoint.rejected_since, endpoint.oversized_since) if moment is not None]
    # What was turned away after the last push is known to wait; otherwise something may have, from then on.
    begins = min(turned_away, default=last)
    return Facts(
        summary=f"{_what(endpoint, last)} {_left(begins, now)} Look whether it can be reached from outside, and ask "
        "Loomis's support whether they push.",
        severity=_severity(begins, now),
        detail={
            "endpoint": endpoint.name,
            "last_push": last and last.isoformat(),
            "expected_by": expected_by.isoformat(),
            "discarded_from": begins and (begins + _KEPT).isoformat(),
        },
    )


def _what(endpoint: PushEndpoint, last: dt.datetime | None) -> str:
    if last is None:
        return f"Nothing was ever pushed to {endpoint.name}, though safes are in service."
    return f"Nothing was pushed to {endpoint.name} since {last:%Y-%m-%d %H:%M} UTC, which is unusual for it."


def _left(begins: dt.datetime | None, now: dt.datetime) -> str:
    if begins is None:
        return "Loomis discards after 24 hours what it cannot deliver."
    left = begins + _KEPT - now
    if left <= dt.timedelta():
        return "Loomis may be discarding what it holds, for ever: only its files bring that back."
    hours = int(left / dt.timedelta(hours=1))
    soon = f"in {hours} h" if hours else "in less than an hour"
    return f"At worst Loomis begins to discard what it holds, for ever, {soon}."


def _severity(begins: dt.datetime | None, now: dt.datetime) -> Finding.Severity:
    is_urgent = begins is not None and begins + _KEPT - now <= _CRITICAL_LEFT
    return Finding.Severity.CRITICAL if is_urgent else Finding.Severity.WARNING
