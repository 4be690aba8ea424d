"""Safe days as the books have them, for tests that push."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from safes.models import Safe
from tests.transactions.pushing import draw_all, drop
from transactions.drawing import draw
from transactions.models import PhysicalCount, SafeDay
from transactions.reconciliation.counts.keeping import Said, enter_count, withdraw_count

DAY = dt.date(2026, 3, 14)
SERIAL = "SR10042"


def at(wall: str, type_: str = "CashIn", amount: str = "40.00", **more: Any) -> dict[str, Any]:
    """A row at a wall clock such as “14 08:30”, in March 2026."""
    date, _, time = wall.partition(" ")
    return drop(amount=amount, TransactionDateTime=f"2026-03-{date}T{time}:00", TransactionType=type_, **more)


def close(wall: str) -> dict[str, Any]:
    return at(wall, "EndOfDay", "0", UserName="AUTOEOD", PickupGroupId=0, Register=None)


def days(*names: str, serial: str = SERIAL) -> dict[str, Any]:
    """These figures of a safe's days, by the day of March, as whole numbers where they are amounts."""
    draw_all()
    found = {}
    for row in SafeDay.objects.filter(safe__serial_number=serial).order_by("business_date", "currency"):
        values = [getattr(row, name) for name in names]
        key = f"{row.business_date.day}" + (f" {row.currency}" if row.currency not in ("", "USD") else "")
        shown = [int(value) if not isinstance(value, bool | int | type(None)) else value for value in values]
        found[key] = shown[0] if len(shown) == 1 else tuple(shown)
    return found


def count(date: dt.date, amount: int, compartment: str = "contents", currency: str = "USD") -> PhysicalCount:
    """A counted opening, entered and followed."""
    safe = Safe.objects.get(serial_number=SERIAL)
    row = enter_count(safe, Said(compartment, PhysicalCount.Use.OPENING, date, currency, Decimal(amount)), None)
    draw_all()
    return row


def withdraw(row: PhysicalCount) -> None:
    withdraw_count(row.pk, "Counted wrongly.", None)
    draw_all()


def draw_from_nothing(serial: str = SERIAL) -> list[dict[str, Any]]:
    """The days of a safe, all drawn at once after every row of them was deleted."""
    safe = Safe.objects.get(serial_number=serial)
    dates = sorted(set(SafeDay.objects.filter(safe=safe).values_list("business_date", flat=True)))
    SafeDay.objects.filter(safe=safe).delete()
    draw(safe.pk, dates)
    return rows(serial)


def rows(serial: str = SERIAL) -> list[dict[str, Any]]:
    """All figures of a safe's days."""
    draw_all()
    found = SafeDay.objects.filter(safe__serial_number=serial).order_by("business_date", "currency").values()
    return [{name: value for name, value in row.items() if name != "id"} for row in found]
