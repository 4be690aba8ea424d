"""What is wrong with one row costs that row and no other. DOMAIN.md section 1; CONTRACT.md, "Push answers"."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tests.transactions.wire.making import (
    DROP,
    SAMPLES,
    assert_message_fits,
    push,
    push_raw,
    read,
    row,
    row_raw,
    the_bad_row,
)
from transactions.wire.push_json import read_message
from transactions.wire.values import BodyError

UNREADABLE = [
    "NaN", "Infinity", "-Infinity", "1e999", "-1e400", "1e9999999999999999999", "1e-9999999999999999999", "9" * 5000,
    "-" + "9" * 5000,
    "9" * 41, "true", "[]", "{}", '"NaN"', '"1,5"', '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', "[" * 30 + "]" * 30,
    "[" * 990 + "]" * 990, "[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000,
    '[{"":' * 50_000 + "[]" + "}]" * 50_000,
    '{"CustomerTransaction":' * 1000 + "1" + "}" * 1000,
]  # fmt: skip


@pytest.mark.parametrize("value", UNREADABLE, ids=lambda value: value[:25])
@pytest.mark.parametrize("name", ["Amount", "PickupGroupId", "Denominations"])
def test_an_unreadable_number_or_list_costs_its_row_only(name: str, value: str) -> None:
    if (name, value) in {("Denominations", "[]"), ("Denominations", "{}")}:
        return
    body = push_raw(row_raw(name, value))
    assert the_bad_row(body).position == 2
    assert_message_fits(read_message(body))


@pytest.mark.parametrize(
    "value",
    [value for value in UNREADABLE if value[0] not in '"t' and value not in {"[]", "{}", "9" * 41}],
    ids=lambda value: value[:25],
)
def test_an_unreadable_value_under_an_unknown_name_costs_its_row_only(value: str) -> None:
    assert the_bad_row(push_raw(row_raw("Odd", value))).position == 2


@pytest.mark.parametrize("wrapper", ['{"CustomerTransaction":%s}', "[%s]", '{"CustomerTransaction":[%s]}'])
@pytest.mark.parametrize("depth", [50, 300, 490, 950, 1000, 3000, 50_000])
def test_a_row_in_a_thousand_wrappers_costs_itself_only(wrapper: str, depth: int) -> None:
    opening, closing = wrapper.split("%s")
    assert the_bad_row(push_raw(opening * depth + json.dumps(DROP) + closing * depth)).position == 2


def test_several_bombs_cost_a_row_each() -> None:
    bomb = row_raw("Odd", "[" * 5000 + '"]"' + "]" * 5000)
    message = read_message(push_raw(bomb, json.dumps(row(UserName='between [ { \\ " ')), bomb))
    assert [bad.position for bad in message.bad_rows] == [2, 4]
    assert [record.user_name for record in message.records] == [None, 'between [ { \\ "', None]


def test_a_bomb_that_never_ends_is_a_body_that_is_not_json() -> None:
    with pytest.raises(BodyError, match="not JSON"):
        read_message(push_raw("[" * 100_000))


@pytest.mark.parametrize("broken", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc0\x80", b"A\x80B"])
@pytest.mark.parametrize("name", ["UserName", "SerialNumber", "TransactionType", "Odd", "DoorName"])
def test_bytes_that_are_not_utf_8_cost_their_row_only(name: str, broken: bytes) -> None:
    body = push_raw(row_raw(name, '"HERE"')).replace(b"HERE", broken)
    assert the_bad_row(body).position == 2
    assert_message_fits(read_message(body))


@pytest.mark.parametrize("broken", [b"\xff", b"\\ud800", b"\\u0000", b"\x00"])
def test_a_name_that_cannot_be_stored_costs_its_row_only(broken: bytes) -> None:
    for given in ('"HERE": 1', '"HERE": 1, "HERE": 2'):
        body = push_raw(f"{json.dumps(DROP)[:-1]}, {given}}}").replace(b"HERE", broken)
        assert the_bad_row(body).position == 2
        assert_message_fits(read_message(body))


@pytest.mark.parametrize("broken", [b"\x00", b"\\u0000", b"\\ud800", b"\xff"])
@pytest.mark.parametrize(
    "raw", [row_raw("Amount", '"HERE"'), row_raw("Denominations", '[{"UnitValue": 5, "Count": 1, "Currency": "HERE"}]')]
)
def test_a_sentence_that_quotes_what_was_sent_can_be_stored(raw: str, broken: bytes) -> None:
    body = push_raw(raw).replace(b"HERE", broken)
    assert "“" in the_bad_row(body).reason
    assert_message_fits(read_message(body))


@pytest.mark.parametrize("raw", ["a\nb", "a\tb", "a\rb"])
def test_a_raw_line_break_in_a_text_is_taken(raw: str) -> None:
    body = push(row(UserName="HERE")).replace(b"HERE", raw.encode())
    assert read_message(body).records[0].user_name == raw


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_every_encoding_json_may_have_reads_the_same(encoding: str) -> None:
    text = (SAMPLES / "push_mixed.json").read_text().replace("ANNA", "ANNÄ €")
    assert read_message(text.encode(encoding)) == read_message(text.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_a_lone_surrogate_costs_its_row_only_in_any_encoding(encoding: str) -> None:
    text = push_raw(json.dumps(row(UserName="\ud800"), ensure_ascii=False)).decode("utf-8", "surrogatepass")
    assert the_bad_row(text.encode(encoding, "surrogatepass")).position == 2


@pytest.mark.parametrize("body", [b"\xff\xfe{", b"\x00\x00\xfe\xff\x00\x11\x00\x00", b"\xfe\xff\x00"])
def test_a_broken_encoding_is_a_sentence(body: bytes) -> None:
    with pytest.raises(BodyError, match=r"looks like|not JSON"):
        read_message(body)


def test_a_bad_row_says_where_it_was_why_and_what_cash_it_speaks_of() -> None:
    bad = the_bad_row(push_raw(json.dumps({"serialNUMBER": " sr10042 ", "amount": "-75.50", "UserName": ["x"]})))
    assert (bad.position, bad.serial_number, bad.amount) == (2, "SR10042", Decimal("-75.50"))
    assert bad.reason == "“TransactionType” is missing."
    assert json.loads(bad.content)["UserName"] == ["x"]


@pytest.mark.parametrize("serial", ["ß" * 64, "\0" * 64, "\ud800" * 64, "x" * 65, "x" * 10_000, 5, None, ["x"]])
@pytest.mark.parametrize("amount", ["x", None, True, 10**10, "1e999", "\0", float("nan")])
def test_what_a_bad_row_says_of_itself_can_be_stored(serial: object, amount: object) -> None:
    assert_message_fits(read_message(push({"SerialNumber": serial, "Amount": amount})))


def test_the_content_of_a_huge_bad_row_is_cut() -> None:
    bad = the_bad_row(push_raw(json.dumps(row(SerialNumber="x" * 500_000))))
    assert 1000 < len(bad.content) <= 20_000


def test_one_bad_row_of_a_thousand_costs_one() -> None:
    rows = [row(UserName=str(n)) for n in range(1000)]
    rows[500]["Amount"] = "much"
    message = read_message(push(*rows))
    assert len(message.records) == 999
    assert [bad.position for bad in message.bad_rows] == [501]
    assert message.received == 1000


def test_a_bad_row_does_not_change_how_its_neighbours_read() -> None:
    for raw in ("NaN", "1e9999999999999999999", "9" * 5000, "[" * 5000 + "]" * 5000):
        body = push_raw(row_raw("Odd", raw), json.dumps(row(Amount=40.10, UserName="B", PickupGroupId=10**17)))
        assert read_message(body).records[1] == read(Amount=Decimal("40.10"), UserName="B", PickupGroupId=10**17)
