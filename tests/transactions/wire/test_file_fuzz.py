"""Whatever a file holds, it is read, or refused in a sentence; nothing else comes out of the reader."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from tests.transactions.wire.making import assert_record_fits
from tests.transactions.wire.test_file_shapes import WHOLE, file
from transactions.wire.file_xml import read_rows
from transactions.wire.records import KNOWN, Record
from transactions.wire.values import BodyError


def outcome(content: bytes) -> list[object]:
    rows: list[object] = []
    try:
        for row in read_rows(io.BytesIO(content)):
            rows.append(row)
            if isinstance(row, Record):
                assert_record_fits(row)
            else:
                assert row.reason.endswith((".", "”."))
                row.content.encode()
    except BodyError as error:
        assert str(error)  # noqa: PT017 - that there is one is not what is tested
        return []
    return rows


@given(st.binary(max_size=400))
def test_any_bytes(content):
    outcome(content)
    outcome(b"\x1f\x8b" + content)
    outcome(b"PK\x03\x04" + content)
    outcome(b"<?xml version='1.0'?>" + content)


@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=12), st.integers(0, 40))
def test_a_good_file_damaged_anywhere(place, instead, removed):
    outcome(WHOLE[:place] + instead + WHOLE[place + removed :])


names = st.sampled_from([*sorted(KNOWN), "amount", "Belt", "CustomerTransaction", "DenominationValue"])
texts = st.one_of(
    st.sampled_from(["", "CashIn", "EndOfDay", "DoorOpened", "2026-03-14T11:54:27", "1e5", "-3.5", "NaN", "0", "S1"]),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Z"]), max_size=12),
)
trees = st.recursive(
    texts.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")),
    lambda inner: st.lists(st.tuples(names, inner), max_size=5).map(
        lambda pairs: "".join(f"<{name}>{inside}</{name}>" for name, inside in pairs)
    ),
    max_leaves=12,
)


@given(st.lists(st.lists(st.tuples(names, trees), max_size=12), min_size=1, max_size=4))
def test_rows_of_any_properties(rows):
    spelt = [
        "<CustomerTransaction>"
        + "".join(f"<{name}>{inside}</{name}>" for name, inside in row)
        + "</CustomerTransaction>"
        for row in rows
    ]
    found = outcome(file(*spelt))
    assert len(found) >= len(rows)  # a row within a row is one too
