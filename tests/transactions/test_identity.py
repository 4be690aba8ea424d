"""When two records are the same. DOMAIN.md section 1, "Identity"."""

from __future__ import annotations

import datetime as dt
import unicodedata
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transactions.wire.making import read, row, wall
from transactions.catalogue import Kind
from transactions.identity import DIGEST_SIZE, key_digest
from transactions.recording.rows import to_rows
from transactions.wire.denominations import Denomination
from transactions.wire.records import Record, read_record

FULL: dict[str, Any] = row(
    PickupGroupId=51200311,
    UserName="Zoë Å",
    Amount=Decimal("1560.50"),
    Denominations=[
        {"UnitValue": 20, "Count": 3, "Currency": "USD"},
        {"UnitValue": Decimal("0.5"), "Count": 1, "Currency": "USD"},
    ],
    Register="0",
    ChangePurchaseNumber="50",
    DepositReferenceNumber="021105",
    DoorName="Vault",
    TubeColumn="7",
    TubeCount="1",
)
# Another value for each part of the key.
OTHERWISE: dict[str, list[Any]] = {
    "SerialNumber": ["SR10043", "SR1004"],
    "PickupGroupId": [51200312, None, 0, -51200311],
    "TransactionDateTime": [
        "2026-03-14T11:54:28",
        "2026-03-14T11:54:27.000001",
        "2026-03-14T10:54:27",
        "2026-03-15T11:54:27",
    ],
    "TransactionType": ["ManualCashTransaction", "CashTeleported", "CashTeleported2"],
    "UserName": ["Zoë A", "zoë å", None, "0"],
    "Amount": [Decimal("1560.51"), Decimal("-1560.50"), Decimal("15605.0"), 0],
    "Denominations": [
        [],
        [{"UnitValue": 20, "Count": 3, "Currency": "USD"}],
        [
            {"UnitValue": 20, "Count": 4, "Currency": "USD"},
            {"UnitValue": Decimal("0.5"), "Count": 1, "Currency": "USD"},
        ],
        [
            {"UnitValue": 20, "Count": 3, "Currency": "USD"},
            {"UnitValue": Decimal("0.5"), "Count": 1, "Currency": "CAD"},
        ],
        [{"UnitValue": 20, "Count": 3, "Currency": "USD"}, {"UnitValue": Decimal("0.5"), "Count": 1, "Currency": None}],
        [{"UnitValue": 2, "Count": 3, "Currency": "USD"}, {"UnitValue": Decimal("0.5"), "Count": 1, "Currency": "USD"}],
    ],
    "Register": ["1", None, "00", "0 0"],
    "ChangePurchaseNumber": ["51", None, "050"],
    "DepositReferenceNumber": ["21105", None],
    "DoorName": ["vault", None],
    "TubeColumn": ["8", None],
    "TubeCount": ["7", None],
}
SAME: dict[str, list[Any]] = {
    "SerialNumber": ["sr10042", " SR10042 "],
    "PickupGroupId": ["51200311", " 51200311", Decimal("51200311.00")],
    "TransactionDateTime": [
        "2026-03-14 11:54:27", "2026-03-14T11:54:27.0000009", "2026-03-14T11:54:27-05:00", "2026-03-14T11:54:27.0Z",
    ],
    "TransactionType": ["ValidatedCashIn", "cashin", " CASHIN "],
    "UserName": [unicodedata.normalize("NFD", "Zoë Å"), "  Zoë Å\n", "Zoë \u212b"],
    "Amount": ["1560.5", "1560.5000", " 1.5605e3 ", Decimal("1560.50000"), Decimal("1.5605E+3")],
    "Denominations": [
        [{"UnitValue": "0.5000", "Count": "1", "Currency": "usd"}, {"UnitValue": "20.0000", "Count": 3,
        "Currency": "USD"}],
        [
            {"UnitValue": 20, "Count": 1, "Currency": "USD"},
            {"UnitValue": Decimal("0.50"), "Count": 1, "Currency": "USD"},
            {"UnitValue": Decimal("2E+1"), "Count": 2, "Currency": "USD"},
        ],
        {"DenominationValue": FULL["Denominations"]},
    ],
    "Register": [0, Decimal("0.0"), " 0"],
    "ChangePurchaseNumber": [50, Decimal("5E+1")],
    "TubeColumn": [7, Decimal("7.0")],
    "TubeCount": [1],
    "RetrievedOn": ["2026-03-14T14:11:20Z", "2020-01-01T00:00:00-06:00", "never", None, 5],
    "BagNumber": ["17", None, {"a": 1}],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in OTHERWISE.items() for value in values])
def test_records_that_differ_in_a_part_of_the_key_are_not_the_same(name: str, value: Any) -> None:
    assert key_digest(read_record({**FULL, name: value})) != key_digest(read_record(FULL))


@given(st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in SAME.items()}))
def test_spelling_and_what_is_not_in_the_key_make_no_difference(changes: dict[str, Any]) -> None:
    assert key_digest(read_record({**FULL, **changes})) == key_digest(read_record(FULL))


@pytest.mark.parametrize("name", [name for name in FULL if name not in row()])
@pytest.mark.parametrize("nothing", [None, "", " "])
def test_empty_absent_and_null_are_the_same(name: str, nothing: str | None) -> None:
    absent = {key: value for key, value in FULL.items() if key != name}
    assert key_digest(read_record({**FULL, name: nothing})) == key_digest(read_record(absent))


def test_an_absent_amount_of_a_marker_is_the_same_as_zero() -> None:
    spellings = [None, 0, "0.0000", Decimal("-0.0")]
    assert len({key_digest(read(TransactionType="EndOfDay", Amount=amount)) for amount in spellings}) == 1


@pytest.mark.parametrize(
    "pair", [("CashIn", "ValidatedCashIn"), ("ChangeRequest", "ChangePurchase"), ("Login", "Logon")]
)
def test_aliases_are_one_type(pair: tuple[str, str]) -> None:
    one, other = (key_digest(read(TransactionType=name)) for name in pair)
    assert one == other


# Few values of each, so that equal and almost equal records come often; separators of every kind within the texts.
texts = st.none() | st.text("a0,;*|\x1f\0'\"\\[]N ", min_size=1, max_size=3)
amounts = st.sampled_from([Decimal(0), Decimal(1), Decimal(11), Decimal("1.1")])
denominations = st.lists(
    st.builds(Denomination, amounts, st.sampled_from([1, 11]), st.sampled_from([None, "USD", "CAD"])),
    max_size=2,
    unique_by=lambda one: (one.unit_value, one.currency),
).map(lambda some: tuple(sorted(some, key=lambda one: (one.unit_value, one.currency or ""))))
records = st.builds(
    Record,
    serial_number=st.sampled_from(["A", "A1"]),
    local_time=st.sampled_from([wall("2026-03-14T11:54:27"), wall("2026-03-14T11:54:27.1")]),
    type=st.sampled_from(["CashIn", "Odd"]),
    wire_type=st.sampled_from(["CashIn", "ValidatedCashIn"]),
    kind=st.sampled_from(Kind),
    amount=amounts,
    sent_offset=st.none() | st.integers(-60, 60),
    retrieved_on=st.none() | st.datetimes(timezones=st.just(dt.UTC)),
    pickup_group_id=st.none() | st.sampled_from([1, 11]),
    user_name=texts,
    denominations=denominations,
    register=texts,
    change_purchase_number=texts,
    deposit_reference_number=texts,
    door_name=texts,
    tube_column=texts,
    tube_count=texts,
    extra=st.just({}),
)


def key(record: Record) -> tuple[Any, ...]:
    """What DOMAIN.md lists, compared as values."""
    return (
        record.serial_number, record.pickup_group_id, record.local_time, record.type, record.user_name, record.amount,
        frozenset((one.unit_value, one.count, one.currency) for one in record.denominations),
        record.register, record.change_purchase_number, record.deposit_reference_number, record.door_name,
        record.tube_column, record.tube_count,
    )  # fmt: skip


@given(st.lists(records, min_size=2, max_size=12))
def test_digests_are_equal_exactly_for_records_that_are_the_same(some: list[Record]) -> None:
    digests = [key_digest(record) for record in some]
    keys = [key(record) for record in some]
    for one, digest in zip(keys, digests, strict=True):
        assert len(digest) == DIGEST_SIZE
        for other, other_digest in zip(keys, digests, strict=True):
            assert (one == other) == (digest == other_digest)


@given(records, records, st.sampled_from([",", ";", "|", "\x1f", "\x1f\x1f", "\x1f\x1f\x1f"]))
def test_a_text_that_holds_what_two_others_say_is_not_those_two(one: Record, other: Record, separator: str) -> None:
    one.register = (other.register or "") + separator + (other.change_purchase_number or "")
    one.change_purchase_number = None
    assert (key_digest(one) == key_digest(other)) == (key(one) == key(other))


@pytest.mark.parametrize("separator", ["\x1f", "\x1f\x1f", "\x1e", ",", ";", "|", "\n", "\t", "', '", "\\x1f"])
def test_a_separator_within_a_text_never_makes_two_records_one(separator: str) -> None:
    names = [
        "UserName",
        "Register",
        "ChangePurchaseNumber",
        "DepositReferenceNumber",
        "DoorName",
        "TubeColumn",
        "TubeCount",
    ]
    digests = set()
    for first, second in pairwise(names):
        digests |= {
            key_digest(read(**{first: f"a{separator}b", second: "c"})),
            key_digest(read(**{first: "a", second: f"b{separator}c"})),
            key_digest(read(**{first: f"a{separator}b{separator}c"})),
        }
    # The middle one of each pair is the first one of none.
    assert len(digests) == 3 * len(names) - 3


@given(
    st.lists(st.sampled_from(["A", "B", None]), max_size=30),
    st.lists(st.sampled_from(["SR1", "SR2"]), min_size=30),
    st.integers(0, 30),
)
def test_twins_within_a_message_are_numbered_from_one_in_their_order(
    users: list[str | None], serials: list[str], cut: int
) -> None:
    said = list(zip(users, serials, strict=False))
    records = [read(UserName=user, SerialNumber=serial) for user, serial in said]
    counted: dict[bytes, int] = {}
    rows = [to_rows(part, {"SR1": 1, "SR2": 2}, counted) for part in (records[:cut], records[cut:])]
    numbered = [number for part in rows for number in part.occurrences]
    assert numbered == [said[: place + 1].count(one) for place, one in enumerate(said)]
