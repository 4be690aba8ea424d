"""Lists over ten million rows: what limits them, and the indexes they go by."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from safes.admin.filters import DAYS_SHOWN
from safes.estate import place_safe
from safes.models import Safe
from tests.factories import AdministratorFactory, PushEndpointFactory, SiteFactory, body_of, cash_in, deliver
from tests.staff import page
from transactions.models import AuditEvent, Delivery, Transaction

pytestmark = pytest.mark.django_db

FILTERS = [
    {"pickup_group_id": "7"},
    {"user_name": "ANNA"},
    {"type": "CoinDispense"},
    {"kind__exact": "pickup"},
    {"register": "1"},
    {"serial_number": "SR10042"},
    {"site": "S1"},
    {"q": "7"},
    {"business_date_from": "long ago"},
    {"business_date_from": "0001-01-01"},
    {"business_date_from": ""},
    {"book": "all"},
    {"all": "1"},
]


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


def stored(*days_ago: int) -> None:
    place_safe("SR10042", SiteFactory.create(code="S1", time_zone="UTC"))
    for number, days in enumerate(days_ago):
        moment = timezone.now() - dt.timedelta(days=days, hours=1)
        row = cash_in(TransactionDateTime=f"{moment:%Y-%m-%dT%H:%M:%S}", PickupGroupId=number)
        deliver(PushEndpointFactory.create(), body_of(row))


def selects(staff, model, asked: dict[str, str]) -> list[str]:
    """What a list asks of its own table."""
    with CaptureQueriesContext(connection) as queries:
        assert staff.get(page(model, "changelist"), asked).status_code in (200, 302)
    return [one["sql"] for one in queries if f'FROM "{model._meta.db_table}"' in one["sql"]]


@pytest.mark.parametrize("asked", FILTERS, ids=str)
def test_no_filter_leads_out_of_the_last_31_days_by_oversight(staff, asked):
    stored(0, 400)
    begins = timezone.now().date() - dt.timedelta(days=DAYS_SHOWN)
    found = selects(staff, Transaction, asked)
    if asked != {"all": "1"}:  # Django turns away what it does not know
        assert found
    for sql in found:
        assert f"\"business_date\" >= '{begins}'::date" in sql


@pytest.mark.parametrize("model", [Transaction, AuditEvent])
def test_days_long_past_are_found_before_they_are_sorted_and_recent_ones_walked_to(staff, model):
    old = timezone.now().date() - dt.timedelta(days=400)
    past = selects(staff, model, {"business_date_from": f"{old}", "business_date_to": f"{old + dt.timedelta(days=30)}"})
    assert any('"id" + 0) DESC' in sql for sql in past)
    for recent in ({}, {"business_date_from": f"{old}"}, {"business_date_to": f"{timezone.now().date()}"}):
        assert not any('"id" + 0)' in sql for sql in selects(staff, model, recent))


@pytest.mark.parametrize("model", [Transaction, AuditEvent])
def test_many_rows_of_days_long_past_are_walked_to_by_their_dates(staff, model, monkeypatch):
    monkeypatch.setattr("transactions.admin.records.is_few", lambda rows: False)
    old = timezone.now().date() - dt.timedelta(days=400)
    past = selects(staff, model, {"business_date_from": f"{old}", "business_date_to": f"{old + dt.timedelta(days=30)}"})
    assert all('."business_date" DESC' in sql for sql in past if "ORDER BY" in sql)
    assert any("LIMIT 10001" in sql and '."business_date" DESC' in sql for sql in past)


def test_a_month_is_counted_from_its_newest_rows(staff):
    stored(0)
    (counted,) = [sql for sql in selects(staff, Transaction, {}) if "LIMIT 10001" in sql]
    assert '."id" DESC LIMIT 10001' in counted


def test_the_search_box_goes_by_the_index_of_a_safe_and_of_a_pickup(staff):
    stored(0, 0)
    by_safe = selects(staff, Transaction, {"q": " sr10042 "})
    assert not [sql for sql in by_safe if '"user_name"::text' in sql]
    assert [row.safe.serial_number for row in listed(staff, q="sr10042")] == ["SR10042", "SR10042"]
    by_group = selects(staff, Transaction, {"q": "1"})
    assert not [sql for sql in by_group if '"user_name"::text' in sql]
    assert [row.pickup_group_id for row in listed(staff, q="1")] == [1]


def test_the_search_box_finds_users_registers_and_references_in_any_case(staff):
    row = cash_in(
        TransactionDateTime=f"{timezone.now() - dt.timedelta(hours=30):%Y-%m-%dT%H:%M:%S}",
        UserName="Zoë Quinn",
        Register="LANE_5",
        DepositReferenceNumber="004711",
    )
    deliver(PushEndpointFactory.create(), body_of(row))
    for typed in ("zoë", "Zoë Q", "LANE_5", "lane_5", "004711"):
        assert len(listed(staff, q=typed)) == 1, typed
    for typed in ("Quinn", "LANE", "4711"):
        assert listed(staff, q=typed) == [], typed


def test_what_is_not_found_is_not_looked_for_twice(staff):
    stored(0)
    looked = [sql for sql in selects(staff, Transaction, {"q": "nobody"}) if '"user_name"::text' in sql]
    assert len(looked) == 1


def test_open_findings_of_safes_are_counted_for_the_safes_that_are_shown(staff):
    stored(0)
    (shown,) = [sql for sql in selects(staff, Safe, {}) if '"trials_alone"' in sql]
    assert "GROUP BY" not in shown.rpartition('FROM "safes_safe"')[2]


def listed(staff, **asked: str) -> list[Transaction]:
    return list(staff.get(page(Transaction, "changelist"), asked).context["cl"].result_list)


def test_days_long_past_are_listed_newest_first(staff):
    stored(401, 400, 402)
    old = timezone.now().date() - dt.timedelta(days=410)
    asked = {"business_date_from": f"{old}", "business_date_to": f"{old + dt.timedelta(days=20)}"}
    listed = [row.pk for row in staff.get(page(Transaction, "changelist"), asked).context["cl"].result_list]
    assert listed == sorted(listed, reverse=True)
    assert len(listed) == 3


def test_a_pickup_group_is_found_by_its_index_whatever_its_days(staff):
    stored(0, 0, 400)
    asked = {"pickup_group_id": "2", "business_date_from": "1990-01-01"}
    shown = staff.get(page(Transaction, "changelist"), asked).context["cl"]
    assert [row.pickup_group_id for row in shown.result_list] == [2]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {Transaction.objects.filter(pickup_group_id=2).order_by().query}")
        assert "transaction_by_pickup_group" in "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize("text", ["seven", "7.5", "٧", "9" * 40, "--", "\x00"])
def test_what_is_no_number_is_no_pickup_group(staff, text):
    stored(0)
    response = staff.get(page(Transaction, "changelist"), {"pickup_group_id": text})
    assert response.status_code == 302 or not response.context["cl"].result_list


def test_deliveries_keep_to_the_last_31_days_too(staff):
    old = deliver(PushEndpointFactory.create(), body_of(cash_in()), days_ago=60)
    for asked in ({}, {"status__exact": "accepted"}, {"channel__exact": "push"}, {"received_at_from": "never"}):
        assert old not in staff.get(page(Delivery, "changelist"), asked).context["cl"].result_list
