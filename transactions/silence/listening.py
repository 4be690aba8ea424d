"""The turn of the clock: all three rules of silence looked at, and their findings brought in step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from django.db import connection
from django.db.transaction import atomic
from django.utils import timezone

from safes.findings import Facts, settle
from safes.models import Finding
from transactions.silence.endpoints import silent_endpoints
from transactions.silence.feeds import silent_feeds
from transactions.silence.safes import silent_safes

_LOCK = 0x51_4C_4E_54

RULES: dict[str, Callable[[dt.datetime], dict[str, Facts]]] = {
    "silent_safe": silent_safes,
    "silent_endpoint": silent_endpoints,
    "silent_feed": silent_feeds,
}


@atomic
def listen() -> int:
    """Find what is silent now, and close what was heard from; returns how many are silent. One worker at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    now = timezone.now()
    silent = {kind: rule(now) for kind, rule in RULES.items()}
    for kind, found in silent.items():
        _keep(kind, found)
    return sum(map(len, silent.values()))


def _keep(kind: str, found: Mapping[str, Facts]) -> None:
    """Settle what differs from what the queue says; a silence that lasts is written to once an hour, not a minute."""
    known = {finding.subject: finding for finding in Finding.objects.filter(kind=kind, state=Finding.State.OPEN)}
    changed: dict[str, Facts | None] = dict.fromkeys(known.keys() - found.keys())
    changed |= {
        subject: facts
        for subject, facts in found.items()
        if subject not in known or _shown(known[subject]) != (facts.severity, facts.summary, facts.detail)
    }
    if changed:
        settle(kind, changed)


def _shown(finding: Finding) -> tuple[str, str, object]:
    return finding.severity, finding.summary, finding.detail
