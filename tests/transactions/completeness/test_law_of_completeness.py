"""The law of the product, for completeness: rows and findings follow from what was said, not from how it came.

DOMAIN.md section 1, "The law of the product".
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safes.models import Finding
from tests.transactions.completeness.comparing import turn
from tests.transactions.law.said import File, Push, Reading, Telling
from tests.transactions.law.stories import Arrival, Story
from tests.transactions.law.telling import Teller
from tests.transactions.law.test_cutting import PLACED, histories
from tests.transactions.law.test_law import tales
from transactions.completeness.clock import follow_clock
from transactions.models import Book, ChannelCompleteness, Transaction
from transactions.recording.marks import touch

pytestmark = pytest.mark.usefixtures("transactional_db")

_few = settings(max_examples=20 if settings().max_examples <= 100 else 300)


def completeness() -> dict[str, Any]:
    """Every row and every open finding, but for their ids and times."""
    turn()
    rows = {
        (row.pop("safe__serial_number"), row.pop("business_date"), row.pop("currency")): row
        for row in ChannelCompleteness.objects.values("safe__serial_number", *_COLUMNS)
    }
    open_now = Finding.objects.filter(kind__startswith="missing_in_", state="open")
    findings = {
        (finding.kind, finding.subject): (finding.cash_at_stake, finding.currency, finding.detail)
        for finding in open_now
    }
    return {"rows": rows, "findings": findings}


_COLUMNS = [field.name for field in ChannelCompleteness._meta.fields if field.name not in ("id", "safe")]


@_few
@given(tales(ways=2))
def test_days_by_channel_follow_from_what_was_said_in_whatever_order_it_came(tale):
    Teller(tale.story).tell(tale.told[0])
    late = completeness()
    teller = Teller(tale.story)
    follow_clock()  # here each day is compared as it comes, there all of them at the end
    teller.tell(tale.told[1])
    assert completeness() == late
    counted = Transaction.objects.filter(book=Book.PRODUCTION, counted=True).count()
    assert sum(row["count"] for row in late["rows"].values()) == counted
    days = set(ChannelCompleteness.objects.values_list("safe", "business_date"))
    ChannelCompleteness.objects.all().delete()
    touch(days)
    turn()  # the first pass sees only the days before it, and marks what the others change
    assert completeness() == late


@st.composite
def channels(draw: st.DrawFn) -> tuple[list[Telling], list[Telling]]:
    """What pushes told, cut in two ways, beside one file; equal records are apart only where the file shows both."""
    history = draw(histories)
    everything = [Reading(fact) for fact, copies in history.items() for _ in range(copies)]
    file = File("daily", "day.xml", tuple(draw(st.permutations(everything))))
    pushed = [reading for reading in everything if draw(st.booleans())]
    return [file, *_cut(draw, pushed, "a")], [*_cut(draw, pushed, "b"), file]


def _cut(draw: st.DrawFn, readings: list[Reading], name: str) -> list[Telling]:
    parts: dict[int, list[Reading]] = {}
    for reading in readings:
        parts.setdefault(draw(st.integers(0, 3)), []).append(reading)
    return [Push("north", f"{name}-{number}", tuple(part)) for number, part in parts.items()]


@_few
@given(channels())
def test_how_pushes_are_cut_changes_no_figure_where_a_file_shows_all(told):
    found = []
    for tellings in told:
        Teller(Story(tuple(tellings), PLACED)).tell([*PLACED, *map(Arrival, tellings)])
        found.append(completeness())
    assert found[0] == found[1]
