"""Days by channel, for tests that push, take files in and let the grace go by."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import time_machine

from tests.transactions.pushing import draw_all, open_findings
from transactions.completeness.clock import follow_clock
from transactions.models import ChannelCompleteness

DAY = dt.date(2026, 3, 14)
# In UTC, where the safe stands that nobody has placed.
GRACE_ENDS = dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC)
IN_GRACE = GRACE_ENDS - dt.timedelta(minutes=1)
AFTER = GRACE_ENDS + dt.timedelta(days=30)


def at(moment: dt.datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


def turn() -> None:
    """What the clock and the worker do."""
    follow_clock()
    draw_all()


def missing() -> dict[tuple[str, str], Decimal | None]:
    """Open findings of completeness, with their cash."""
    turn()
    return {found: cash for found, cash in open_findings().items() if found[0].startswith("missing_in_")}


def verdicts() -> dict[str, str]:
    turn()
    rows = ChannelCompleteness.objects.select_related("safe")
    return {f"{row.safe} {row.business_date} {row.currency}".strip(): row.verdict for row in rows}
