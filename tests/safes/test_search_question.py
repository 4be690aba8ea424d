"""What somebody types into the search box, and what it may mean."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safes.search import LENGTH, read


@pytest.mark.parametrize(
    ("typed", "amount", "currency"),
    [
        ("1,234.50", "1234.50", ""),
        ("1234.5", "1234.50", ""),
        ("-20", "20", ""),
        ("−20.00", "20", ""),
        ("1234.5 USD", "1234.50", "USD"),
        ("usd 1,234.50", "1234.50", "USD"),
        ("$20", "20", "USD"),
        ("20 €", "20", "EUR"),
        ("12,34.50", None, ""),
        ("1.234,50", None, ""),
        ("20 dollars", None, ""),
        ("2026-11-20", None, ""),
        ("١٢", None, ""),
        ("NaN", None, ""),
        ("1e9", None, ""),
        ("9" * 15, None, ""),
    ],
)
def test_an_amount_is_read_with_its_currency_or_without(typed, amount, currency):
    question = read(typed)
    assert question.amount == (None if amount is None else Decimal(amount))
    assert question.currency == currency


@pytest.mark.parametrize(
    ("typed", "date"),
    [
        ("2026-11-20", dt.date(2026, 11, 20)),
        (" 2026-11-20\n", dt.date(2026, 11, 20)),
        ("2026-02-30", None),
        ("0001-01-01", None),
        ("20.11.2026", None),
    ],
)
def test_a_date_is_read_as_lists_show_it(typed, date):
    assert read(typed).date == date


def test_a_number_is_also_an_amount_and_a_text():
    question = read("117")
    assert (question.number, question.amount, question.text) == (117, Decimal(117), "117")
    assert read("٧").number is None
    assert read("9" * 30).number is None


def test_what_no_row_can_have_is_left_out_and_what_is_too_long_refused():
    assert read("SR\x00 10042 ").text == "SR 10042"
    assert read("\x00 \n").text == ""
    with pytest.raises(ValueError, match=f"{LENGTH} characters at most"):
        read("x" * (LENGTH + 1))


@given(st.text(max_size=LENGTH))
def test_anything_can_be_asked(typed):
    assert read(typed).text == " ".join(typed.replace("\x00", " ").split())
