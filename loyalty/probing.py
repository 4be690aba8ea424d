"""Accounts that look up much that is not there: perhaps somebody tries numbers out. The finding `card_probing`.

By the counts of the throttle (loyalty.throttle), whose account-wide windows are an hour at most.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.db.transaction import atomic
from django.utils import timezone

from loyalty.models import MissCount
from safes.findings import Facts, settle
from safes.models import Finding, MachineAccount

# An account is calm when it was so for as long.
_LOOKED_AT = dt.timedelta(hours=24)
_HOUR = dt.timedelta(hours=1)

_TABLE = MissCount._meta.db_table
# Of each account the hour that ends with the window at which most had been missed within it.
_BUSIEST = f"""
    SELECT DISTINCT ON (account_id) account_id, "window", misses FROM (
        SELECT account_id, "window", sum(count) OVER (
            PARTITION BY account_id ORDER BY "window" RANGE BETWEEN '59:59.999'::interval PRECEDING AND CURRENT ROW
        ) AS misses
        FROM {_TABLE} WHERE value = '' AND "window" > %(since)s
    ) AS hours
    WHERE misses >= %(threshold)s ORDER BY account_id, misses DESC, "window"
"""
_DIFFERENT = f"""
    SELECT count(DISTINCT value) FROM {_TABLE}
    WHERE account_id = %s AND value <> '' AND "window" > %s AND "window" <= %s
"""


class Busiest(NamedTuple):
    """The hour that ended with the window which began at ``until``; ``misses`` in it, refused ones included."""

    until: dt.datetime
    misses: int


def watch_probing() -> int:
    """Open, bring up to date and close the findings; returns how many accounts are suspected."""
    suspected = MachineAccount.objects.filter(pk__in=_busiest()).values_list("username", flat=True)
    # Those that a person settled, too: they open again when there is more.
    known = Finding.objects.filter(
        Q(state=Finding.State.OPEN) | Q(settled_facts__isnull=False), kind="card_probing"
    ).values_list("subject", flat=True)
    for name in sorted({*suspected, *known}):
        _settle(name)
    return len(suspected)


@atomic
def _settle(username: str) -> None:
    # The lock under which facts are seen: two workers must not settle one account at once.
    account = MachineAccount.objects.select_for_update(no_key=True).filter(username=username).first()
    busiest = _busiest().get(account.pk) if account else None
    settle("card_probing", {username: _facts(account, busiest) if account and busiest else None})


def _busiest() -> dict[int, Busiest]:
    wanted = {"since": timezone.now() - _LOOKED_AT, "threshold": settings.LOYALTY_PROBING_MISSES}
    with connection.cursor() as cursor:
        cursor.execute(_BUSIEST, wanted)
        return {account: Busiest(until, int(misses)) for account, until, misses in cursor.fetchall()}


def _facts(account: MachineAccount, busiest: Busiest) -> Facts:
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENT, [account.pk, busiest.until - _HOUR, busiest.until])
        (different,) = cursor.fetchone()
    said = f"{busiest.misses:,} look-ups within an hour, of {different:,} different values or more"
    return Facts(
        summary=(
            f"Account {account.username} looked up cards, phones or codes that are not there: {said}. Ask whoever runs "
            "it what it was doing; if they do not know, make it inactive and give it new keys."
        ),
        detail={
            "account": account.username,
            "role": account.role,
            "misses": busiest.misses,
            "different_values": different,
            "until": busiest.until.isoformat(),
        },
    )
