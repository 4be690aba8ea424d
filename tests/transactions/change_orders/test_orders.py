"""Change orders: what was ordered, what may have been its delivery, what people say of it, and what is overdue."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safes.estate import place_safe
from safes.models import Safe
from tests.factories import SiteFactory, UserFactory
from tests.transactions.completeness.comparing import at
from tests.transactions.pushing import draw_all, drop, endpoint, open_findings, say
from tests.transactions.wire.making import wall
from transactions.models import ChangeOrder, ChangeOrderStep, Transaction
from transactions.reconciliation.change_orders.clock import follow_due
from transactions.reconciliation.change_orders.drawing import draw_change_orders
from transactions.reconciliation.change_orders.orders import Load, Order, suggest
from transactions.reconciliation.change_orders.steps import say_step, steps_of, withdraw_step
from transactions.recording.rulings import rule

pytestmark = pytest.mark.django_db

FIRST = wall("2026-03-02T00:00:00")
DAY = dt.date(2026, 3, 2)
Step = ChangeOrderStep.Step
_serials = itertools.count(1)


@pytest.fixture
def key():
    """An endpoint, a safe in UTC, and a clock that stands in the days told of."""
    with at(dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC)):
        place_safe("SR10042", SiteFactory.create(code="S7", time_zone="UTC"))
        yield endpoint()


def row(hour: float, type_: str, amount: int, number: str | None = None, **more: Any) -> dict[str, Any]:
    time = f"{FIRST + dt.timedelta(hours=hour):%Y-%m-%dT%H:%M:%S}"
    return drop(TransactionDateTime=time, TransactionType=type_, Amount=amount, ChangePurchaseNumber=number, **more)


def ordered(hour: float, amount: int, number: str | None = "5001", **more: Any) -> dict[str, Any]:
    return row(hour, "ChangePurchase", amount, number, **more)


def loaded(hour: float, amount: int, **more: Any) -> dict[str, Any]:
    return row(hour, "TubeLoaded", amount, **more)


def hour_of(moment: dt.datetime | None) -> float | None:
    return None if moment is None else (moment - FIRST) / dt.timedelta(hours=1)


def the_order(reference: str = "5001") -> ChangeOrder:
    return ChangeOrder.objects.get(reference=reference)


def test_what_is_ordered_under_one_number_is_one_order_and_its_amounts_are_added(key):
    say(key, [ordered(30, 100), ordered(10, 40), ordered(11, 7, "5002")])
    first, second = ChangeOrder.objects.order_by("reference")
    assert [int(first.amount), int(second.amount)] == [140, 7]
    assert (hour_of(first.ordered_local_time), first.business_date) == (10.0, DAY)
    assert (second.reference, second.state) == ("5002", "ordered")


def test_without_a_number_each_transaction_is_an_order_told_by_itself(key):
    say(key, [ordered(10, 40, None), ordered(10, 40, None), ordered(11, 40, None)])
    found = list(ChangeOrder.objects.order_by("reference"))
    assert [order.amount for order in found] == [40, 40, 40]
    digest = Transaction.objects.order_by("local_time")[0].key_digest.hex()[:8]
    assert [order.reference for order in found[:2]] == [
        f"2026-03-02T10:00:00/{digest}/1",
        f"2026-03-02T10:00:00/{digest}/2",
    ]
    rule_out(10)
    assert ChangeOrder.objects.count() == 1


def rule_out(hour: float) -> None:
    one = Transaction.objects.filter(local_time=FIRST + dt.timedelta(hours=hour))[0]
    rule((one.safe_id, one.local_time, bytes(one.key_digest)), 0, "It never happened.", None)
    draw_all()


def test_an_order_that_was_ruled_out_is_gone_with_its_finding(key):
    say(key, [ordered(10, 100)])
    with at(dt.datetime(2026, 3, 20, tzinfo=dt.UTC)):
        follow_due()
        assert ("change_order_overdue", "SR10042 5001 USD") in open_findings()
        rule_out(10)
        assert not ChangeOrder.objects.exists()
        assert ("change_order_overdue", "SR10042 5001 USD") not in open_findings()


def test_the_first_later_load_of_the_amount_may_be_the_delivery(key):
    say(key, [ordered(10, 100), loaded(9, 100), loaded(30, 60), loaded(40, 100), loaded(50, 100)])
    assert hour_of(the_order().suggested_local_time) == 40
    rule_out(40)
    assert hour_of(the_order().suggested_local_time) == 50


def test_each_load_is_one_orders_and_a_late_word_moves_those_after_it(key):
    say(key, [ordered(10, 100), ordered(12, 100, "5002"), loaded(40, 100), loaded(50, 100)])
    assert [hour_of(the_order(number).suggested_local_time) for number in ("5001", "5002")] == [40, 50]
    say(key, [ordered(11, 100, "5003")])
    assert [hour_of(the_order(number).suggested_local_time) for number in ("5001", "5003", "5002")] == [40, 50, None]


def test_a_replenishment_may_be_the_delivery_and_what_comes_a_month_later_is_not():
    order = Order(FIRST, DAY, Decimal(100))
    late = Load(FIRST + dt.timedelta(days=31, seconds=1), Decimal(100), "USD")
    assert suggest({("5001", "USD"): order}, [late]) == {}
    euros = Load(FIRST + dt.timedelta(days=1), Decimal(100), "EUR")
    assert suggest({("5001", "USD"): order}, [euros]) == {}


def test_an_order_is_overdue_with_the_beginning_of_the_seventh_business_day_after_it(key):
    say(key, [ordered(10, 100)])
    due = dt.datetime(2026, 3, 9, 6, tzinfo=dt.UTC)
    assert the_order().due_at == due
    with at(due - dt.timedelta(seconds=1)):
        assert follow_due() == 0
    with at(due):
        assert follow_due() == 1
        assert open_findings()["change_order_overdue", "SR10042 5001 USD"] == 100
        assert the_order().due_at is None
        assert follow_due() == 0
        say_step(the_order().pk, Step.DELIVERED, dt.date(2026, 3, 8), None)
        assert not open_findings()


def test_an_order_is_delivered_then_settled_by_what_people_say(key):
    say(key, [ordered(10, 100)])
    clerk = UserFactory.create()
    with pytest.raises(ValueError, match="Say first that it was delivered"):
        say_step(the_order().pk, Step.SETTLED, DAY, clerk)
    say_step(the_order().pk, Step.DELIVERED, dt.date(2026, 3, 3), clerk, "in two bags")
    draw_all()
    assert (the_order().state, the_order().delivered_on, the_order().due_at) == (
        "delivered",
        dt.date(2026, 3, 3),
        None,
    )
    with pytest.raises(ValueError, match="already"):
        say_step(the_order().pk, Step.DELIVERED, dt.date(2026, 3, 3), clerk)
    with pytest.raises(ValueError, match="settle it then or later"):
        say_step(the_order().pk, Step.SETTLED, DAY, clerk)
    say_step(the_order().pk, Step.SETTLED, dt.date(2026, 3, 4), clerk)
    draw_all()
    assert (the_order().state, the_order().settled_on) == ("settled", dt.date(2026, 3, 4))


@pytest.mark.parametrize(
    ("date", "sentence"), [(dt.date(2026, 3, 1), "cannot have been"), (dt.date(2026, 3, 9), "has not come yet")]
)
def test_a_step_is_dated_after_its_order_and_not_in_the_future(key, date, sentence):
    say(key, [ordered(10, 100)])
    with pytest.raises(ValueError, match=sentence):
        say_step(the_order().pk, Step.DELIVERED, date, None)


def test_a_wrong_word_is_withdrawn_the_later_one_first_and_stays_on_record(key):
    say(key, [ordered(10, 100)])
    order = the_order()
    for step in (Step.DELIVERED, Step.SETTLED):
        say_step(order.pk, step, dt.date(2026, 3, 3), None)
    with pytest.raises(ValueError, match="withdraw that first"):
        withdraw_step(order.pk, Step.DELIVERED, None)
    withdraw_step(order.pk, Step.SETTLED, None)
    withdraw_step(order.pk, Step.DELIVERED, None)
    draw_all()
    assert the_order().state == "ordered"
    assert len(steps_of(order)) == 2
    with pytest.raises(ValueError, match="nothing to withdraw"):
        withdraw_step(order.pk, Step.DELIVERED, None)


def test_what_people_said_holds_when_loomis_tells_of_the_order_again_or_of_more(key):
    say(key, [ordered(10, 100)])
    say_step(the_order().pk, Step.DELIVERED, dt.date(2026, 3, 3), None)
    say(key, [ordered(10, 100), ordered(12, 20)])
    assert (int(the_order().amount), the_order().state) == (120, "delivered")


_told = st.one_of(
    st.tuples(
        st.just("order"), st.integers(0, 600), st.sampled_from([50, 100]), st.sampled_from(["1", "2", "3", None])
    ),
    st.tuples(st.just("load"), st.integers(0, 1600), st.sampled_from([50, 100]), st.none()),
)


def test_drawing_what_each_push_touched_comes_to_the_same_as_drawing_it_all(key):
    @settings(max_examples=60)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        told = data.draw(st.lists(_told, min_size=1, max_size=14, unique=True))
        serial = f"ORDER{next(_serials)}"
        rest = iter(data.draw(st.permutations(told)))
        while part := list(itertools.islice(rest, data.draw(st.integers(1, 4)))):
            say(key, [_row(one, serial) for one in part])
        for _, hour, _, _ in data.draw(st.lists(st.sampled_from(told), max_size=2, unique=True)):
            for one in Transaction.objects.filter(
                safe__serial_number=serial, local_time=FIRST + dt.timedelta(hours=hour)
            ):
                rule((one.safe_id, one.local_time, bytes(one.key_digest)), 0, "It never happened.", None)
                draw_all()
        step_by_step = drawn(serial)
        safe = Safe.objects.get(serial_number=serial)
        ChangeOrder.objects.filter(safe=safe).delete()
        dates = set(Transaction.objects.filter(safe=safe).values_list("business_date", flat=True))
        draw_change_orders(safe.pk, dates)
        assert step_by_step == drawn(serial)

    holds()


def _row(told: tuple[str, int, int, str | None], serial: str) -> dict[str, Any]:
    what, hour, amount, number = told
    more = {"SerialNumber": serial}
    return ordered(hour, amount, number, **more) if what == "order" else loaded(hour, amount, **more)


def drawn(serial: str) -> list[dict[str, Any]]:
    rows = ChangeOrder.objects.filter(safe__serial_number=serial).order_by("reference", "currency")
    return list(rows.values(*[field.name for field in ChangeOrder._meta.fields if field.name not in ("id", "safe")]))
