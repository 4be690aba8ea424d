"""A safe that sends, and people who count what is in it, for tests about physical counts and pickups."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import time_machine

from safes.estate import place_safe
from safes.models import Safe, Site
from tests.factories import SiteFactory
from tests.transactions.pushing import draw_all, drop, endpoint, say
from transactions.models import PhysicalCount, SafeDay
from transactions.reconciliation.counts.keeping import Said, enter_count

DAY = dt.date(2026, 3, 14)


def now() -> time_machine.travel:
    return time_machine.travel("2026-03-20T12:00:00Z", tick=False)


def placed(tolerance: str = "5.00") -> Safe:
    site: Site = SiteFactory.create(code="S1", tolerance=Decimal(tolerance))
    return place_safe("SR10042", site)


class Sender:
    """Loomis, telling of the safe."""

    def __init__(self) -> None:
        self._key = endpoint()

    def tells(self, *rows: dict[str, Any]) -> None:
        say(self._key, list(rows))


def came(time: str, amount: str = "40.00", **more: Any) -> dict[str, Any]:
    """A drop by its wall clock: “14 08:30” of March 2026."""
    return drop(amount=amount, TransactionDateTime=clock(time), **more)


def fetched(time: str, amount: str, **more: Any) -> dict[str, Any]:
    return came(time, amount, TransactionType="Servicing", **more)


def clock(time: str) -> str:
    return f"2026-03-{time.replace(' ', 'T')}:00"


def at(time: str) -> dt.datetime:
    return dt.datetime.fromisoformat(clock(time))


def count(safe: Safe, amount: str | None = "100", date: dt.date = DAY, **more: Any) -> PhysicalCount:
    """A check of the contents in dollars unless told otherwise."""
    said: dict[str, Any] = {"compartment": "contents", "use": "check", "currency": "USD", **more}
    return enter_count(safe, Said(business_date=date, amount=None if amount is None else Decimal(amount), **said), None)


def opening(safe: Safe, amount: str | None = "100", date: dt.date = DAY, **more: Any) -> PhysicalCount:
    return count(safe, amount, date, use="opening", **more)


def days() -> dict[str, tuple[Decimal, ...]]:
    """Opening, taken and closing by business date."""
    draw_all()
    rows = SafeDay.objects.order_by("business_date").values_list("business_date", "opening", "taken", "closing")
    return {f"{date:%d}": tuple(figures) for date, *figures in rows}
