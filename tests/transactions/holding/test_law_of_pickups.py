"""The law of the product, for pickups: what is drawn piece by piece is what is drawn at once, and no cash is lost.

DOMAIN.md section 1, "The law of the product", and section 2, "Pickup".
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal

import pytest
from django.db.models import F, Sum
from django.db.transaction import atomic, set_rollback
from hypothesis import example, given, settings

from tests.transactions.holding.histories import DAYS, FIRST, Book1, Event, Step, date_of, drawn, histories
from transactions.models import Drops, Pickup, SafeDay

pytestmark = pytest.mark.django_db

_some = settings(max_examples=50 if settings().max_examples <= 100 else settings().max_examples)


def _servicing_gone() -> list[Step]:
    """A servicing passed a group over, and goes together with a drop of its own group, whose day is drawn first."""
    drops = [Event(8, "CashIn", 1, 10, "USD"), Event(9, "CashIn", 1, 5, "USD"), Event(32, "CashIn", 2, 20, "USD")]
    servicing = Event(56, "Servicing", 1, 15, "USD")
    begins, drawn_ = (0,) * (DAYS + 1), (True,) * (DAYS + 2)
    return [Step((*drops, servicing), (), begins, drawn_), Step((drops[0], drops[2]), (), begins, drawn_)]


@_some
@given(histories())
@example(_servicing_gone())
def test_pickups_drawn_piece_by_piece_are_those_drawn_at_once(steps):
    with atomic():
        book = Book1()
        for step in steps:
            book.become(step)
            for number, is_drawn in enumerate(step.drawn):
                date = FIRST + dt.timedelta(days=number - 1)
                if is_drawn and date in book.marked:
                    book.draw([date])
        book.draw(book.marked)
        piece_by_piece = drawn()
        all_dates = set(SafeDay.objects.values_list("business_date", flat=True))
        for model in (Drops, Pickup, SafeDay):
            model.objects.all().delete()
        book.draw(all_dates)
        assert drawn() == piece_by_piece
        _hold_against_the_book(steps[-1])
        set_rollback(True)


def _hold_against_the_book(step: Step) -> None:
    """Each drop by itself, looked for in the whole history, comes to what the lines come to."""
    servicings = sorted({(date_of(one, step), one.hour, one.group) for one in _of(step, "Servicing")}, key=_order)
    content: dict[tuple[int | None, int | None, str], int] = defaultdict(int)
    left: dict[tuple[dt.date, str], int] = defaultdict(int)
    there = [(date_of(one, step), one.hour, one.group, one.currency, one.amount) for one in _of(step, "Cash")]
    there += [(one.date, -1, None, one.currency, one.amount) for one in step.openings]
    for date, hour, group, currency, amount in there:
        after = [one for one in servicings if one[:2] >= (date, hour)]
        if group is None:
            taken = after[0] if after else None
        else:
            own = [one for one in servicings if one[2] == group]
            taken = next((one for one in own if one[:2] >= (date, hour)), own[-1] if own else None)
        leaves = max(taken[0], date) if taken else dt.date.max
        if any(date < one.date <= leaves for one in step.openings if one.currency == currency):
            continue
        key = (group, None) if taken is None else (taken[2], taken[1] if taken[2] is None else None)
        content[*key, currency] += amount
        if taken:
            left[leaves, currency] += amount
    stored = {
        (row.pickup_group_id, _hour(row.serviced_without_group), row.currency): row.content
        for row in Pickup.objects.all()
        if row.content
    }
    assert stored == {key: Decimal(amount) for key, amount in content.items() if amount}
    days = {(row.business_date, row.currency): row.taken for row in SafeDay.objects.exclude(taken=0)}
    assert days == {key: Decimal(amount) for key, amount in left.items() if amount}
    there_still = Drops.objects.filter(leaves_on=None, counted_on=None)
    in_safe = there_still.aggregate(sum=Sum(F("validated") + F("manual") + F("counted")))["sum"] or 0
    last = SafeDay.objects.order_by("currency", "-business_date").distinct("currency")
    assert sum(row.closing for row in last) == in_safe


def _of(step: Step, what: str) -> list[Event]:
    return [one for one in step.events if what in one.what]


def _order(one: tuple[dt.date, int, int | None]) -> tuple[dt.date, int, bool, int]:
    date, hour, group = one
    return date, hour, group is None, group or 0


def _hour(time: dt.datetime | None) -> int | None:
    return None if time is None else (time - dt.datetime.combine(FIRST, dt.time())) // dt.timedelta(hours=1)
