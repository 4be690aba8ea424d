"""The books of the worked week are what docs/worked-week.md says, however it was told."""

from __future__ import annotations

import random
import re
from decimal import Decimal

import pytest
import time_machine

from safes.models import Finding
from tests.transactions.week.page import amount, table
from tests.transactions.week.telling import set_up, tell_by_files, tell_by_pushes
from transactions.models import Pickup, SafeDay, SiteDay, TillSession

pytestmark = pytest.mark.django_db

AS_IT_HAPPENED, AT_THE_END, FILES = "as it happened", "out of order, drawn at the end", "by files"
# They tell of channels, and the week is told by one at a time.
_OF_CHANNELS = ("missing_in_push", "missing_in_file")

Worksheet = dict[tuple[str, ...], tuple[Decimal | None, ...]]


@pytest.fixture(params=[AS_IT_HAPPENED, "out of order", AT_THE_END, FILES])
def told(request):
    """The week told, on 1 April."""
    with time_machine.travel("2026-04-01T12:00:00Z"):
        set_up()
        if request.param == FILES:
            tell_by_files(random.Random(3))
        else:
            order = None if request.param == AS_IT_HAPPENED else random.Random(7)
            tell_by_pushes(order, drawn_between=request.param != AT_THE_END)
        yield


def test_the_books_are_what_the_page_says(told):
    assert _safe_days() == _on_the_page(
        "The safe days",
        ("safe", "date", "currency"),
        ("opening", "validated", "manual", "taken", "closing", "reported", "inventory closing"),
    )
    assert _pickups() == _on_the_page(
        "The pickups",
        ("safe", "group", "currency", "status"),
        ("validated", "manual", "counted", "content", "reported", "variance"),
    )
    assert _site_days() == _on_the_page(
        "The site days", ("site", "date", "currency"), ("safes", "takings", "over/short", "unexplained")
    )
    assert _sessions() == _on_the_page("The till sessions of B2", ("register", "began"), ("checked out", "checked in"))
    assert _findings() == _on_the_page("What needs a person", ("finding", "subject"), ("cash",))


def _on_the_page(heading: str, words: tuple[str, ...], amounts: tuple[str, ...]) -> Worksheet:
    return {tuple(row[name] for name in words): tuple(amount(row[name]) for name in amounts) for row in table(heading)}


def _safe_days() -> Worksheet:
    return {
        (row.safe.serial_number, f"{row.business_date:%d}", row.currency): (
            *(row.opening, row.validated, row.manual, row.taken, row.closing, row.picked_up),
            row.inventory_closing,
        )
        for row in SafeDay.objects.select_related("safe")
    }


def _pickups() -> Worksheet:
    return {
        (row.safe.serial_number, _group(row), row.currency, row.status): (
            *(row.validated, row.manual, row.counted, row.content),
            *(row.reported_amount, row.variance),
        )
        for row in Pickup.objects.select_related("safe")
    }


def _group(row: Pickup) -> str:
    if row.pickup_group_id is not None:
        return str(row.pickup_group_id)
    return f"none, {row.serviced_without_group:%d %H:%M}" if row.serviced_without_group else "none"


def _site_days() -> Worksheet:
    return {
        (row.site.code, f"{row.business_date:%d}", row.currency): (
            *(row.safe_total, row.takings, row.variance, row.unexplained),
        )
        for row in SiteDay.objects.select_related("site")
    }


def _sessions() -> Worksheet:
    return {
        (row.register, f"{row.began_local_time:%d %H:%M}"): (row.checked_out, row.checked_in)
        for row in TillSession.objects.all()
    }


def _findings() -> Worksheet:
    found = Finding.objects.filter(state=Finding.State.OPEN).exclude(kind__in=_OF_CHANNELS)
    # Which count it is that differs is told by its id, which is nobody's to work out.
    return {(row.kind, re.sub(r" count \d+$", "", row.subject)): (row.cash_at_stake,) for row in found}
