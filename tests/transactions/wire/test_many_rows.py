"""Rows that come by the hundred read as each of them reads alone. DOMAIN.md section 1: nothing is guessed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transactions.wire.making import any_value, push, read, row
from transactions.wire.columns import read_records
from transactions.wire.push_json import read_message
from transactions.wire.records import Record, read_record
from transactions.wire.values import RowError


def alone(given_row: Any) -> Record | str:
    try:
        return read_record(given_row)
    except RowError as refused:
        return str(refused)


def together(rows: list[Any]) -> list[Record | str]:
    return [read if isinstance(read, Record) else str(read) for read in read_records(rows)]


def entry(unit_value: Any, count: Any = 2, currency: Any = "USD") -> dict[str, Any]:
    return {"UnitValue": unit_value, "Count": count, "Currency": currency}


# Values as Loomis sends them, and near to them.
USUAL: dict[str, list[Any]] = {
    "SerialNumber": ["SR10042", "sr10042 ", "SR1", "", None, "ß" * 64, 5],
    "TransactionDateTime": [
        "2026-03-14T11:54:27.5717919", "2026-03-14T11:54:27.571791", "2026-03-14T11:54:27", "2026-03-14T11:54:27-05:00",
        "2026-02-30T11:54:27.5717919", "1989-03-14T11:54:27.5717919", "2100-01-01T00:00:00.0000000",
        "2026-03-14T24:00:00.0000000",
        "2026-03-14T11:54:27.5717919|2026-03-14T11:54:27.5717919", "2026-03-14T11:54:27.5717919|", "", None, 5,
    ],
    "TransactionType": ["CashIn", "ValidatedCashIn", "cashin", "EndOfDay", "DoorOpened", "Odd", "", None],
    "RetrievedOn": [
        "2026-03-14T14:11:20.3870000Z", "2026-03-14T14:11:20.387000Z", "2026-03-14T08:26:37.437-06:00",
        "0001-01-01T00:00:00.0000000Z",
        "2026-02-30T14:11:20.3870000Z", "2026-03-14T14:11:20.3870000Z|2026-03-14T14:11:20.3870000Z", "", " ", None,
        True, ["x"],
    ],
    "PickupGroupId": [0, 51200311, "51200311", None, "", "x", 2**63, True],
    "UserName": ["ANNA", " ANNA ", "", None, "Zoe\u0308", "a\0", 5, True, "x" * 201],
    "Amount": [40, Decimal("40.0"), Decimal("40.00001"), "40.0000", -40, 0, None, "", " ", True, 10**10, float("nan")],
    "Denominations": [
        [], None, "", {}, [entry(20)], [entry(20), entry(Decimal("5.0"))], [entry(5), entry(20), entry(20)],
        [entry(20, 2, None)],
        [entry(20), entry(20, 2, "CAD")], [entry("20.0000", "2")], {"DenominationValue": [entry(20), entry(5)]},
        {"DenominationValue": entry(20)}, {"DenominationValue": []}, {"A": 1}, [{"UnitValue": 5, "Count": 1,
        "Odd": "USD"}],
        [entry(20, True)], [entry(20, 2**31)], [entry(20, 2**30), entry(20, 2**30)], [entry(20, 2, "DOLLAR")], "text",
        True, 5, [5], [None], [[]],
        [["UnitValue", "Count", "Currency"]], [entry(n, 1) for n in range(1001)], [entry(10**10)],
    ],
    "Register": ["0", "REGISTER_1", "", None, 0],
    "TubeColumn": ["7", 7, None],
}  # fmt: skip
CHANGES = [{name: value} for name, values in USUAL.items() for value in values]
PLAIN = row(
    TransactionDateTime="2026-03-14T11:54:27.5717919",
    RetrievedOn="2026-03-14T14:11:20.3870000Z",
    Amount=Decimal("110.0"),
    Denominations=[entry(Decimal("5.0")), entry(Decimal("50.0"))],
    ChangePurchaseNumber=None,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: ascii(change)[:60])
@pytest.mark.parametrize("place", [0, 15, 29])
def test_a_row_among_thirty_reads_as_it_reads_alone_and_changes_none_of_them(
    change: dict[str, Any], place: int
) -> None:
    rows = [{**PLAIN, "UserName": str(number), "Denominations": [entry(number + 1)]} for number in range(30)]
    rows[place] = {**rows[place], **change}
    assert together(rows) == [alone(one) for one in rows]


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                name: st.sampled_from(values) | (any_value if name == "Odd" else st.nothing())
                for name, values in USUAL.items()
            },
        ).map(lambda change: {**PLAIN, **change}),
        min_size=20,
        max_size=40,
    )
)
def test_rows_together_read_as_each_alone(rows: list[dict[str, Any]]) -> None:
    assert together(rows) == [alone(one) for one in rows]


# Only what can be read, so that no row leads the others to the slow path.
GOOD = {
    name: [value for value in values if not isinstance(alone({**PLAIN, name: value}), str)]
    for name, values in USUAL.items()
}


@given(
    st.lists(
        st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in GOOD.items()}),
        min_size=20,
    )
)
def test_good_rows_together_read_as_each_alone(changes: list[dict[str, Any]]) -> None:
    rows = [{**PLAIN, **change} for change in changes]
    assert together(rows) == [alone(one) for one in rows]


@given(st.lists(any_value, min_size=20, max_size=25), st.integers(0, 19))
def test_anything_among_rows_is_refused_alone(odd: list[Any], place: int) -> None:
    rows: list[Any] = [PLAIN] * 30
    rows[place] = odd[0]
    assert together(rows) == [alone(one) for one in rows]
    assert together(odd) == [alone(one) for one in odd]


def test_records_that_come_together_share_nothing_that_can_change() -> None:
    first, second, *_ = (one for one in read_records([PLAIN] * 30) if isinstance(one, Record))
    first.extra["Odd"] = 1
    assert second.extra == {}
    assert read().extra == {}


def test_a_wrapped_list_among_many_takes_no_denominations_from_its_neighbours() -> None:
    rows = [row(UserName=str(number), Denominations=[entry(number + 1)]) for number in range(40)]
    rows[20]["Denominations"] = {"DenominationValue": [entry(500), entry(1000)]}
    records = read_message(push(*rows)).records
    assert [[one.unit_value for one in record.denominations] for record in records] == [
        [500, 1000] if number == 20 else [number + 1] for number in range(40)
    ]
