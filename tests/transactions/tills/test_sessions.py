"""Till sessions: check-outs, then check-ins, up to the next check-out; drawn anew only where days were touched."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from safes.models import Safe
from tests.transactions.pushing import drop, endpoint, say
from tests.transactions.wire.making import wall
from transactions.models import TillSession, Transaction
from transactions.reconciliation.tills.drawing import draw_till_sessions
from transactions.reconciliation.tills.sessions import Event, Session, sessions
from transactions.recording.rulings import rule

OUT, IN = "CashDispenseTillCheckout", "CashAcceptedTillCheckin"
FIRST = wall("2026-03-02T00:00:00")
_serials = itertools.count(1)


def event(hour: int, amount: int, *, is_out: bool, user: str = "ANNA") -> Event:
    moment = FIRST + dt.timedelta(hours=hour)
    return Event(moment, is_out, Decimal(amount), moment.date(), user)


def sums(made: Iterable[Session | TillSession]) -> list[tuple[int, int]]:
    """What went out and what came back, in whole dollars."""
    return [(int(one.checked_out), int(one.checked_in)) for one in made]


def test_a_session_is_its_check_outs_then_its_check_ins():
    (made,) = sessions(
        [
            event(8, 200, is_out=True),
            event(9, 50, is_out=True, user="BEN"),
            event(16, 900, is_out=False),
            event(17, 10, is_out=False),
        ]
    )
    assert sums([made]) == [(250, 910)]
    assert (made.first_out, made.last_in) == (FIRST + dt.timedelta(hours=8), FIRST + dt.timedelta(hours=17))
    assert made.users == {"ANNA", "BEN"}


def test_a_check_out_after_a_check_in_begins_the_next_session():
    made = sessions([event(8, 200, is_out=True), event(16, 900, is_out=False), event(17, 200, is_out=True)])
    assert sums(made) == [(200, 900), (200, 0)]
    assert [one.last_in is None for one in made] == [False, True]


def test_what_came_back_without_going_out_is_a_session_without_a_check_out():
    (made,) = sessions([event(16, 900, is_out=False)])
    assert sums([made]) == [(0, 900)]
    assert (made.first_out, made.business_date) == (None, FIRST.date())


def test_of_two_at_one_reading_of_the_clock_the_check_out_comes_first():
    made = sessions([event(8, 70, is_out=False), event(8, 200, is_out=True), event(8, 5, is_out=True)])
    assert sums(made) == [(205, 70)]


def _moment(minute: int) -> dt.datetime:
    return FIRST + dt.timedelta(minutes=minute)


def till(minute: int, type_: str, serial: str, **more: Any) -> dict[str, Any]:
    time = f"{_moment(minute):%Y-%m-%dT%H:%M:%S}"
    return drop(SerialNumber=serial, TransactionType=type_, TransactionDateTime=time, **more)


def drawn(serial: str) -> list[dict[str, Any]]:
    rows = TillSession.objects.filter(safe__serial_number=serial).order_by("register", "currency", "began_local_time")
    return list(rows.values(*[field.name for field in TillSession._meta.fields if field.name not in ("id", "safe")]))


def draw(serial: str) -> None:
    """All the safe's days at once, from nothing."""
    dates = set(Transaction.objects.filter(safe__serial_number=serial).values_list("business_date", flat=True))
    safe_id = Transaction.objects.filter(safe__serial_number=serial).values_list("safe_id", flat=True)[0]
    TillSession.objects.filter(safe=safe_id).delete()
    draw_till_sessions(safe_id, dates)


# Over twelve days, so that most tills are touched in the midst of what they did before and after.
_happened = st.tuples(
    st.integers(0, 12 * 24 * 60), st.sampled_from([OUT, IN, "CashAcceptedAddCash"]), st.sampled_from(["1", "2", ""])
)


@pytest.mark.django_db
def test_drawing_what_each_push_touched_comes_to_the_same_as_drawing_it_all():
    key = endpoint()

    @settings(max_examples=60)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        happened = data.draw(st.lists(_happened, min_size=1, max_size=14, unique=True))
        rest = iter(data.draw(st.permutations(happened)))
        serial = f"TILL{next(_serials)}"
        while part := list(itertools.islice(rest, data.draw(st.integers(1, 4)))):
            say(key, [till(minute, type_, serial, Register=register) for minute, type_, register in part])
            draw_touched_by(serial, part)
        for minute, type_, register in data.draw(st.lists(st.sampled_from(happened), max_size=2, unique=True)):
            row = Transaction.objects.get(
                safe__serial_number=serial, local_time=_moment(minute), type=type_, register=register or None
            )
            rule((row.safe_id, row.local_time, bytes(row.key_digest)), 0, "It never happened.", None)
            draw_touched_by(serial, [(minute, type_, register)])
        step_by_step = drawn(serial)
        draw(serial)
        assert step_by_step == drawn(serial)

    holds()


def draw_touched_by(serial: str, part: list[tuple[int, str, str]]) -> None:
    dates = {(_moment(minute) - dt.timedelta(hours=6)).date() for minute, _, _ in part}
    draw_till_sessions(Safe.objects.get(serial_number=serial).pk, dates)


@pytest.mark.django_db
def test_sessions_are_told_by_register_and_currency_and_rows_keep_their_ids():
    key = endpoint()
    dollars, euros = ([{"UnitValue": 20, "Count": 1, "Currency": one}] for one in ("USD", "EUR"))
    say(
        key,
        [
            till(600, OUT, "SR1", Register="1", Amount=200, Denominations=dollars),
            till(620, OUT, "SR1", Register="2", Amount=200, Denominations=dollars),
            till(630, OUT, "SR1", Register="1", Amount=100, Denominations=euros),
            till(900, IN, "SR1", Register="1", Amount=700, Denominations=dollars),
        ],
    )
    draw("SR1")
    rows = TillSession.objects.order_by("began_local_time")
    assert [(row.register, row.currency) for row in rows] == [("1", "USD"), ("2", "USD"), ("1", "EUR")]
    assert sums(rows) == [(200, 700), (200, 0), (100, 0)]
    ids = [row.pk for row in rows]
    draw_touched_by("SR1", [(600, OUT, "1")])
    assert [row.pk for row in rows.all()] == ids


@pytest.mark.django_db
def test_a_float_checked_out_before_midnight_is_of_that_business_date():
    key = endpoint()
    say(key, [till(23 * 60, OUT, "SR1"), till(25 * 60, IN, "SR1")])
    draw("SR1")
    (row,) = TillSession.objects.all()
    assert (row.business_date, row.users) == (FIRST.date(), "ANNA BECK")


@pytest.mark.django_db
def test_the_cost_of_a_day_does_not_grow_with_the_tills_history():
    key = endpoint()
    rows = [till(60 * hour, OUT if hour % 2 else IN, "SR1") for hour in range(12 * 24)]
    say(key, rows)
    draw("SR1")
    with CaptureQueriesContext(connection) as asked:
        draw_touched_by("SR1", [(6 * 24 * 60, OUT, "0")])
    with connection.cursor() as cursor:
        cursor.execute(asked[1]["sql"])
        assert len(cursor.fetchall()) < 4 * 24 + 4
