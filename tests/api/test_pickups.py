"""/api/v1/pickups: what integrators read of pickups."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest

from safes.estate import place_safe
from tests.factories import SiteFactory
from tests.transactions.holding.telling import Sender, came, fetched, now, opening, placed
from tests.transactions.pushing import draw_all
from transactions.models import Pickup
from transactions.reconciliation.pickups.slips import Slip, keep_slip

pytestmark = pytest.mark.django_db


@pytest.fixture
def week(reader):
    """Three groups and a servicing without one."""
    with now():
        safe = placed()
        opening(safe, "100.00")
        Sender().tells(
            came("14 09:00", "40.00", PickupGroupId=1),
            came("14 10:00", "5.50", PickupGroupId=1, TransactionType="ManualCashTransaction"),
            fetched("14 12:00", "145.50", PickupGroupId=1),
            came("15 09:00", "30.00", PickupGroupId=2),
            fetched("15 12:00", "20.00", PickupGroupId=2),
            came("16 09:00", "7.00", PickupGroupId=None),
            fetched("16 12:00", "7.00", PickupGroupId=None),
            came("17 09:00", "8.00", PickupGroupId=3),
        )
        draw_all()
        yield reader


def test_a_pickup_is_read_with_all_that_is_known_of_it(week):
    pickup = Pickup.objects.get(pickup_group_id=1)
    keep_slip(pickup.pk, Slip(["B-1", "B-2"], "R 77", Decimal("145.00"), "the bank"), None)
    (row,) = week.rows("pickups", pickup_group_id="1")
    assert row == week.read(f"pickups/{pickup.pk}")
    assert row == {
        "id": pickup.pk,
        "serial_number": "SR10042",
        "site": "S1",
        "pickup_group_id": 1,
        "currency": "USD",
        "opened_at": "2026-03-14T14:00:00Z",
        "opened_local_time": "2026-03-14T09:00:00",
        "serviced_at": "2026-03-14T17:00:00Z",
        "serviced_local_time": "2026-03-14T12:00:00",
        "business_date": "2026-03-14",
        "servicing_count": 1,
        "validated": "40.00",
        "manual": "5.50",
        "counted_opening": "100.00",
        "content": "145.50",
        "reported_amount": "145.50",
        "counted_amount": "145.00",
        "variance": "0.00",
        "status": "agreed",
        "bag_numbers": ["B-1", "B-2"],
        "receipt_number": "R 77",
    }


def test_an_open_pickup_has_null_where_nothing_is_known_yet(week):
    (row,) = week.rows("pickups", status="open")
    assert (row["pickup_group_id"], row["content"]) == (3, "8.00")
    unknown = ("serviced_at", "serviced_local_time", "business_date", "reported_amount", "counted_amount", "variance")
    assert {row[name] for name in (*unknown, "receipt_number")} == {None}
    assert row["bag_numbers"] == []


def test_pickups_are_found_by_what_they_are_asked_for(week):
    def groups(**asked: str) -> list[int | None]:
        return [row["pickup_group_id"] for row in week.rows("pickups", order="asc", **asked)]

    assert sorted(groups(), key=str) == [1, 2, 3, None]
    assert groups(status="differs") == [2]
    assert groups(business_date="2026-03-16") == [None]
    assert groups(business_date_from="2026-03-15", business_date_to="2026-03-15") == [2]
    assert groups(currency="CAD") == groups(site="S9") == groups(serial_number="XX") == []
    assert len(groups(site="s1", serial_number="sr10042", currency="USD")) == 4


def test_a_pickup_is_at_the_site_of_its_date(week):
    with now():
        place_safe("SR10042", SiteFactory.create(code="S2"), starts_on=dt.date(2026, 3, 16))
    sites = {row["pickup_group_id"]: row["site"] for row in week.rows("pickups")}
    assert sites == {1: "S1", 2: "S1", None: "S2", 3: "S2"}
    assert {row["pickup_group_id"] for row in week.rows("pickups", site="S2")} == {None, 3}


@pytest.mark.parametrize(
    ("name", "value"),
    [("status", "lost"), ("business_date", "14.3.2026"), ("pickup_group_id", "1e400"), ("group", "1"), ("site", "")],
)
def test_a_filter_that_is_not_understood_is_refused(reader, name, value):
    assert name in str(reader.refused("pickups", **{name: value}))


def test_pickups_come_as_a_spreadsheet_too(week):
    answer = week.ask("pickups", accept="text/csv")
    text = b"".join(answer.streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sorted(row["content"] for row in rows) == ["145.50", "30.00", "7.00", "8.00"]
    assert {row["bag_numbers"] for row in rows} == {"[]"}


def test_a_page_of_pickups_costs_few_queries(week, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        week.rows("pickups")
