"""Transactions and audit events read as the contract says, whatever way they were spelt when they were pushed."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from tests.api.reader import Pusher, row, safe, site
from transactions.models import AuditEvent, Transaction

pytestmark = pytest.mark.django_db


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    assert len(rows) == 1
    return rows[0]


def test_a_transaction_has_the_fields_of_the_contract(reader, loomis):
    safe()
    said = loomis.push(
        {
            "SerialNumber": "sr10042",
            "TransactionDateTime": "2026-03-14T11:54:27.5717919",
            "RetrievedOn": "2026-03-14T18:00:00.25+01:00",
            "TransactionType": "ValidatedCashIn",
            "Amount": 1560,
            "UserName": "ANNA BECK",
            "Register": "0",
            "PickupGroupId": 51200311,
            "ChangePurchaseNumber": "CP-1",
            "DepositReferenceNumber": "000123",
            "Denominations": [
                {"UnitValue": 100, "Count": 15, "Currency": "USD"},
                {"UnitValue": 20.0, "Count": 3, "Currency": "USD"},
            ],
        }
    )
    shown = only(reader.rows("transactions"))
    seen = shown.pop("seen_by_push")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", seen)
    # Their order is that of the catalogue of a reading, not of the push.
    denominations = sorted(shown.pop("denominations"), key=lambda one: one["count"])
    assert denominations == [
        {"unit_value": "20.00", "count": 3, "currency": "USD"},
        {"unit_value": "100.00", "count": 15, "currency": "USD"},
    ]
    assert shown == {
        "id": Transaction.objects.get().pk,
        "serial_number": "SR10042",
        "site": "S001",
        "pickup_group_id": 51200311,
        "type": "CashIn",
        "wire_type": "ValidatedCashIn",
        "kind": "validated",
        "user_name": "ANNA BECK",
        "amount": "1560.00",
        "currency": "USD",
        "register": "0",
        "change_purchase_number": "CP-1",
        "deposit_reference_number": "000123",
        "tube_column": None,
        "tube_count": None,
        "local_time": "2026-03-14T11:54:27.571791",
        "occurred_at": "2026-03-14T16:54:27.571791Z",
        "time_note": None,
        "retrieved_on": "2026-03-14T17:00:00.250000Z",
        "occurrence": 1,
        "business_date": "2026-03-14",
        "seen_by_file": None,
        "push_delivery": said["delivery"],
        "file_delivery": None,
        "environment": "production",
        "counted": True,
    }


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (1560, "1560.00"),
        (12.5, "12.50"),
        (0.0001, "0.0001"),
        (0.125, "0.125"),
        ("100.1000", "100.10"),
        (-5, "-5.00"),
        (-0.0, "0.00"),
        (9999999999.9999, "9999999999.9999"),
    ],
)
def test_money_has_two_decimals_and_no_more_zeros_than_it_needs(reader, loomis, sent, shown):
    loomis.push(row(Amount=sent, Denominations=None))
    assert only(reader.rows("transactions"))["amount"] == shown


def test_a_unit_value_is_money_too(reader, loomis):
    loomis.push(row(Amount=1, Denominations=[{"UnitValue": 0.005, "Count": 200, "Currency": "USD"}]))
    shown = only(reader.rows("transactions"))
    assert shown["denominations"] == [{"unit_value": "0.005", "count": 200, "currency": "USD"}]


def test_a_close_has_no_cash_and_no_denominations(reader, loomis):
    loomis.push({"SerialNumber": "A", "TransactionDateTime": "2026-03-14T23:00:00", "TransactionType": "EndOfDay"})
    shown = only(reader.rows("transactions"))
    assert (shown["kind"], shown["amount"], shown["denominations"]) == ("marker", "0.00", [])


def test_of_a_safe_that_stands_nowhere_no_instant_is_told(reader, loomis):
    loomis.push(row(Denominations=None))
    shown = only(reader.rows("transactions"))
    assert shown["local_time"] == "2026-03-14T08:30:00"
    assert (shown["occurred_at"], shown["currency"], shown["site"]) == (None, None, None)


def test_an_hour_that_came_twice_is_noted(reader, loomis):
    safe()
    loomis.push(row(TransactionDateTime="2026-11-01T01:30:00"))
    shown = only(reader.rows("transactions"))
    assert (shown["occurred_at"], shown["time_note"]) == ("2026-11-01T06:30:00Z", "repeated")


def test_genuine_twins_are_two_rows(reader, loomis):
    loomis.push(row(), row())
    assert sorted(shown["occurrence"] for shown in reader.rows("transactions")) == [1, 2]


def test_an_audit_event_is_in_a_list_of_its_own(reader, loomis):
    safe()
    said = loomis.push(
        row(TransactionType="DoorOpened", DoorName="Top", Amount=None, Denominations=None), row(), message_id=None
    )
    shown = only(reader.rows("audit-events"))
    shown.pop("seen_by_push")
    assert shown == {
        "id": AuditEvent.objects.get().pk,
        "serial_number": "SR10042",
        "site": "S001",
        "type": "DoorOpened",
        "wire_type": "DoorOpened",
        "user_name": "ANNA",
        "door_name": "Top",
        "local_time": "2026-03-14T08:30:00",
        "occurred_at": "2026-03-14T13:30:00Z",
        "time_note": None,
        "retrieved_on": None,
        "occurrence": 1,
        "business_date": "2026-03-14",
        "seen_by_file": None,
        "push_delivery": said["delivery"],
        "file_delivery": None,
        "environment": "production",
        "counted": True,
    }
    assert [one["type"] for one in reader.rows("transactions")] == ["CashIn"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_single_transaction_reads_as_in_the_list(reader, loomis, slash):
    loomis.push(row())
    shown = only(reader.rows(f"transactions{slash}"))
    assert reader.read(f"transactions/{shown['id']}{slash}") == shown


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_single_audit_event_reads_as_in_the_list(reader, loomis, slash):
    loomis.push(row(TransactionType="Login", Amount=None, Denominations=None))
    shown = only(reader.rows(f"audit-events{slash}"))
    assert shown["type"] == "Logon"
    assert reader.read(f"audit-events/{shown['id']}{slash}") == shown


def test_test_endpoints_are_in_books_of_their_own(reader, loomis):
    Pusher("trial", environment="test").push(row(1))
    loomis.push(row(2))
    assert only(reader.rows("transactions"))["environment"] == "production"
    tried = only(reader.rows("transactions", environment="test"))
    assert tried["environment"] == "test"
    assert reader.read(f"transactions/{tried['id']}") == tried


def test_what_does_not_count_is_left_out_unless_asked_for(reader, loomis):
    loomis.push(row(1), row(2))
    withdrawn = Transaction.objects.order_by("pk")[0]
    Transaction.objects.filter(pk=withdrawn.pk).update(counted=False)
    assert only(reader.rows("transactions"))["id"] != withdrawn.pk
    assert only(reader.rows("transactions", counted="false"))["id"] == withdrawn.pk
    assert reader.read(f"transactions/{withdrawn.pk}")["counted"] is False


def test_a_row_has_the_site_where_its_safe_stood_on_its_date(reader, loomis):
    old, new = site("OLD"), site("NEW")
    moved = safe(at=old)
    safe(moved.serial_number, new, starts_on=dt.date(2026, 3, 15))
    loomis.push(row(1), row(2, TransactionDateTime="2026-03-15T00:00:00"))
    by_time = {shown["local_time"][:10]: shown["site"] for shown in reader.rows("transactions")}
    assert by_time == {"2026-03-14": "OLD", "2026-03-15": "NEW"}
