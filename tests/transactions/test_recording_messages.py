"""Bodies, messages, endpoints and rulings: what counts, and how often. DOMAIN.md section 1, "Identity"."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from safes.estate import add_site, place_safe
from tests.transactions.pushing import counted, drop, endpoint, open_findings, say
from transactions.models import AuditEvent, Message, Ruling, Transaction
from transactions.recording.rows import Key
from transactions.recording.rulings import rule, withdraw_ruling

pytestmark = pytest.mark.django_db

A, B = "08:00:01", "08:00:02"
TWIN = ("possible_twin", "SR10042 2026-03-14")


def key() -> Key:
    row = Transaction.objects.filter(occurrence=1).earliest("local_time")
    return row.safe_id, row.local_time, bytes(row.key_digest)


def test_of_several_bodies_of_a_message_the_one_with_most_copies_counts():
    shown = endpoint()
    for copies in (1, 3, 2):
        say(shown, [drop(1)] * copies, "m-1")
    assert counted() == [A] * 3
    assert Message.objects.count() == 1
    assert TWIN not in open_findings()


def test_the_same_message_id_at_another_endpoint_is_another_message():
    say(endpoint(), [drop(1)], "m-1")
    say(endpoint("other"), [drop(1)], "m-1", name="other")
    assert Message.objects.count() == 2
    assert counted() == [A]


def test_a_test_endpoint_never_reaches_the_books():
    trial = endpoint("trial", environment="test")
    say(trial, [drop(1), drop(1), drop(2, TransactionType="FooBar"), drop(3, TransactionType="EndOfDay")], name="trial")
    say(trial, [drop(1)], name="trial")
    assert {row.book for row in Transaction.objects.all()} == {2}
    assert open_findings() == {}
    say(endpoint(), [drop(1), drop(4)])
    books = Transaction.objects.filter(book=1).order_by("local_time")
    assert [(row.occurrence, str(row.business_date)) for row in books] == [(1, "2026-03-14"), (1, "2026-03-14")]
    assert open_findings() == {("unknown_safe", "SR10042"): Decimal(80)}


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_a_ruling_replaces_what_is_stored_and_can_be_withdrawn(count):
    shown = endpoint()
    say(shown, [drop(1), drop(1)])
    say(shown, [drop(1)])
    assert open_findings()[TWIN] == Decimal(40)
    ruling = rule(key(), count, "The site has counted.", None)
    assert counted() == [A] * count
    assert TWIN not in open_findings()
    assert open_findings()["unknown_safe", "SR10042"] == Decimal(40) * count
    withdraw_ruling(ruling, None)
    assert counted() == [A] * 2
    assert open_findings()[TWIN] == Decimal(40)
    assert Ruling.objects.get().count == count


def test_a_ruling_holds_against_messages_that_come_later():
    shown = endpoint()
    say(shown, [drop(1)])
    rule(key(), 1, "One bag.", None)
    say(shown, [drop(1), drop(1), drop(1)])
    assert counted() == [A]


def test_a_ruling_above_what_is_stored_is_no_reason_to_add_what_then_comes():
    shown = endpoint()
    say(shown, [drop(1)])
    rule(key(), 3, "Three bags.", None)
    say(shown, [drop(1), drop(1)])
    assert counted() == [A] * 3


def test_a_later_ruling_takes_the_place_of_an_earlier_one():
    say(endpoint(), [drop(1)])
    for count in (4, 0, 2):
        rule(key(), count, "On second thoughts.", None)
    assert counted() == [A] * 2
    assert Ruling.objects.filter(withdrawn_at__isnull=True).count() == 1


def test_a_close_that_is_ruled_out_closes_nothing():
    say(endpoint(), [drop(1, TransactionType="EndOfDay"), drop(2)])
    late = Transaction.objects.get(type="CashIn")
    assert str(late.business_date) == "2026-03-15"
    ruling = rule(key(), 0, "It was a test of the button.", None)
    late.refresh_from_db()
    assert str(late.business_date) == "2026-03-14"
    withdraw_ruling(ruling, None)
    late.refresh_from_db()
    assert str(late.business_date) == "2026-03-15"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
@pytest.mark.parametrize(
    ("sent", "hour"),
    [
        (("", "-06:00", "-04:00"), 12),  # the smallest number of those that came
        (("", "-05:00", "-04:00"), 11),  # the one that agrees with Chicago in summer time
        (("", "", "Z"), 6),  # the only one
        (("", "", ""), 11),
    ],
)
def test_of_several_offsets_the_zone_s_own_wins_else_the_smallest(order, sent, hour):
    place_safe("SR10042", add_site("CHI", name="Chicago", time_zone="America/Chicago"))
    shown = endpoint()
    for number in order:
        say(shown, [drop(1, TransactionDateTime=f"2026-07-14T06:00:00{sent[number]}")])
    assert Transaction.objects.get().occurred_at == dt.datetime(2026, 7, 14, hour, tzinfo=dt.UTC)


def test_audit_events_have_a_table_of_their_own_and_the_same_law():
    shown = endpoint()
    row = drop(1, TransactionType="Login")
    say(shown, [row, row | {"TransactionType": "Logon"}])
    say(shown, [row])
    assert AuditEvent.objects.count() == 2
    assert Transaction.objects.count() == 0
    assert TWIN not in open_findings()


def test_equal_records_in_other_words_are_equal():
    shown = endpoint()
    say(shown, [drop(1)])
    again = {
        "serialnumber": " sr10042 ",
        "TRANSACTIONDATETIME": "2026-03-14T08:00:01.0000000",
        "TransactionType": "ValidatedCashIn",
        "Amount": "40.0000",
        "UserName": "ANNA BECK ",
        "PickupGroupId": "51200311",
        "Register": "0",
        "DepositReferenceNumber": "",
        "RetrievedOn": "2020-01-01T00:00:00Z",
    }
    assert say(shown, [again]).known == 1
    assert counted() == [A]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SerialNumber", "SR10043"),
        ("TransactionDateTime", "2026-03-14T08:00:01.000001"),
        ("TransactionType", "ManualCashTransaction"),
        ("UserName", "ANNA B"),
        ("Amount", 40.01),
        ("Denominations", [{"UnitValue": 40, "Count": 1}]),
        ("Register", None),
        ("PickupGroupId", 0),
        ("ChangePurchaseNumber", "1"),
        ("DepositReferenceNumber", "1"),
        ("DoorName", "x"),
        ("TubeColumn", "1"),
        ("TubeCount", "1"),
    ],
)
def test_a_record_that_differs_in_any_part_of_the_key_is_another(name, value):
    shown = endpoint()
    say(shown, [drop(1)])
    assert say(shown, [drop(1) | {name: value}]).created == 1
