"""Loyalty cards on Today: what became of them lately, bonuses that are about to go, and calls that went wrong.

Each number has the list that shows just what it counts.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from loyalty.models import CardCall, CardEvent, Lot
from loyalty.results import MISSES
from loyalty.today import today
from safes.dashboard import Figure, Panel, hang

_DAYS = 7

# One query, each part by an index: of what happened lately, of lots with something left, of errors alone.
_LATELY = f"""
    SELECT issued, activated, blocked, leaving, errors, misses FROM
        (SELECT count(*) FILTER (WHERE what = 'issued') AS issued,
                count(*) FILTER (WHERE what = 'activated') AS activated,
                count(*) FILTER (WHERE what = 'blocked') AS blocked
         FROM {CardEvent._meta.db_table}
         WHERE what IN ('issued', 'activated', 'blocked') AND at >= %(since)s) AS events,
        (SELECT coalesce(sum(remaining), 0) AS leaving
         FROM {Lot._meta.db_table}
         WHERE remaining > 0 AND expires_on > %(today)s AND expires_on <= %(last)s) AS lots,
        (SELECT count(*) AS errors, count(*) FILTER (WHERE key = ANY(%(misses)s)) AS misses
         FROM {CardCall._meta.db_table} WHERE is_error AND at >= %(yesterday)s) AS calls
"""


def _look(request: HttpRequest) -> dict[str, Any]:
    """One query."""
    now, date = timezone.now(), today()
    # As the list of what happened counts days.
    first = (now - dt.timedelta(days=_DAYS - 1)).date()
    last = date + dt.timedelta(days=_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(
            _LATELY,
            {
                "since": dt.datetime.combine(first, dt.time(), dt.UTC),
                "today": date,
                "last": last,
                "misses": [str(key) for key in MISSES],
                "yesterday": now - dt.timedelta(days=1),
            },
        )
        issued, activated, blocked, leaving, errors, misses = cursor.fetchone()
    happened = {"at_from": first.isoformat()}
    tomorrow = date + dt.timedelta(days=1)
    lots = {"expires_on_from": tomorrow.isoformat(), "expires_on_to": last.isoformat(), "left": "yes"}
    figures = [
        Figure(f"{issued:,}", "cards issued", _listed("cardevent", what__exact="issued", **happened)),
        Figure(f"{activated:,}", "activated", _listed("cardevent", what__exact="activated", **happened)),
        Figure(f"{blocked:,}", "blocked", _listed("cardevent", what__exact="blocked", **happened)),
        Figure(f"{leaving:,.2f}", f"bonuses expire within {_DAYS} days", _listed("lot", **lots)),
    ]
    if request.user.has_perm("loyalty.view_cardcall"):
        figures += [
            Figure(f"{errors:,}", "calls refused in 24 h", _listed("cardcall", within="day", outcome="error")),
            Figure(f"{misses:,}", "of them found nothing", _listed("cardcall", within="day", outcome="miss")),
        ]
    return {"figures": figures}


def _listed(room: str, **filters: str) -> str:
    return f"{reverse(f'admin:loyalty_{room}_changelist')}?{urlencode(filters)}"


hang(Panel("Loyalty cards, 7 days", 40, "loyalty.view_cardevent", "staff/panels/figures.html", _look))
