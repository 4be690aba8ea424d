"""What the names and the texts of a row mean. DOMAIN.md section 1, "The wire" and "Identity"."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safes.estate import normal_serial
from tests.transactions.wire.making import DROP, assert_record_fits, read, row
from transactions.wire.records import read_record
from transactions.wire.texts import clean
from transactions.wire.values import Repeated, RowError

TEXTS = {
    "UserName": "user_name",
    "Register": "register",
    "ChangePurchaseNumber": "change_purchase_number",
    "DepositReferenceNumber": "deposit_reference_number",
    "DoorName": "door_name",
    "TubeColumn": "tube_column",
    "TubeCount": "tube_count",
}
NAMES = [*DROP, *TEXTS, "RetrievedOn", "PickupGroupId", "Denominations"]


@given(st.data())
def test_names_are_known_in_any_case_and_with_space_around(data: st.DataObject) -> None:
    full = row(
        UserName="ANNA", Register="0", ChangePurchaseNumber="1", DepositReferenceNumber="2", DoorName="D",
        TubeColumn="7", TubeCount="1",
        RetrievedOn="2026-03-14T17:00:00Z", PickupGroupId=5,
        Denominations=[{"UnitValue": 20, "Count": 2, "Currency": "USD"}],
    )  # fmt: skip
    assert set(full) == set(NAMES)

    def spelt(name: str) -> str:
        return data.draw(st.sampled_from([name, name.lower(), name.upper(), name.swapcase(), f" {name}\t"]))

    other = {spelt(name): value for name, value in full.items()}
    other[next(name for name in other if name.strip().lower() == "denominations")] = [
        {spelt("UnitValue"): 20, spelt("Count"): 2, spelt("Currency"): "USD"}
    ]
    assert read_record(other) == read_record(full)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_trimmed(name: str) -> None:
    assert getattr(read(**{name: "\t x  y \r\n"}), TEXTS[name]) == "x  y"


@pytest.mark.parametrize("nothing", [None, "", "  ", "\r\n\t", "\u00a0\u3000"])
@pytest.mark.parametrize("name", [*TEXTS, "RetrievedOn", "PickupGroupId", "Denominations"])
def test_empty_blank_and_null_are_absent(name: str, nothing: str | None) -> None:
    assert read(**{name: nothing}) == read()


@pytest.mark.parametrize("nothing", [None, "", "  "])
@pytest.mark.parametrize("name", ["SerialNumber", "TransactionDateTime", "TransactionType", "Amount"])
def test_a_row_without_what_every_record_has_is_refused_and_says_what_is_missing(
    name: str, nothing: str | None
) -> None:
    with pytest.raises(RowError, match=f"“{name}” is missing"):
        read(**{name: nothing})
    with pytest.raises(RowError, match=f"“{name}” is missing"):
        read_record({key: value for key, value in DROP.items() if key != name})


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_in_nfc(name: str) -> None:
    assert getattr(read(**{name: unicodedata.normalize("NFD", "Zoë Ångström")}), TEXTS[name]) == "Zoë Ångström"


@given(st.text(max_size=60))
def test_cleaning_a_clean_text_changes_nothing(text: str) -> None:
    try:
        once = clean(text)
    except RowError:
        return
    assert once is None or clean(once) == once


def test_register_0_is_a_value() -> None:
    assert read(Register="0").register == "0"
    assert read(Register=0).register == "0"


@pytest.mark.parametrize(
    ("number", "text"),
    [(7, "7"), (Decimal("7.0"), "7"), (Decimal("7E+2"), "700"), (Decimal("0.50"), "0.5"), (Decimal("-0.0"), "0")],
)
def test_a_number_where_a_text_is_due_has_one_spelling(number: Any, text: str) -> None:
    assert read(Register=number).register == text


@pytest.mark.parametrize("odd", [True, False, [], ["x"], {}, {"a": 1}, float("nan"), float("inf")])
@pytest.mark.parametrize("name", [*TEXTS, "SerialNumber", "TransactionType", "TransactionDateTime"])
def test_what_is_neither_text_nor_number_is_no_text(name: str, odd: object) -> None:
    with pytest.raises(RowError, match=name):
        read(**{name: odd})


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800", "\udcff", "\ud83d\ud83d", "x" * 10_000])
@pytest.mark.parametrize("name", [*TEXTS, "SerialNumber", "TransactionType", "TransactionDateTime"])
def test_what_no_column_can_hold_is_refused(name: str, bad: str) -> None:
    with pytest.raises(RowError) as refused:
        read(**{name: bad})
    str(refused.value).encode()


@pytest.mark.parametrize("name", [*TEXTS, "SerialNumber", "TransactionType"])
def test_a_text_is_taken_up_to_the_length_of_its_column_and_refused_beyond(name: str) -> None:
    longest = 0
    for length in range(1, 1001):
        try:
            assert_record_fits(read(**{name: "9" * length}))
        except RowError:
            break
        longest = length
    assert longest >= 40
    for length in (longest + 1, longest + 100, 1001):
        with pytest.raises(RowError, match=name if length <= 1000 else "longer"):
            read(**{name: "9" * length})


@pytest.mark.parametrize("length", [60, 101, 201, 999])
def test_a_time_as_long_as_a_novel_is_refused_like_any_that_is_none(length: int) -> None:
    with pytest.raises(RowError, match="TransactionDateTime"):
        read(TransactionDateTime="9" * length)


def test_a_serial_number_is_in_capitals() -> None:
    assert read(SerialNumber=" sr10042 ").serial_number == "SR10042"


def test_a_serial_number_whose_capitals_are_longer_than_the_column_is_refused() -> None:
    assert read(SerialNumber="ß" * 32).serial_number == "SS" * 32
    with pytest.raises(RowError, match="longer than 64"):
        read(SerialNumber="ß" * 33)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20))
def test_a_serial_number_reads_the_same_when_staff_type_it(text: str) -> None:
    if text.strip():
        serial = read(SerialNumber=text).serial_number
        assert serial == normal_serial(text) == read(SerialNumber=serial).serial_number


def test_a_name_given_twice_with_equal_values_is_given_once() -> None:
    pairs = [*row(UserName="A").items(), ("UserName", "A"), ("username", "A"), ("Odd", 1), ("Odd", 1)]
    record = read_record(Repeated(pairs))
    assert (record.user_name, record.extra) == ("A", {"Odd": 1})


@pytest.mark.parametrize("again", [("Amount", 41), ("amount", 41), ("AMOUNT", None), ("Odd", 2)])
def test_a_name_given_twice_with_different_values_is_refused(again: tuple[str, Any]) -> None:
    with pytest.raises(RowError, match="twice with different values"):
        read_record(Repeated([*row(Odd=1).items(), again]))


def test_names_that_differ_in_case_only_must_agree() -> None:
    assert read_record({**DROP, "amount": 40}).amount == 40
    with pytest.raises(RowError, match="“Amount” is given twice"):
        read_record({**DROP, "amount": 41})


def test_unknown_properties_are_kept_as_sent() -> None:
    extra = {"BagNumber": " 0017 ", "Level": {"Full": [True, None, Decimal("1.50")]}}
    assert read(**extra).extra == extra


@pytest.mark.parametrize(
    "odd",
    [
        {"\ud800": 1}, {"a\0": 1}, {"a": ["\0"]}, {"a": {"\udfff": 1}}, {"a": float("nan")}, {"a": [[float("-inf")]]},
        {"a": Decimal("1E+400")}, {"a": 10**400}, {"a": "x" * 100_001}, {"a": [0] * 20_000},
        {"a": Decimal("1." + "1" * 100_000)},
    ],
    ids=lambda odd: ascii(odd)[:30],
)  # fmt: skip
def test_unknown_properties_that_cannot_be_kept_are_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(RowError):
        read(**odd)


@pytest.mark.parametrize("depth", [21, 500, 100_000])
def test_unknown_properties_nested_deep_are_refused(depth: int) -> None:
    bomb: Any = 1
    for _ in range(depth):
        bomb = [bomb]
    with pytest.raises(RowError, match="nested more than 20 deep"):
        read(Odd=bomb)
    while isinstance(bomb, list):  # taken apart by hand: Python itself would need a stack for it
        bomb = bomb.pop()


@pytest.mark.parametrize("odd", [None, [], "row", 5, True, float("nan"), [DROP]])
def test_a_row_that_is_no_object_is_refused(odd: object) -> None:
    with pytest.raises(RowError, match="not an object"):
        read_record(odd)
