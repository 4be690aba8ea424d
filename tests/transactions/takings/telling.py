"""Tills that say what they banked, and what came of it, for tests about takings and site days."""

from __future__ import annotations

from typing import Any

import time_machine

from tests.transactions.pushing import draw_all
from transactions.models import SiteDay, Taking, TillDay
from transactions.reconciliation.sites.drawing import draw_sites_touched
from transactions.reconciliation.takings.book import Teller
from transactions.reconciliation.takings.keeping import Outcome, keep

NOW = "2026-03-20T12:00:00Z"
DAY = "2026-03-14"
API = Teller(Taking.Source.API)


def now() -> time_machine.travel:
    return time_machine.travel(NOW, tick=False)


def taking(amount: object = "40.00", register: str = "1", **more: Any) -> dict[str, Any]:
    return {"site": "S1", "business_date": DAY, "register": register, "amount": amount, **more}


def tell(*rows: Any, **options: Any) -> list[Outcome]:
    return keep(rows, API, **options)


def turn() -> None:
    """What the worker does."""
    draw_all()
    while draw_sites_touched():
        pass


def site_days() -> dict[str, tuple[Any, ...]]:
    """Safe total, takings, variance and what is unexplained, by site and date."""
    turn()
    rows = SiteDay.objects.select_related("site")
    return {
        f"{row.site.code} {row.business_date} {row.currency}": (
            row.safe_total,
            row.takings,
            row.variance,
            row.unexplained,
        )
        for row in rows
    }


def till_days() -> dict[tuple[str, str], tuple[Any, ...]]:
    turn()
    return {(row.register, row.cashier): (row.safe, row.takings, row.variance) for row in TillDay.objects.all()}
