"""What is wanted of Loomis in these tests: a card jam of CU100, a door of UG1; and the accounts for them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from django.utils import timezone

from incidents.arranging import create
from incidents.models import LoomisAccount
from incidents.wanted import Wanted

HOUR = dt.timedelta(hours=1)


def account(name: str, dialect: str) -> LoomisAccount:
    url = f"https://loomis.example/{name}"
    return create(LoomisAccount(name=name, dialect=dialect, customer_number="77", dispatch_url=url))[0]


def of_atm(**more: Any) -> Wanted:
    good = Wanted(account="cash", device="CU100", fault_time=timezone.now() - HOUR, fault_code="CardJam")
    return dataclasses.replace(good, **more)


def of_safe(**more: Any) -> Wanted:
    good = Wanted(
        account="safes",
        device="UG1",
        fault_time=timezone.now() - HOUR,
        subject="Door",
        description="It does not open",
        contact_name="Ann Lee",
        contact_number="555-0100",
    )
    return dataclasses.replace(good, **more)
