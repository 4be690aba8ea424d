"""Accounts and incidents to test with, made through the services that make them in life."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from django.utils import timezone

from incidents import arranging
from incidents.models import Incident, LoomisAccount
from incidents.raising import raise_incident
from incidents.wanted import Wanted
from safes.estate import place_safe
from safes.models import Site
from tests.factories import SiteFactory

_numbers = count(1)


def site(code: str = "S900") -> Site:
    return Site.objects.filter(code=code).first() or SiteFactory.create(code=code)


def safepoint_account(name: str = "safes-1", **said: Any) -> LoomisAccount:
    """An account of safes; the key of its updates is `arranging.create`'s to tell."""
    return _account(name, "safepoint", said)


def atm_account(name: str = "atms-1", **said: Any) -> LoomisAccount:
    """An account of ATMs with two fault codes: F1, and CASH, which needs amounts."""
    account = _account(name, "atm", said)
    if not account.fault_codes.exists():
        arranging.add_fault_code("F1", account, description="Card reader")
        arranging.add_fault_code("CASH", account, amounts=True, description="Cash add")
    return account


def _account(name: str, dialect: str, said: dict[str, Any]) -> LoomisAccount:
    made = LoomisAccount.objects.filter(name=name).first()
    if made is not None:
        return made
    known = {"customer_number": "C100", "dispatch_url": "http://127.0.0.1:9/incidents", **said}
    return arranging.create(LoomisAccount(name=name, dialect=dialect, **known))[0]


def safe_wanted(account: LoomisAccount | None = None, **said: Any) -> Wanted:
    """What is reported of a safe, which is made where it is not there: the door of SR70001 does not open."""
    device = said.get("device", "SR70001")
    place_safe(device, site())
    known: dict[str, Any] = {
        "account": (account or safepoint_account()).name,
        "device": device,
        "fault_time": timezone.now() - dt.timedelta(hours=1),
        "subject": "Door",
        "description": "The door does not open.",
        "contact_name": "Anna Berg",
        "contact_number": "555-0100",
    }
    return Wanted(**{**known, **said})


def atm_wanted(account: LoomisAccount | None = None, **said: Any) -> Wanted:
    """The same of an ATM, with F1."""
    account = account or atm_account()
    device = said.get("device", "ATM00001")
    if not account.atms.filter(number=device).exists():
        arranging.add_atm(device, account, site().code)
    known: dict[str, Any] = {
        "account": account.name,
        "device": device,
        "fault_code": "F1",
        "fault_time": timezone.now() - dt.timedelta(hours=1),
    }
    return Wanted(**{**known, **said})


def incident(wanted: Wanted | None = None, *, draft: bool = False) -> Incident:
    """One that is queued, of a safe of its own unless told otherwise."""
    return raise_incident(wanted or safe_wanted(device=f"SR7{next(_numbers):05d}"), draft=draft)[0]
