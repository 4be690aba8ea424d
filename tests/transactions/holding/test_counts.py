"""Physical counts: what is refused, what an opening does to the books, and checks that agree or differ."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from safes.models import Finding
from tests.transactions.holding.telling import DAY, Sender, at, came, count, days, fetched, opening
from tests.transactions.pushing import draw_all, open_findings
from transactions.models import PhysicalCount, TouchedDay
from transactions.reconciliation.counts.checking import held_against_books
from transactions.reconciliation.counts.denominations import read_lines
from transactions.reconciliation.counts.keeping import withdraw_count
from transactions.reconciliation.counts.openings import openings_of

pytestmark = pytest.mark.django_db


def money(*amounts: object) -> tuple[Decimal, ...]:
    return tuple(Decimal(str(amount)) for amount in amounts)


WRONG = [
    ({"amount": "-0.01"}, "amount", "not below 0"),
    ({"amount": "NaN"}, "amount", "a number"),
    ({"amount": "1E+10"}, "amount", "ten thousand million"),
    ({"amount": "0.00001"}, "amount", "four decimals"),
    ({"amount": None}, "amount", "Give the amount"),
    ({"amount": "100", "denominations": [(Decimal(20), 4)]}, "amount", "come to 80"),
    ({"denominations": [(Decimal(20), -1)]}, "denominations", "between 0"),
    ({"denominations": [(Decimal(20), Decimal("1.5"))]}, "denominations", "whole number"),
    ({"denominations": [(Decimal(0), 1)]}, "denominations", "more than zero"),
    ({"denominations": [(Decimal(-5), 1)]}, "denominations", "more than zero"),
    ({"denominations": [(Decimal("NaN"), 1)]}, "denominations", "more than zero"),
    ({"denominations": [(Decimal("0.00001"), 1)]}, "denominations", "four decimals"),
    ({"denominations": [(Decimal(5), 1), (Decimal("5.0"), 1)]}, "denominations", "twice"),
    ({"date": dt.date(1999, 12, 31)}, "business_date", "2000-01-01"),
    ({"date": dt.date(2026, 3, 22)}, "business_date", "tomorrow, 2026-03-21"),
    ({"date": dt.date.min}, "business_date", "2000-01-01"),
    ({"currency": "usd"}, "currency", "capital"),
    ({"currency": ""}, "currency", "capital"),
    ({"compartment": "drawer"}, "compartment", "inventory"),
    ({"use": "guess"}, "use", "check"),
    ({"use": "opening", "local_time": at("14 09:00")}, "local_time", "beginning"),
    ({"local_time": at("16 09:00")}, "local_time", "not of that business date"),
    ({"local_time": dt.datetime(2026, 3, 14, 9, tzinfo=dt.UTC)}, "local_time", "offset"),
    ({"counted_by": "x" * 201}, "counted_by", "200"),
    ({"note": "a\x00b"}, "note", "null"),
]


@pytest.mark.parametrize(("said", "field", "words"), WRONG)
def test_what_cannot_be_a_count_is_refused_with_its_field_and_a_sentence(safe, said, field, words):
    with pytest.raises(ValidationError) as refused:
        count(safe, **said)
    assert words in refused.value.message_dict[field][0]
    assert refused.value.message_dict[field][0].endswith(".")
    assert not PhysicalCount.objects.exists()
    assert not TouchedDay.objects.exists()


def test_the_amount_is_the_sum_of_the_denominations(safe):
    kept = count(safe, None, denominations=[(Decimal("0.25"), 40), (Decimal(20), 12), (Decimal(5), 0)])
    kept.refresh_from_db()
    assert kept.amount == 250
    assert kept.denominations == [["0.25", 40], ["20", 12]]


def test_an_empty_safe_can_be_counted(safe):
    assert count(safe, "0").amount == 0
    assert count(safe, None, denominations=[(Decimal(20), 0)]).amount == 0


def test_denominations_are_read_as_people_write_them():
    assert read_lines("20 x 12\n\n 0.25×40 \n5 3\n1: 7") == [
        (Decimal("0.25"), 40), (Decimal(1), 7), (Decimal(5), 3), (Decimal(20), 12),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["20", "x 3", "20 x", "20 x 1.5", "twenty x 2", "NaN x 1", "20 x 1 x 2", "20 x -1"])
def test_a_line_that_is_no_denomination_is_named(text):
    with pytest.raises(ValueError, match=r"\.$") as refused:
        read_lines(f"5 x 1\n{text}")
    assert "Line 2" in str(refused.value) or "-1" in str(refused.value)


def test_books_go_on_from_a_counted_opening_and_back_when_it_is_withdrawn(safe):
    loomis = Sender()
    loomis.tells(came("13 09:00", "30.00"), came("14 09:00", "50.00"), came("15 09:00", "7.00"))
    before = days()
    assert before == {"13": money(0, 0, 30), "14": money(30, 0, 80), "15": money(80, 0, 87)}
    counted = opening(safe, "100")
    assert days() == {"13": money(0, 0, 30), "14": money(100, 0, 150), "15": money(150, 0, 157)}
    assert openings_of(safe.pk) == openings_of(safe.pk, [DAY]) == [counted]
    assert openings_of(safe.pk, [dt.date(2026, 3, 13)]) == []
    withdraw_count(counted.pk, "counted the wrong safe", None)
    assert days() == before
    assert openings_of(safe.pk) == []


def test_a_day_has_one_counted_opening_per_compartment_and_currency(safe):
    first = opening(safe, "100")
    with pytest.raises(ValidationError, match="withdraw it"):
        opening(safe, "90")
    opening(safe, "90", compartment="inventory")
    opening(safe, "90", currency="CAD")
    withdraw_count(first.pk, "a slip of the pen", None)
    opening(safe, "90")


def test_a_count_is_withdrawn_once_and_with_a_word(safe):
    kept = count(safe)
    with pytest.raises(ValueError, match="Say why"):
        withdraw_count(kept.pk, " ", None)
    withdraw_count(kept.pk, "wrong safe", None)
    with pytest.raises(ValueError, match="already"):
        withdraw_count(kept.pk, "wrong safe", None)
    kept.refresh_from_db()
    assert kept.withdrawn_because == "wrong safe"


@pytest.mark.parametrize(
    ("time", "expected"),
    [("14 08:59", "100"), ("14 09:00", "140"), ("14 12:30", "0"), ("14 13:00", "9"), (None, "16")],
)
def test_a_check_is_held_against_the_books_of_its_moment(safe, time, expected):
    opening(safe, "100")
    Sender().tells(
        came("14 09:00", "40.00"),
        fetched("14 12:00", "140.00"),
        came("14 12:45", "2.00"),  # with the group that was serviced: it is not in there
        came("14 13:00", "9.00", PickupGroupId=51200312),
        came("14 13:10", "3.00"),
        came("14 20:00", "7.00", PickupGroupId=51200312),
    )
    kept = count(safe, "50", local_time=time and at(time))
    draw_all()
    (held,) = held_against_books([kept]).values()
    assert held.expected == Decimal(expected)
    assert held.difference == 50 - Decimal(expected)
    assert held.is_since_opening
    assert not held.agrees


def test_a_check_of_the_inventory_is_held_against_its_own_movements(safe):
    opening(safe, "300", compartment="inventory")
    Sender().tells(
        came("14 09:00", "40.00"),
        came("14 09:30", "25.00", TransactionType="CoinDispense"),
        came("14 10:00", "60.00", TransactionType="TubeLoaded"),
        came("14 11:00", "10.00", TransactionType="TubeRemoved"),
    )
    times = [at("14 09:30"), at("14 10:30"), None]
    checks = [count(safe, "325", compartment="inventory", local_time=moment) for moment in times]
    draw_all()
    held = held_against_books(checks)
    assert [held[check.pk].expected for check in checks] == [275, 335, 325]
    assert [held[check.pk].agrees for check in checks] == [False, False, True]


def test_a_check_on_a_day_without_transactions_is_held_against_what_was_left(safe):
    Sender().tells(came("13 09:00", "30.00"))
    kept = count(safe, "30", dt.date(2026, 3, 16))
    assert held_against_books([kept])[kept.pk].agrees
    early = count(safe, "30", dt.date(2026, 3, 10))
    assert held_against_books([early])[early.pk].expected == 0


def test_a_difference_beyond_the_tolerance_is_a_finding_and_closes_by_itself(safe):
    loomis = Sender()
    loomis.tells(came("14 09:00", "40.00"))
    checks = [count(safe, amount) for amount in ("45", "45.01", "34.99")]
    _, more, less = (f"SR10042 2026-03-14 contents USD count {check.pk}" for check in checks)
    assert open_findings() == {("count_variance", more): Decimal("5.01"), ("count_variance", less): Decimal("5.01")}
    # An earlier day moves what this one opened with.
    loomis.tells(came("12 09:00", "5.00"))
    assert open_findings() == {("count_variance", less): Decimal("10.01")}
    withdraw_count(checks[2].pk, "miscounted", None)
    assert open_findings() == {}
    assert set(Finding.objects.values_list("closed_by", flat=True)) == {"system"}
