"""Amounts, pickup groups and denominations of a row. CONTRACT.md, "Settled details"; DOMAIN.md section 1."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transactions.wire.making import any_value, read
from transactions.catalogue import AMOUNT_OPTIONAL, KIND_OF
from transactions.wire.denominations import Denomination
from transactions.wire.numbers import read_money
from transactions.wire.values import Repeated, RowError

AMOUNTS = st.decimals(Decimal("-9999999999.9999"), Decimal("9999999999.9999"), places=4)


@given(AMOUNTS, st.integers(0, 20))
def test_an_amount_is_the_same_however_it_is_spelt(amount: Decimal, zeros: int) -> None:
    fixed = format(amount, "f") + "0" * zeros
    spellings: list[Any] = [
        amount,
        fixed,
        f" {fixed}\n",
        Decimal(fixed),
        f"{int(amount * 10_000)}e-4",
        amount.normalize(),
    ]
    if amount >= 0:
        spellings += [f"+{fixed}", f"000{fixed}"]
    if amount == int(amount):
        spellings += [int(amount), str(int(amount))]
    read_amounts = [read(Amount=spelt).amount for spelt in spellings]
    assert set(read_amounts) == {amount}
    assert len({str(one) for one in read_amounts}) == 1


@pytest.mark.parametrize("amount", ["9999999999.9999", "-9999999999.9999", "0.0001", "-0.0001", "1e9", "0.00000", "-0"])
def test_amounts_up_to_the_edge_are_taken(amount: str) -> None:
    assert read(Amount=amount).amount == read(Amount=Decimal(amount)).amount == Decimal(amount)


@pytest.mark.parametrize(
    "amount",
    [
        "10000000000", "-10000000000", "9999999999.99999999999999999999999999999999", "1e10", "1e400", "1e999",
        "0.00001", "1.00001", "1e-5", "1e-400", "9" * 60, "0." + "0" * 45 + "1",
    ],
)  # fmt: skip
def test_amounts_beyond_the_edge_are_refused(amount: str) -> None:
    for spelt in (amount, Decimal(amount)):
        with pytest.raises(RowError, match="Amount"):
            read(Amount=spelt)


@pytest.mark.parametrize(
    "odd",
    [
        "NaN", "Infinity", "-Infinity", "1,000.00", "1 000", "1.5.0", "12abc", "$12", "−12", "١٢", "１２", "0x10",
        "1_000", ".5", "5.", "--5", "1e", "e5", True, False, [], {}, [5], {"a": 5}, float("nan"),
        float("inf"), "1\0", "1\ud800",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_number_is_no_amount_and_never_zero(odd: object) -> None:
    with pytest.raises(RowError, match="Amount") as refused:
        read(Amount=odd)
    assert "\0" not in str(refused.value)
    str(refused.value).encode()


@given(any_value)
def test_money_is_read_or_refused(value: Any) -> None:
    try:
        amount = read_money(value)
    except RowError:
        return
    assert abs(amount) < 10**10
    assert amount == round(amount, 4)


@pytest.mark.parametrize("type_", sorted(KIND_OF))
@pytest.mark.parametrize("nothing", [None, "", " "])
def test_an_absent_amount_is_zero_for_markers_and_audit_events_only(type_: str, nothing: str | None) -> None:
    if KIND_OF[type_] in AMOUNT_OPTIONAL:
        assert read(TransactionType=type_, Amount=nothing).amount == 0
    else:
        with pytest.raises(RowError, match=f"“Amount” is missing, and {type_} needs one"):
            read(TransactionType=type_, Amount=nothing)


def test_an_absent_amount_of_an_unknown_type_is_refused() -> None:
    with pytest.raises(RowError, match="“Amount” is missing"):
        read(TransactionType="CashTeleported", Amount=None)


@pytest.mark.parametrize("none", [0, "0", "0.0", Decimal("0.00"), "-0", Decimal("0E+999999999999999999")])
def test_group_0_is_no_group(none: object) -> None:
    assert read(PickupGroupId=none).pickup_group_id is None


@pytest.mark.parametrize("group", [51200311, "51200311", " 051200311 ", Decimal("51200311.0"), "51200311.00"])
def test_a_group_is_the_same_however_it_is_spelt(group: object) -> None:
    assert read(PickupGroupId=group).pickup_group_id == 51200311


@pytest.mark.parametrize("group", [2**63 - 1, str(2**63 - 1), -(2**63)])
def test_a_group_up_to_the_edge_is_taken(group: object) -> None:
    assert read(PickupGroupId=group).pickup_group_id == int(str(group))


@pytest.mark.parametrize(
    "odd", [2**63, -(2**63) - 1, 10**400, "9" * 30, "1.5", Decimal("1.5"), "x", True, [], {}, float("nan")]
)
def test_what_is_no_whole_number_is_no_group(odd: object) -> None:
    with pytest.raises(RowError, match="PickupGroupId"):
        read(PickupGroupId=odd)


def entry(unit_value: Any, count: Any, currency: Any = "USD") -> dict[str, Any]:
    return {"UnitValue": unit_value, "Count": count, "Currency": currency}


FIVES, TWENTIES = Denomination(Decimal(5), 4, "USD"), Denomination(Decimal(20), 53, "USD")


def test_denominations_come_in_any_order() -> None:
    entries = [entry(20, 53), entry(5, 4), entry(5, 4, "CAD")]
    readings = {read(Denominations=list(order)).denominations for order in permutations(entries)}
    assert readings == {(Denomination(Decimal(5), 4, "CAD"), FIVES, TWENTIES)}


def test_like_denominations_are_summed_whatever_their_spelling() -> None:
    entries = [entry("20.0000", "50"), entry(5, 4), entry(Decimal("20.0"), 2, " usd "), entry(20, Decimal("1.0"))]
    assert read(Denominations=entries).denominations == (FIVES, TWENTIES)


def test_currencies_are_never_summed_together() -> None:
    assert read(Denominations=[entry(20, 1), entry(20, 1, None)]).denominations == (
        Denomination(Decimal(20), 1, None),
        Denomination(Decimal(20), 1, "USD"),
    )


@pytest.mark.parametrize(
    "wrapped",
    [
        {"DenominationValue": [entry(20, 53), entry(5, 4)]},
        {"denominationvalue": [entry("20.0000", "53"), entry("5.0000", "4")]},
        Repeated([("DenominationValue", entry(20, 53)), ("DenominationValue", entry(5, 4))]),
        Repeated(
            [("DenominationValue", [entry(20, 53)]), ("DenominationValue", None), ("DenominationValue", entry(5, 4))]
        ),
    ],
)  # fmt: skip
def test_denominations_wrapped_as_in_a_file_are_the_same(wrapped: dict[str, Any]) -> None:
    assert read(Denominations=wrapped).denominations == (FIVES, TWENTIES)


@pytest.mark.parametrize("nothing", [None, "", "\n  ", [], {}, {"DenominationValue": None}, {"DenominationValue": []}])
def test_no_denominations_are_none(nothing: object) -> None:
    assert read(Denominations=nothing).denominations == ()


@pytest.mark.parametrize("currency", ["USD", "usd", " Usd "])
def test_a_currency_is_three_capitals(currency: str) -> None:
    assert read(Denominations=[entry(5, 4, currency)]).denominations == (FIVES,)


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_a_currency_may_be_absent(nothing: str | None) -> None:
    assert read(Denominations=[entry(5, 4, nothing)]).denominations[0].currency is None
    assert read(Denominations=[{"UnitValue": 5, "Count": 4}]).denominations[0].currency is None


@pytest.mark.parametrize(
    "odd",
    [
        5, "x", True, False, 0, [5], [None], [[]], ["x"], {"Other": []}, {"DenominationValue": 5}, float("nan"),
        [entry(5, None)], [entry(None, 5)], [entry("", 5)], [entry(5, " ")], [entry(5, "4.5")],
        [entry(5, Decimal("4.5"))],
        [entry(5, True)],
        [entry(5, 2**31)], [entry(5, str(2**31))], [entry(5, 2**31 - 1), entry(5, 1)], [entry(5, 10**400)],
        [entry(5, 2**40), entry(5, -(2**40))], [entry("NaN", 5)], [entry(True, 5)], [entry(10**10, 5)],
        [entry("0.00001", 5)], [entry(5, 4, "US")], [entry(5, 4, "USDX")], [entry(5, 4, 840)], [entry(5, 4, True)],
        [entry(5, 4, "ÜSD")],
        [entry(5, 4, "U\0D")], [entry(5, 4, "U\ud800D")], [Repeated([*entry(5, 4).items(), ("count", 5)])],
        [entry(n, 1) for n in range(1001)],
    ],
    ids=lambda odd: ascii(odd)[:40],
)  # fmt: skip
def test_denominations_that_cannot_be_read_are_refused(odd: Any) -> None:
    with pytest.raises(RowError) as refused:
        read(Denominations=odd)
    assert "\0" not in str(refused.value)
    str(refused.value).encode()
