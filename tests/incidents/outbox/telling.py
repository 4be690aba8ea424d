"""The outbox in a test: what waits in it, its next turn, and what became of an incident."""

from __future__ import annotations

import datetime as dt
from itertools import count

from django.utils import timezone

from incidents.models import Attempt, Dispatch, Incident, LoomisAccount
from incidents.outbox.sending import drain
from incidents.raising import raise_incident
from tests.incidents.making import atm_account, atm_wanted, safe_wanted, safepoint_account

_numbers = count(1)


def account_of(dialect: str, url: str, name: str = "there", **said: object) -> LoomisAccount:
    make = atm_account if dialect == "atm" else safepoint_account
    return make(name, dispatch_url=url, **said)


def queued(account: LoomisAccount) -> Incident:
    """An incident of a device of its own, that waits to be sent."""
    if account.dialect == "atm":
        return raise_incident(atm_wanted(account, device=f"ATM7{next(_numbers):05d}"))[0]
    return raise_incident(safe_wanted(account, device=f"SR8{next(_numbers):05d}"))[0]


def next_turn() -> None:
    """What waits for its next try is due now, and the outbox is drained."""
    Dispatch.objects.filter(state="due").update(next_attempt_at=timezone.now() - dt.timedelta(seconds=1))
    drain()


def state(incident: Incident) -> str:
    return Incident.objects.get(pk=incident.pk).state


def dispatch(incident: Incident, kind: str = "dispatch") -> Dispatch:
    return Dispatch.objects.get(incident=incident, kind=kind)


def tries(incident: Incident, kind: str = "dispatch") -> list[str]:
    """How its tries ended, in order; "" for one that has not."""
    found = Attempt.objects.filter(dispatch__incident=incident, dispatch__kind=kind).order_by("number")
    return list(found.values_list("outcome", flat=True))


def past(incident: Incident, ago: dt.timedelta) -> None:
    """As if its dispatch had been tried first so long ago."""
    Dispatch.objects.filter(incident=incident, first_attempt_at__isnull=False).update(
        first_attempt_at=timezone.now() - ago
    )
