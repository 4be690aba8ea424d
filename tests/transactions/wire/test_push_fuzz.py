"""Whatever comes, the readers answer with a record or a sentence, and what they answer can be stored."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.transactions.wire.making import (
    DROP,
    SAMPLES,
    any_text,
    any_value,
    assert_message_fits,
    assert_record_fits,
    assert_storable,
    row,
)
from transactions.identity import DIGEST_SIZE, key_digest
from transactions.wire.push_json import read_message
from transactions.wire.records import read_record
from transactions.wire.values import BodyError, Repeated, RowError

SAMPLE = (SAMPLES / "push_mixed.json").read_bytes()

known_names = st.sampled_from(
    [
        *DROP, "RetrievedOn", "PickupGroupId", "UserName", "Denominations", "Register", "ChangePurchaseNumber",
        "DoorName",
        "DepositReferenceNumber", "TubeColumn", "TubeCount", "amount", "SERIALNUMBER", " UserName ",
    ]
)  # fmt: skip
denominations = st.lists(
    st.dictionaries(st.sampled_from(["UnitValue", "Count", "Currency", "count"]) | any_text, any_value, max_size=4),
    max_size=3,
)
dates = st.from_regex(r"\A(19|20|21)\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d(:[0-6]\d)?([.,]\d{0,13})?(Z|[+-]\d\d:?\d\d)?\Z")
values = any_value | denominations | dates | st.text("0123456789.eE+- ", max_size=20) | st.text(max_size=300)
pairs = st.lists(st.tuples(known_names | any_text, values), max_size=5)


def assert_sentence(text: str) -> None:
    assert text.endswith(".")
    assert_storable(text)


def assert_read_or_refused(given_row: object) -> None:
    try:
        record = read_record(given_row)
    except RowError as refused:
        assert_sentence(str(refused))
        return
    assert_record_fits(record)
    assert len(key_digest(record)) == DIGEST_SIZE


@given(pairs)
def test_a_row_is_read_and_fits_its_columns_or_is_refused(changes: list[tuple[str, Any]]) -> None:
    assert_read_or_refused(row(**dict(changes)))


@given(pairs)
def test_a_row_that_repeats_names_is_read_and_fits_or_is_refused(changes: list[tuple[str, Any]]) -> None:
    assert_read_or_refused(Repeated([*DROP.items(), *changes]))


@given(any_value)
def test_anything_is_a_row_or_refused(value: Any) -> None:
    assert_read_or_refused(value)


def assert_message_or_sentence(body: bytes) -> None:
    try:
        message = read_message(body)
    except BodyError as error:
        assert_sentence(str(error))
        return
    assert_message_fits(message)
    assert [bad.position for bad in message.bad_rows] == sorted({bad.position for bad in message.bad_rows})
    assert all(1 <= bad.position <= message.received for bad in message.bad_rows)


@given(st.binary(max_size=200))
@example(b"")
@example(b"\0")
@example(b"\xef\xbb\xbf")
@example(b'{"Transactions": [1e9999999999999999999]}')
@example(b'{"Metadata": {"MessageId": "' + "\u0130".encode() * 200 + b'"}, "Transactions": []}')
def test_any_bytes_are_a_message_or_a_sentence(body: bytes) -> None:
    assert_message_or_sentence(body)


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(SAMPLE)),
            st.integers(0, 40),
            st.binary(max_size=4)
            | st.sampled_from([b'"', b"{", b"}", b"[", b"]", b",", b":", b"NaN", b"null", b"\\", b"\\ud800"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_real_push_with_bytes_torn_out_and_put_in_is_a_message_or_a_sentence(
    edits: list[tuple[int, int, bytes]],
) -> None:
    body = SAMPLE
    for start, length, new in edits:
        body = body[:start] + new + body[start + length :]
    assert_message_or_sentence(body)


roots = st.sampled_from(["Transactions", "transactions", "CustomerTransaction", "Metadata", "MessageId"]) | any_text
rows = any_value | pairs.map(lambda changes: row(**dict(changes)))


@given(st.dictionaries(roots, rows | st.lists(rows, max_size=4) | st.dictionaries(roots, rows, max_size=3), max_size=4))
def test_any_json_is_a_message_or_a_sentence(root: dict[str, Any]) -> None:
    assert_message_or_sentence(json.dumps(root, default=float, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    assert_message_or_sentence(json.dumps(root, default=float).encode())


@given(st.integers(0, len(SAMPLE)))
def test_a_push_cut_off_anywhere_is_a_sentence_or_whole(length: int) -> None:
    try:
        message = read_message(SAMPLE[:length])
    except BodyError:
        return
    assert message == read_message(SAMPLE)
