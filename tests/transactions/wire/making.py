"""Rows, bodies and generated nonsense for the tests of the wire formats."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import models
from hypothesis import strategies as st

from safes.models import Safe
from transactions.models import Message as StoredMessage
from transactions.models import QuarantinedRow, Transaction
from transactions.wire.push_json import Message, read_message
from transactions.wire.records import Record, read_record
from transactions.wire.values import BadRow

SAMPLES = Path(__file__).parents[2] / "samples"
# A wall-clock time, naive as it must be.
wall = dt.datetime.fromisoformat

DROP: dict[str, Any] = {
    "SerialNumber": "SR10042",
    "TransactionDateTime": "2026-03-14T11:54:27",
    "TransactionType": "CashIn",
    "Amount": 40,
}


def row(**properties: Any) -> dict[str, Any]:
    """A drop of 40, but for these properties."""
    return {**DROP, **properties}


def read(**properties: Any) -> Record:
    return read_record(row(**properties))


def push(*rows: Any, **root: Any) -> bytes:
    return json.dumps({**root, "Transactions": rows}, ensure_ascii=False).encode("utf-8", "surrogatepass")


def push_raw(*rows: str) -> bytes:
    """A body whose rows are spelt as given; between them stands a good neighbour on either side."""
    good = json.dumps(DROP)
    return f'{{"Transactions": [{", ".join([good, *rows, good])}]}}'.encode("utf-8", "surrogatepass")


def row_raw(name: str, value: str) -> str:
    """The JSON text of a drop with one more property, its value spelt as given."""
    return f'{json.dumps({key: DROP[key] for key in DROP if key != name})[:-1]}, "{name}": {value}}}'


def the_bad_row(body: bytes) -> BadRow:
    """The one bad row of a body by ``push_raw``, whose two neighbours were recorded."""
    message = read_message(body)
    assert len(message.records) == 2, "a bad row cost its neighbour"
    assert len(message.bad_rows) == 1
    return message.bad_rows[0]


def assert_record_fits(record: Record) -> None:
    """Every value can be stored in the column of its name."""
    assert len(record.serial_number) <= _length(Safe, "serial_number")
    for name in (
        "type", "wire_type", "user_name", "register", "change_purchase_number", "deposit_reference_number",
        "door_name", "tube_column", "tube_count",
    ):  # fmt: skip
        value = getattr(record, name)
        if value is not None:
            assert value == value.strip() != ""
            assert len(value) <= _length(Transaction, name), name
            assert_storable(value)
    assert_storable(record.serial_number)
    assert len(record.kind) <= _length(Transaction, "kind")
    _assert_amount_fits(record.amount)
    assert 1990 <= record.local_time.year < 2100
    assert record.local_time.tzinfo is None
    assert record.sent_offset is None or abs(record.sent_offset) <= 14 * 60
    assert record.pickup_group_id is None or -(2**63) <= record.pickup_group_id < 2**63
    assert_storable(json.dumps(record.extra, default=str, ensure_ascii=False, allow_nan=False).replace("\\u0000", "\0"))
    for denomination in record.denominations:
        _assert_amount_fits(denomination.unit_value)
        assert -(2**31) <= denomination.count < 2**31
        assert denomination.currency is None or len(denomination.currency) == 3


def assert_message_fits(message: Message) -> None:
    for record in message.records:
        assert_record_fits(record)
    for bad in message.bad_rows:
        assert 0 < len(bad.reason) <= _length(QuarantinedRow, "reason")
        assert len(bad.serial_number) <= _length(QuarantinedRow, "serial_number")
        for text in (bad.reason, bad.content, bad.serial_number):
            assert_storable(text)
        if bad.amount is not None:
            _assert_amount_fits(bad.amount)
    if message.message_id is not None:
        assert_storable(message.message_id)
        assert 0 < len(f"id:{message.message_id}") <= _length(StoredMessage, "key")
    for name, value in message.metadata.items():
        assert_storable(name + value)


def assert_storable(text: str) -> None:
    assert "\0" not in text
    text.encode()


def _length(table: type[models.Model], column: str) -> int:
    field = table._meta.get_field(column)
    assert isinstance(field, models.Field)
    assert field.max_length is not None
    return field.max_length


def _assert_amount_fits(amount: Decimal) -> None:
    assert amount.is_finite()
    assert abs(amount) < Decimal(10) ** 10
    assert amount == round(amount, 4)


# Anything that a lenient reader of JSON may hand over, surrogates, NaN and numbers of all sizes included.
any_text = st.text(st.characters(exclude_categories=()), max_size=30)
any_number = (
    st.integers()
    | st.integers(-(10**80), 10**80)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.builds(
        lambda digits, exponent: Decimal(f"{digits}E{exponent}"), st.integers(-999, 999), st.integers(-400, 400)
    )
)
any_scalar = st.none() | st.booleans() | any_number | st.sampled_from([float("nan"), float("inf")]) | any_text
any_value = st.recursive(
    any_scalar,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)
