"""The shapes a push body may have. loomis-platformsync-api, "Payload"; DOMAIN.md section 1, "The wire"."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.transactions.wire.making import DROP, SAMPLES, push, row, wall
from transactions.wire.push_json import read_message
from transactions.wire.values import BodyError

ROW = json.dumps(DROP)
OTHER = json.dumps(row(UserName="B"))
THIRD = json.dumps(row(UserName="C"))


def users(body: str | bytes) -> list[str | None]:
    """The user names of a body's rows, all of them good."""
    message = read_message(body.encode() if isinstance(body, str) else body)
    assert message.bad_rows == []
    return [record.user_name for record in message.records]


def test_a_real_push_is_read_whole() -> None:
    message = read_message((SAMPLES / "push_mixed.json").read_bytes())
    assert message.message_id == "7f0c2b1e-5a41-4f0e-9a3c-0d5b8f3a1c22"
    assert message.metadata["CorrelationId"] == "0b6f3a55-2d0e-4f43-8f6d-6b7a1f0f9c10"
    assert message.bad_rows == []
    assert [(one.type, one.kind, one.amount, one.sent_offset, one.pickup_group_id) for one in message.records] == [
        ("CashIn", "validated", Decimal(1560), -300, 51200311),
        ("ManualCashTransaction", "manual", Decimal("75.25"), None, 51200311),
        ("DoorOpened", "audit", Decimal(0), None, None),
    ]
    drop, manual, door = message.records
    assert [denomination.text for denomination in drop.denominations] == ['["20",53,"USD"]', '["100",5,"USD"]']
    assert manual.local_time == wall("2026-03-14T11:56:25.571791")
    assert door.door_name == "Storage vault open"


@pytest.mark.parametrize(
    "body",
    [
        f'{{"CustomerTransaction": {ROW}, "CustomerTransaction": {OTHER}}}',
        f'{{"customertransaction": [{ROW}], "CustomerTransaction": {OTHER}}}',
        f'{{"CustomerTransaction": [{ROW}, {OTHER}]}}',
        f'{{"Transactions": [{ROW}], "Transactions": [{OTHER}]}}',
        f'{{"Transactions": [{ROW}], "transactions": [{OTHER}]}}',
        f'{{" TRANSACTIONS ": [{ROW}, {OTHER}]}}',
        f'{{"Transactions": {{"CustomerTransaction": {ROW}, "CustomerTransaction": {OTHER}}}}}',
        f'{{"Transactions": {{"CustomerTransaction": [{ROW}, {OTHER}]}}}}',
        f'{{"Transactions": [{{"CustomerTransaction": {ROW}}}, {{"CustomerTransaction": {OTHER}}}]}}',
        f'{{"Transactions": [{{"CustomerTransaction": {ROW}, "CustomerTransaction": {OTHER}}}]}}',
        f'{{"Transactions": [{ROW}, {{"customerTransaction": [{OTHER}]}}]}}',
        f'{{"Transactions": [{ROW}], "CustomerTransaction": {OTHER}}}',
        f'{{"Transactions": null, "CustomerTransaction": [{ROW}, {OTHER}]}}',
        f'{{"Else": [{THIRD}], "Transactions": [{ROW}, {OTHER}], "Key": "x"}}',
    ],
)
def test_every_row_is_found_in_its_order_whatever_wraps_it(body: str) -> None:
    assert users(body) == [None, "B"]


def test_audit_events_in_an_object_that_repeats_its_key_are_all_there() -> None:
    door = row(TransactionType="DoorOpened", Amount=0, PickupGroupId=0)
    entries = [f'"CustomerTransaction": {json.dumps({**door, "DoorName": f"door {n}"})}' for n in range(500)]
    message = read_message(f"{{{', '.join(entries)}}}".encode())
    assert [record.door_name for record in message.records] == [f"door {n}" for n in range(500)]


def test_no_rows_are_no_error() -> None:
    assert read_message(b'{"Transactions": []}').received == 0
    assert read_message(b'{"Metadata": {"MessageId": "a"}, "Transactions": []}').message_id == "a"


@pytest.mark.parametrize(
    "body",
    [
        "", " ", "null", "true", "5", '"Transactions"', "[]", f"[{ROW}]", "{}", '{"Metadata": {}}',
        '{"Transactions": null}',
        '{"Transactions": 5}', '{"Transactions": "x"}', '{"Transactions": true}', '{"Transactions": NaN}',
        '{"Transactions": {}}',
        f'{{"Transactions": {ROW}}}', '{"CustomerTransaction": 5}', '{"Transactions": {"a": []}}', ROW,
    ],
)  # fmt: skip
def test_a_body_of_the_wrong_shape_is_refused_with_a_sentence(body: str) -> None:
    with pytest.raises(BodyError, match=r"^The body |is not a list\.$"):
        read_message(body.encode())


@pytest.mark.parametrize(
    "body",
    [
        '{"Transactions": [', f'{{"Transactions": [{ROW}', f'{{"Transactions": [{ROW}]',
        f'{{"Transactions": [{ROW}]}} x',
        f'{{"Transactions": [{ROW}]}}{{"Transactions": [{ROW}]}}', f'{{"Transactions": [{ROW},]}}',
        f"{{'Transactions': [{ROW}]}}",
        f'{{"Transactions": [{ROW} {ROW}]}}', f'{{Transactions: [{ROW}]}}', '{"Transactions": [{"a": undefined}]}',
        '{"Transactions": [{"a": 01}]}', '{"Transactions": ["\\x"]}', '{"Transactions": ["\\u12"]}',
        f'\ufeff\ufeff{{"Transactions": [{ROW}]}}',
        '<Messages/>', 'Transactions=5',
    ],
)  # fmt: skip
def test_a_body_that_is_not_json_is_refused_with_a_sentence(body: str) -> None:
    with pytest.raises(BodyError, match="not JSON"):
        read_message(body.encode())


@pytest.mark.parametrize(
    "odd",
    ["5", "null", "[]", '"x"', "true", '{"CustomerTransaction": 5}', '{"CustomerTransaction": null}', "{}", '{"a": 1}'],
)
@pytest.mark.parametrize(
    "shape", ['{"Transactions": [%s, %s, %s]}', '{"CustomerTransaction": [%s, %s], "CustomerTransaction": %s}']
)
def test_an_entry_that_is_no_row_costs_no_other(odd: str, shape: str) -> None:
    message = read_message((shape % (ROW, odd, OTHER)).encode())
    assert [record.user_name for record in message.records] == [None, "B"]
    assert [bad.position for bad in message.bad_rows] == [2]


@pytest.mark.parametrize("odd", ["5", '"x"', "true", "{}", '{"a": []}'])
def test_transactions_of_no_shape_cost_none_of_those_beside_them(odd: str) -> None:
    message = read_message(
        f'{{"Transactions": [{ROW}], "Transactions": {odd}, "CustomerTransaction": {OTHER}}}'.encode()
    )
    assert [record.user_name for record in message.records] == [None, "B"]
    assert len(message.bad_rows) == 1


def test_more_rows_than_any_batch_are_read() -> None:
    assert users(push(*[row(UserName=str(n)) for n in range(3000)])) == [str(n) for n in range(3000)]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"MessageId": "ABC-1"}, "abc-1"),
        ({"messageid": " abc-1 "}, "abc-1"),
        ({"MESSAGEID": 17}, "17"),
        ({"CorrelationId": "x"}, None),
        ({"MessageId": None}, None),
        ({"MessageId": ""}, None),
        ({"MessageId": "  "}, None),
        ({"MessageId": True}, None),
        ({"MessageId": 1.5}, None),
        ({"MessageId": ["a"]}, None),
        ({"MessageId": {"a": 1}}, None),
        ({"MessageId": "\0"}, None),
        ({"MessageId": "\ud800"}, None),
        ({"MessageId": "x" * 200}, "x" * 200),
        ({"MessageId": "x" * 201}, None),
        ({"MessageId": "İ" * 200}, None),
        ({"MessageId": 10**60}, str(10**60)),
        ({"MessageId": None, "messageId": "b"}, "b"),
        ([], None),
        (None, None),
        (5, None),
        ("MessageId", None),
        ([{"MessageId": "a"}], None),
    ],
)
def test_the_message_id_is_a_short_text_in_any_case_or_none(metadata: Any, expected: str | None) -> None:
    message = read_message(push(DROP, Metadata=metadata))
    assert message.message_id == expected
    assert len(message.records) == 1


def test_metadata_may_be_missing_repeated_or_odd_and_costs_no_row() -> None:
    assert read_message(push(DROP)).message_id is None
    odd, repeated = '{"a": NaN, "MessageId": 1e400}', '{"MessageId": "x", "MessageId": "y"}'
    body = f'{{"metadata": {odd}, "Metadata": {repeated}, "Transactions": [{ROW}]}}'
    message = read_message(body.encode())
    assert (message.message_id, len(message.records)) == ("x", 1)


def test_endpoint_metadata_is_kept_as_texts() -> None:
    message = read_message(push(Metadata={"Region": " West ", "Level": 5, "Odd": [1], "None": None, "x" * 101: "y"}))
    assert message.metadata == {"Region": "West", "Level": "5"}
