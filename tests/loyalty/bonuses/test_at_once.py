"""Many at once: never more is spent than there is, nothing is done twice, and nobody waits for ever."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.db import connection
from django.db.models import Sum

from loyalty.bonuses.expiry import burn_expired
from loyalty.bonuses.holds import give_back_unsettled
from loyalty.bonuses.refusals import Conflict
from loyalty.models import Card, Entry, Lot
from tests.loyalty import making
from tests.loyalty.bonuses.saying import (
    NEXT,
    NOON,
    accrue,
    active_card,
    balance,
    block,
    confirm,
    day,
    hold,
    kinds,
    replace,
    reverse,
    spend,
    void,
)
from tests.loyalty.making import NUMBER
from tests.transactions.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def card() -> Iterator[None]:
    """The clock stands still: threads share it."""
    with time_machine.travel(NOON, tick=False):
        active_card()
        yield


def tried(act: Callable[[], Entry]) -> str:
    """What came of it, in a word; anything but a refusal is let through."""
    try:
        return "again" if act().is_repeat else "done"
    except Conflict:
        return "refused"


def many(*acts: Callable[[], Entry]) -> Counter[str]:
    told = Counter(at_once(*(partial(tried, act) for act in acts)))
    the_books_agree()
    return told


def the_books_agree() -> None:
    for one in Card.objects.all():
        entries = one.entries.aggregate(sum=Sum("change"))["sum"] or 0
        lots = one.lots.aggregate(sum=Sum("remaining"))["sum"] or 0
        assert one.bonus_balance == entries == lots
        running = Decimal(0)
        for entry in one.entries.order_by("pk"):
            running += entry.change
            assert entry.balance == running >= 0


def test_fifty_tills_spend_no_more_than_there_is():
    for _ in range(5):
        accrue("4.20")
    told = many(*(partial(spend, 1, f"S{number}") for number in range(50)))
    assert told == {"done": 21, "refused": 29}
    assert balance() == 0


def test_one_spend_said_by_many_at_once_is_done_once():
    accrue(10)
    assert many(*[partial(spend, 3, "S1")] * 12) == {"done": 1, "again": 11}
    assert balance() == 7


def test_one_accrual_said_by_many_at_once_is_done_once():
    assert many(*[partial(accrue, 3, "A1")] * 12) == {"done": 1, "again": 11}
    assert Lot.objects.count() == 1


def test_a_spend_is_reversed_once_by_many_at_once():
    accrue(10)
    spend(4, "S1")
    assert many(*(partial(reverse, "S1", f"R{number}") for number in range(8))) == {"done": 1, "refused": 7}
    assert balance() == 10


def test_an_accrual_is_reversed_or_spent_but_not_both():
    accrue(5, "A1")
    assert many(partial(reverse, "A1", "R1"), *(partial(spend, 5, f"S{n}") for n in range(5))) == {
        "done": 1,
        "refused": 5,
    }
    assert balance() == 0


def test_a_hold_is_settled_in_one_way():
    accrue(10)
    hold(6, "H1")
    told = many(*[partial(confirm, "H1")] * 4, *[partial(void, "H1")] * 4)
    assert told == {"done": 1, "again": 3, "refused": 4}
    assert balance() in (4, 10)


def test_the_tasks_run_at_once_on_two_machines():
    for number in range(6):
        making.card(f"400012341234555{number}", issued=False)
        accrue(5, number=f"400012341234555{number}", ends=0)
    accrue(10)
    for number in range(6):
        hold(1, f"H{number}")
    later = dt.datetime.fromisoformat(NOON) + dt.timedelta(days=9)
    assert sum(at_once(*[partial(burn_expired, day(9))] * 3)) == 6
    assert sum(at_once(*[partial(give_back_unsettled, later)] * 3)) == 6
    the_books_agree()
    assert balance() == 10


def test_a_till_spends_while_the_card_is_blocked():
    accrue(10)
    told = at_once(partial(block, NUMBER), *(partial(tried, partial(spend, 1, f"S{n}")) for n in range(10)))
    done = told.count("done")
    assert balance() == 10 - done
    the_books_agree()


def test_a_card_is_replaced_while_it_is_used_by_all_its_numbers():
    accrue(20, ends=1)
    spend(2, "S0")
    hold(3, "H0")
    making.card(NEXT)
    accrue(5, "N1", number=NEXT)
    works: list[Callable[[], object]] = [partial(replace, NUMBER, NEXT), partial(burn_expired, day(1))]
    acts = [
        *(partial(spend, 1, f"S{n}") for n in range(1, 6)),
        *(partial(accrue, 1, f"A{n}") for n in range(5)),
        *(partial(accrue, 1, f"B{n}", number=NEXT) for n in range(5)),
        partial(reverse, "S0", "R0"),
        partial(reverse, "N1", "R1", number=NEXT),
        partial(confirm, "H0"),
    ]
    told = at_once(*works, *(partial(tried, act) for act in acts))
    the_books_agree()
    assert Counter(told[2 + 5 : 2 + 15]) == {"done": 10}
    assert told[-3:] == ["done", "done", "done"]
    assert balance(NUMBER) == 0
    assert "transfer" in kinds(NUMBER) or "expiry" in kinds(NUMBER)
    burn_expired(day(1))
    # What is left has no end: ten accruals, without what was spent of them.
    spent = Entry.objects.filter(kind="spend", lot_changes__lot__expires_on=None).aggregate(
        sum=Sum("lot_changes__change")
    )["sum"]
    assert balance(NEXT) == 10 + (spent or 0)


def test_nothing_half_done_is_kept():
    accrue(10)
    with connection.cursor() as cursor:
        # The second row of a confirm cannot be written.
        cursor.execute("ALTER TABLE loyalty_entry ADD CONSTRAINT no_spends CHECK (kind <> 'spend')")
    try:
        hold(6, "H1")
        with pytest.raises(Exception, match="no_spends"):
            confirm("H1")
        assert kinds() == ["accrual", "hold"]
        assert balance() == 4
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE loyalty_entry DROP CONSTRAINT no_spends")
    assert confirm("H1").balance == 4
