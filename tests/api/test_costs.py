"""What a list costs: a handful of queries however long it is, by the indexes, and never a count of everything."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from safes.api import pagination
from tests.api.reader import row, safe, site
from tests.factories import FindingFactory, SafeFactory, UserFactory

pytestmark = pytest.mark.django_db

MOST = 4


@pytest.fixture
def full(loomis):
    """Twelve safes at four sites, one of which moved, with rows and findings of each, and a few deliveries."""
    event: dict[str, Any] = {"TransactionType": "Login", "Amount": None, "Denominations": None}
    sites = [site(f"S{number}") for number in range(4)]
    rows = []
    for number in range(12):
        one = safe(f"A{number}", sites[number % 4])
        rows += [row(SerialNumber=one.serial_number), row(SerialNumber=one.serial_number, **event)]
        FindingFactory.create(safe=one, owner=UserFactory.create(), business_date=dt.date(2026, 3, 14))
    for _ in range(4):
        loomis.push(*rows)
    safe("A1", sites[3], starts_on=dt.date(2026, 3, 20))


def queries(reader: Any, path: str, **asked: Any) -> list[str]:
    reader.rows("sites")  # whose use is noted once a minute
    with CaptureQueriesContext(connection) as seen:
        assert reader.rows(path, page_size=30, **asked)
    return [one["sql"] for one in seen]


@pytest.mark.parametrize(
    "path",
    ["sites", "safes", "transactions", "audit-events", "deliveries", "findings", "safe-days", "site-days", "pickups"],
)
def test_a_list_takes_a_handful_of_queries(reader, full, path):
    assert len(queries(reader, path)) <= MOST


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("safes", {"status": "active"}),
        ("transactions", {"serial_number": "A1"}),
        ("transactions", {"business_date_from": "2026-03-01", "business_date_to": "2026-03-31", "type": "CashIn"}),
        ("audit-events", {"business_date": "2026-03-14"}),
        ("deliveries", {"endpoint": "loomis", "status": "accepted"}),
        ("findings", {"state": "open", "kind": "unknown_safe"}),
    ],
)
def test_a_narrowed_list_does_too(reader, full, path, asked):
    FindingFactory.create(kind="unknown_safe", safe=SafeFactory.create())
    assert len(queries(reader, path, **asked)) <= MOST


@pytest.mark.parametrize("path", ["safes", "transactions", "findings"])
def test_a_site_takes_one_query_more(reader, full, path):
    assert len(queries(reader, path, site="S3")) <= MOST + 1


def test_more_rows_take_no_more_queries(reader, full):
    few = queries(reader, "transactions", serial_number="A1")
    many = queries(reader, "transactions", type="CashIn")
    assert len(few) == len(many)


def test_nothing_is_counted(reader, full):
    for path in ("transactions", "deliveries", "findings"):
        assert not [sql for sql in queries(reader, path) if "COUNT(" in sql.upper()]


def test_few_matches_are_found_first_and_many_as_they_come(reader, full, monkeypatch):
    def order() -> str:
        return queries(reader, "transactions", type="CashIn")[-2].rpartition("ORDER BY")[2]

    assert "+ 0" in order()
    monkeypatch.setattr(pagination, "_FEW", -1)
    assert "+ 0" not in order()
