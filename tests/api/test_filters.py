"""Each filter finds what it says, and no filter is passed over."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from safes.models import Finding
from tests.api.reader import Pusher, row, safe, site
from tests.factories import FindingFactory

pytestmark = pytest.mark.django_db

LISTS = ["sites", "safes", "transactions", "audit-events", "deliveries", "findings"]


@pytest.fixture
def books(loomis):
    """Six rows, each the only one of its kind; the cursor of a reader finds them by their second."""
    here, there = site("HERE"), site("There", "Europe/Vienna", currency="EUR")
    safe("SR10042", here)
    safe("MOVED", there)
    safe("MOVED", here, starts_on=dt.date(2026, 3, 20))
    loomis.push(
        row(1, Amount=-5),
        row(2, TransactionType="ManualCashTransaction", UserName="BORIS", Amount=100.5),
        row(3, TransactionType="ChangePurchase", ChangePurchaseNumber="CP-9", Amount=300),
        row(4, SerialNumber="moved", PickupGroupId=99, DepositReferenceNumber="D-4", Denominations=None),
        row(5, SerialNumber="moved", Register="7", TransactionDateTime="2026-03-20T08:30:05"),
        row(6, TransactionType="CoinOp", PickupGroupId=None, Register=None),
    )


def seconds(rows: list[dict[str, Any]]) -> list[int]:
    return sorted(int(shown["local_time"][-2:]) for shown in rows)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"serial_number": "SR10042"}, [1, 2, 3, 6]),
        ({"serial_number": " moved "}, [4, 5]),
        ({"serial_number": "nobody"}, []),
        ({"site": "HERE"}, [1, 2, 3, 5, 6]),
        ({"site": "there"}, [4]),
        ({"site": "NOWHERE"}, []),
        ({"type": "CashIn"}, [1, 4, 5]),
        ({"type": "ValidatedCashIn"}, [1, 4, 5]),
        ({"type": "changerequest"}, [3]),
        ({"type": "CoinOp"}, [6]),
        ({"wire_type": "ChangePurchase"}, [3]),
        ({"kind": "manual"}, [2]),
        ({"kind": "unknown"}, [6]),
        ({"business_date": "2026-03-20"}, [5]),
        ({"business_date_from": "2026-03-15"}, [5]),
        ({"business_date_to": "2026-03-14"}, [1, 2, 3, 4, 6]),
        ({"business_date_from": "2026-03-14", "business_date_to": "2026-03-20"}, [1, 2, 3, 4, 5, 6]),
        ({"pickup_group_id": "99"}, [4]),
        ({"register": "7"}, [5]),
        ({"user_name": "BORIS"}, [2]),
        ({"change_purchase_number": "CP-9"}, [3]),
        ({"deposit_reference_number": "D-4"}, [4]),
        ({"currency": "EUR"}, [4]),
        ({"amount_min": "100.5"}, [2, 3]),
        ({"amount_max": "-5"}, [1]),
        ({"amount_min": "20", "amount_max": "100.5"}, [2, 4, 5, 6]),
        ({"occurred_from": "2026-03-14T13:30:02Z", "occurred_to": "2026-03-14T13:30:03Z"}, [2]),
        ({"occurred_from": "2026-03-14T08:30:02-05:00", "occurred_to": "2026-03-14T14:30:03+01:00"}, [2]),
        ({"serial_number": "MOVED", "register": "1"}, [4]),
    ],
)
def test_transactions_are_found(reader, books, asked, found):
    assert seconds(reader.rows("transactions", **asked)) == found


def test_a_plus_sign_that_was_not_escaped_is_understood(reader, books):
    address = "/api/v1/transactions?occurred_from=2026-03-14T14:30:02+01:00&occurred_to=2026-03-14T13:30:03Z"
    assert seconds(reader.rows(address)) == [2]


def test_audit_events_are_found(reader, loomis):
    safe()
    event = {"Amount": None, "Denominations": None}
    loomis.push(row(1, TransactionType="DoorOpened", DoorName="Top", **event), row(2, TransactionType="Login", **event))
    for asked in ({"type": "Login"}, {"type": "Logon"}):
        assert seconds(reader.rows("audit-events", **asked)) == [2]
    assert seconds(reader.rows("audit-events", door_name="Top")) == [1]
    assert seconds(reader.rows("audit-events", serial_number="sr10042", site="s001", user_name="ANNA")) == [1, 2]
    assert seconds(reader.rows("audit-events", business_date="2026-03-15")) == []


def test_deliveries_are_found(reader, loomis):
    first = loomis.push(row(1))["delivery"]
    body = b"no json at all"
    bad, again = loomis.push_body(body)["delivery"], loomis.push_body(body)["delivery"]
    tried = Pusher("trial", environment="test").push(row(1))["delivery"]

    def ids(**asked: Any) -> list[int]:
        return [shown["id"] for shown in reader.rows("deliveries", order="asc", **asked)]

    assert ids() == [first, bad, again, tried]
    assert ids(channel="push") == [first, bad, again, tried]
    assert ids(channel="file") == []
    assert ids(status="quarantined") == [bad]
    assert ids(status="duplicate") == [again]
    assert ids(endpoint="trial") == ids(environment="test") == [tried]
    middle = reader.read(f"deliveries/{again}")["received_at"]
    assert ids(received_to=middle) == [first, bad]
    assert ids(received_from=middle) == [again, tried]


def test_findings_are_found(reader):
    here = site("HERE")
    stands = safe("SR1", here)
    one = FindingFactory.create(kind="possible_twin", safe=stands, business_date=dt.date(2026, 3, 14)).pk
    two = FindingFactory.create(kind="unknown_type", safe=stands, severity="critical").pk
    three = FindingFactory.create(kind="rejected_push").pk

    def ids(**asked: Any) -> list[int]:
        return [shown["id"] for shown in reader.rows("findings", order="asc", **asked)]

    assert ids() == [one, two, three]
    assert ids(kind="possible_twin") == ids(business_date="2026-03-14") == [one]
    assert ids(state="open") == [one, two, three]
    assert ids(state="closed") == []
    assert ids(severity="critical") == [two]
    assert ids(serial_number="sr1") == ids(site="here") == [one, two]
    assert ids(business_date_from="2026-03-15") == []
    opened = Finding.objects.get(pk=two).opened_at.isoformat()
    assert ids(opened_to=opened) == [one]
    assert ids(opened_from=opened) == [two, three]


def test_safes_and_sites_are_found(reader, books):
    def serials(**asked: Any) -> list[str]:
        return sorted(shown["serial_number"] for shown in reader.rows("safes", **asked))

    assert serials() == serials(status="active") == ["MOVED", "SR10042"]
    assert serials(serial_number="moved") == ["MOVED"]
    assert serials(site="here") == ["MOVED", "SR10042"]
    assert serials(site="there") == []
    assert [shown["code"] for shown in reader.rows("sites", code="there")] == ["There"]
    assert [shown["code"] for shown in reader.rows("sites", currency="usd")] == ["HERE"]
    assert [shown["code"] for shown in reader.rows("sites", time_zone="Europe/Vienna")] == ["There"]


@pytest.mark.parametrize("path", LISTS)
def test_an_unknown_filter_is_named(reader, path):
    said = reader.refused(path, colour="red")
    assert set(said["errors"]) == {"colour"}
    assert said["detail"].startswith("colour: There is no such filter here; there are ")


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("transactions", "business_date", "14.03.2026"),
        ("transactions", "business_date", "2026-02-30"),
        ("transactions", "business_date_from", "20260314"),
        ("transactions", "amount_min", "lots"),
        ("transactions", "amount_max", "NaN"),
        ("transactions", "amount_min", "1e400000"),
        ("transactions", "amount_min", "0.00001"),
        ("transactions", "kind", "gold"),
        ("transactions", "pickup_group_id", "7.5"),
        ("transactions", "pickup_group_id", "9" * 30),
        ("transactions", "occurred_from", "2026-03-14T08:30:00"),
        ("transactions", "occurred_to", "yesterday"),
        ("transactions", "occurred_to", "0001-01-01T00:00:00+14:00"),
        ("transactions", "serial_number", "x" * 65),
        ("transactions", "serial_number", "a\x00b"),
        ("transactions", "user_name", "a\x00b"),
        ("transactions", "site", "a\x00b"),
        ("transactions", "environment", "staging"),
        ("transactions", "counted", "maybe"),
        ("transactions", "counted", "1"),
        ("transactions", "register", ""),
        ("transactions", "order", "sideways"),
        ("transactions", "page_size", "0"),
        ("transactions", "page_size", "1001"),
        ("transactions", "page_size", "-1"),
        ("transactions", "page_size", "ten"),
        ("transactions", "page_size", "²"),
        ("audit-events", "business_date_to", "soon"),
        ("deliveries", "channel", "pigeon"),
        ("deliveries", "status", "lost"),
        ("deliveries", "received_from", "2026-03-14"),
        ("findings", "state", "ajar"),
        ("findings", "severity", "dire"),
        ("safes", "status", "gone"),
    ],
)
def test_a_malformed_filter_is_named(reader, path, name, value):
    said = reader.refused(path, **{name: value})
    assert set(said["errors"]) == {name}
    assert said["detail"].startswith(f"{name}: ")


def test_everything_that_is_wrong_is_named_at_once(reader):
    said = reader.refused("transactions", colour="red", kind="gold", business_date="soon")
    assert set(said["errors"]) == {"colour", "kind", "business_date"}


def test_a_filter_given_twice_is_named(reader):
    answer = reader.client.get("/api/v1/transactions?type=CashIn&type=Servicing", headers=reader.authorization)
    assert "type: Given more than once" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("first", "last", "earlier", "later"),
    [
        ("business_date_from", "business_date_to", "2026-03-14", "2026-03-15"),
        ("amount_min", "amount_max", "1", "2"),
        ("occurred_from", "occurred_to", "2026-03-14T00:00:00Z", "2026-03-15T00:00:00Z"),
    ],
)
def test_a_range_the_wrong_way_round_is_named(reader, first, last, earlier, later):
    said = reader.refused("transactions", **{first: later, last: earlier})
    assert set(said["errors"]) == {last}
