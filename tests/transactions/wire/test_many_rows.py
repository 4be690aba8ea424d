"""Rows that come by the hundred read as each of them reads alone. DOMAIN.md section 1: nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.payloads import Loomis
from tests.transactions.wire.making import any_value, push, read, row
from transactions.wire.plain_json import read_plain
from transactions.wire.push_json import Message, read_message
from transactions.wire.records import Record


def together(*spelt: str) -> list[Record | str]:
    """What a body of these rows reads as, in which nothing else is unusual."""
    return whats_read(read_message(body_of(spelt)))


def patiently(*spelt: str) -> list[Record | str]:
    """The same, read row by row: a row that is none, behind them, leaves all of them to the patient reader."""
    return whats_read(read_message(body_of([*spelt, "{}"])))[:-1]


def body_of(spelt: Sequence[str]) -> bytes:
    return f'{{"Transactions": [{", ".join(spelt)}]}}'.encode("utf-8", "surrogatepass")


def whats_read(message: Message) -> list[Record | str]:
    """Every row in its place: a record, or the reason why it is none."""
    read: list[Record | str] = list(message.records)
    for bad in message.bad_rows:
        read.insert(bad.position - 1, bad.reason)
    return read


def spell(value: Any) -> str:
    """JSON, decimals digit by digit."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join([f"{json.dumps(name)}: {spell(inner)}" for name, inner in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(spell, value)) + "]"
    return json.dumps(value)


def is_plain(*spelt: str) -> bool:
    return read_plain(body_of(spelt), 1000) is not None


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
    spelt = [spell(one) for one in rows]
    assert together(*spelt) == patiently(*spelt)


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                name: st.sampled_from(values) | (any_value if name == "Odd" else st.nothing())
                for name, values in USUAL.items()
            },
        ).map(lambda change: spell({**PLAIN, **change})),
        min_size=1,
        max_size=40,
    )
)
def test_rows_together_read_as_each_alone(spelt: list[str]) -> None:
    assert together(*spelt) == patiently(*spelt)


# Only what is plain by itself, so that no row leads the others to the patient reader.
GOOD = {name: [value for value in values if is_plain(spell({**PLAIN, name: value}))] for name, values in USUAL.items()}


@given(
    st.lists(
        st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in GOOD.items() if values}),
        min_size=1,
    ),
    st.sets(st.sampled_from(sorted(set(PLAIN) - {"SerialNumber", "TransactionDateTime", "TransactionType", "Amount"}))),
)
def test_plain_rows_together_are_plain_and_read_as_each_alone(changes: list[dict[str, Any]], absent: set[str]) -> None:
    rows = [{**PLAIN, **change} for change in changes]
    rows[0] = {name: value for name, value in rows[0].items() if name not in absent}
    spelt = [spell(one) for one in rows]
    assert is_plain(*spelt)
    assert together(*spelt) == patiently(*spelt)


@given(st.lists(any_value, min_size=1, max_size=25), st.integers(0, 19))
def test_anything_among_rows_is_refused_alone(odd: list[Any], place: int) -> None:
    rows = [spell(PLAIN)] * 30
    rows[place] = spell(odd[0])
    assert together(*rows) == patiently(*rows)


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("colon", [":", " : ", "\t:", "\r\n:"])
def test_a_name_given_twice_is_never_plain(name: str, colon: str) -> None:
    spelt = spell(PLAIN)
    again = f'"{name}"{colon}{spell(PLAIN[name])}'
    assert is_plain(spelt)
    assert not is_plain(spelt, f"{spelt[:-1]}, {again}}}")
    assert not is_plain(f"{{{again}, {spelt[1:]}", spelt)


@pytest.mark.parametrize(
    "body",
    [
        '{"Transactions": [%s], "Transactions": [%s]}',
        '{"Transactions": [%s], "transactions": [%s]}',
        '{"Transactions": [%s], "CustomerTransaction": %s}',
        '{"Transactions": [%s], "Metadata": {"MessageId": "a", "MessageId": "b"}}',
        '{"Metadata": {"MessageId": "a"}, "metadata": {}, "Transactions": [%s]}',
        '{"Metadata": {"MessageId": "a"}, "Metadata": {}, "Transactions": [%s]}',
    ],
)
def test_what_is_given_twice_around_the_rows_is_never_plain(body: str) -> None:
    assert read_plain(body.replace("%s", spell(PLAIN)).encode(), 1000) is None


@pytest.mark.parametrize("colon", ["\\u003a", "\\u003A"])
def test_a_colon_spelt_otherwise_hides_no_name_given_twice(colon: str) -> None:
    twice = f'{spell(PLAIN)[:-1]}, "UserName": "first", "UserName": "a{colon}b"}}'
    assert not is_plain(twice)
    assert together(twice) == patiently(twice) == ["“UserName” is given twice with different values."]


def test_a_key_beside_the_rows_and_colons_in_texts_are_plain() -> None:
    colons = spell({**PLAIN, "UserName": "a:b", "DepositReferenceNumber": "::", "RetrievedOn": PLAIN["RetrievedOn"]})
    root = (
        f'{{"Api:Key": "***:", "Odd": {{"a": [{{"b": ":"}}]}}, "Metadata": {{"a:": ":"}}, "Transactions": [{colons}]}}'
    )
    plain = read_plain(root.encode(), 1000)
    assert plain is not None
    assert plain.metadata == {"a:": ":"}
    assert plain.records == patiently(colons)


def test_what_loomis_usually_sends_is_plain() -> None:
    assert read_plain(Loomis().push(30), 1000) is not None


def test_records_that_come_together_share_nothing_that_can_change() -> None:
    first, second, *_ = (one for one in together(*[spell(PLAIN)] * 30) if isinstance(one, Record))
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
