"""However a body is read, fast or patiently, it says the same, and no repeated name is lost.

An object may repeat a name (DOMAIN.md section 1, "The wire"); a reader that keeps only the last one loses cash.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transactions.wire.making import DROP, push, row
from transactions.wire.push_json import Message, read_message
from transactions.wire.values import BodyError

ROW = json.dumps(DROP)
ENTRY = '{"UnitValue": 20, "Count": 2, "Currency": "USD"}'


def outcome(body: bytes) -> Message | str:
    try:
        return read_message(body)
    except BodyError as error:
        return str(error)


def in_other_words(body: bytes) -> list[bytes]:
    """The same body with properties nobody reads, and in spellings that only a patient reader takes."""
    return [
        body.replace(b"{", b'{"Else": "a\\": \\"b",', 1),
        body.replace(b"{", b'{"Else" : [{"a": {"b": 1}}],', 1),
        body.replace(b"{", b'{"Else": NaN,', 1),
        b"\xef\xbb\xbf" + body,
        body.decode().encode("utf-16"),
    ]


json_numbers = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
json_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ['":', '" :', "\\", '"', "{", "[]"]
)
json_values = st.recursive(
    st.none() | st.booleans() | json_numbers | json_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(json_texts, inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["UserName", "username", "Amount", "PickupGroupId", "Denominations", "RetrievedOn", "Odd"])


@given(
    st.lists(
        st.dictionaries(names, json_values, max_size=3).map(lambda change: row(**change)) | json_values, max_size=4
    ),
    json_values,
)
def test_a_body_says_the_same_to_every_reader(rows: list[Any], metadata: Any) -> None:
    body = push(*rows, Metadata=metadata)
    expected = outcome(body)
    for other in in_other_words(body):
        assert outcome(other) == expected


ODD_DENOMINATIONS = [
    "null", '""', '"a text of some length"', "[]", '["a text of some length", [1, 2, 3, 4]]', "[[1, 2], [3]]", "true",
    "5",
    *(f"[{', '.join([ENTRY] * count)}]" for count in range(1, 5)),
    *(f'{{"DenominationValue": [{", ".join([ENTRY] * count)}]}}' for count in range(6)),
    *(f'"{"x" * count}"' for count in range(1, 30)),
    '{"A long name that is none": 1}', '[{"a": {"b": {"c": 1}}}]',
]  # fmt: skip


@pytest.mark.parametrize("colon", [":", ": ", " : ", "\n:\t"])
@pytest.mark.parametrize("properties", range(5))
def test_a_repeated_name_is_never_lost_whatever_stands_beside_it(properties: int, colon: str) -> None:
    odd = {f"Odd{number}": number for number in range(properties)}
    for denominations in ODD_DENOMINATIONS:
        for repeats in (2, 3, 4):
            rows = [json.dumps(row(UserName=str(number), **odd)) for number in range(repeats)]
            events = ", ".join(f'"CustomerTransaction"{colon}{event}' for event in rows)
            beside = f'{ROW[:-1]}, "Denominations": {denominations}}}'
            message = read_message(f'{{"Transactions": [{beside}], {events}}}'.encode())
            assert message.received == 1 + repeats, denominations
            assert [record.user_name for record in message.records[-repeats:]] == [str(n) for n in range(repeats)]


@pytest.mark.parametrize("colon", [":", " :", "\t:", "\n \r:"])
@pytest.mark.parametrize("place", ["row", "denomination"])
def test_a_property_given_twice_with_different_values_is_seen_in_any_spelling(place: str, colon: str) -> None:
    again = ENTRY[:-1] + f', "Count"{colon} 3}}' if place == "denomination" else ENTRY
    changed = f'{ROW[:-1]}, "Denominations": [{again}]' + (f', "Amount"{colon} 41}}' if place == "row" else "}")
    message = read_message(f'{{"Transactions": [{ROW}, {changed}]}}'.encode())
    assert [bad.reason for bad in message.bad_rows] == [
        "“Amount” is given twice with different values."
        if place == "row"
        else "“Count” of a denomination is given twice with different values."
    ]


@pytest.mark.parametrize("text", ['":', 'a":b', '" :', "\\", '\\":', "{", "}"])
def test_texts_that_look_like_json_stay_texts(text: str) -> None:
    message = read_message(push(row(UserName=f"a{text}b"), row(UserName="c")))
    assert [record.user_name for record in message.records] == [f"a{text}b", "c"]
