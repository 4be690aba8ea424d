"""Safe days read as the books have them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from safes.models import Site
from tests.api.reader import row, safe, site
from tests.factories import AdministratorFactory, FindingFactory
from tests.transactions.pushing import draw_all
from transactions.reconciliation.counts.keeping import Said, enter_count
from transactions.reconciliation.signing.acts import approve, prepare
from transactions.reconciliation.signing.standing import standing_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(loomis):
    """A safe with two days, and one elsewhere in another currency."""
    one = safe("SR1", site("S1"))
    safe("SR2", site("S2", currency="CAD", time_zone="America/Toronto"))
    named: dict[str, Any] = {"PickupGroupId": 7, "Denominations": None}
    loomis.push(
        row(SerialNumber="SR1", Amount=100.5, TransactionDateTime="2026-03-14T09:00:00", **named),
        row(SerialNumber="SR1", Amount=20, TransactionDateTime="2026-03-14T10:00:00",
            TransactionType="ManualCashTransaction", **named),
        row(SerialNumber="SR1", Amount=5, TransactionDateTime="2026-03-14T11:00:00", TransactionType="CoinDispense",
            **named),
        row(SerialNumber="SR1", Amount=120.5, TransactionDateTime="2026-03-15T09:00:00", TransactionType="Servicing",
            **named),
        row(SerialNumber="SR2", Amount=9, TransactionDateTime="2026-03-14T09:00:00", **named),
    )  # fmt: skip
    return one


def test_a_day_has_its_sums_its_balances_and_what_each_channel_told(reader, books):
    FindingFactory.create(safe=books, business_date=dt.date(2026, 3, 14))
    (day,) = reader.rows("safe-days", serial_number="sr1", business_date="2026-03-14")
    pk = day.pop("id")
    assert day == {
        "serial_number": "SR1", "site": "S1", "business_date": "2026-03-14", "status": "open", "currency": "USD",
        "validated": "100.50", "manual": "20.00", "dispensed": "5.00", "inventory_change": "-5.00",
        "picked_up": "0.00", "taken": "0.00", "change_ordered": "0.00", "opening": "0.00", "closing": "120.50",
        "inventory_opening": "0.00", "inventory_closing": "-5.00", "since_first_seen": True, "closed_at": None,
        "transaction_count": 3, "push_count": 3, "push_amount": "125.50", "file_count": 0, "file_amount": "0.00",
        "open_findings": 1,
    }  # fmt: skip
    assert reader.read(f"safe-days/{pk}") == {"id": pk, **day}
    (after,) = reader.rows("safe-days", serial_number="SR1", business_date_from="2026-03-15")
    figures = ("opening", "picked_up", "taken", "closing")
    assert [after[name] for name in figures] == ["120.50", "120.50", "120.50", "0.00"]


def test_a_counted_opening_is_what_a_day_opened_with(reader, books):
    with time_machine.travel("2026-03-20T12:00:00Z"):
        enter_count(books, Said("contents", "opening", dt.date(2026, 3, 15), "USD", Decimal(90)), None)
    draw_all()
    (day,) = reader.rows("safe-days", serial_number="SR1", business_date="2026-03-15")
    assert (day["opening"], day["since_first_seen"], day["taken"]) == ("90.00", False, "90.00")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"site": "s2"}, ["SR2 2026-03-14 CAD"]),
        ({"currency": "USD", "business_date_to": "2026-03-14"}, ["SR1 2026-03-14 USD"]),
        ({"business_date_from": "2026-03-15"}, ["SR1 2026-03-15 USD"]),
        ({"status": "open", "serial_number": "SR2"}, ["SR2 2026-03-14 CAD"]),
        ({"status": "signed"}, []),
    ],
)
def test_days_are_found_by_what_was_asked(reader, books, asked, found):
    days = reader.rows("safe-days", **asked)
    assert [f"{day['serial_number']} {day['business_date']} {day['currency']}" for day in days] == found


def test_days_are_signed_with_their_site(reader, books):
    carla, susan = AdministratorFactory.create(), AdministratorFactory.create()
    date, place = dt.date(2026, 3, 14), Site.objects.get(code="S1")
    prepare(place.pk, date, carla, standing_of(place.pk, date).seen, "No takings are told here.")
    for status in ("prepared", "signed"):
        if status == "signed":
            approve(place.pk, date, susan, standing_of(place.pk, date).seen)
        for days in ("safe-days", "site-days"):
            (day,) = reader.rows(days, status=status)
            assert (day["site"], day["business_date"], day["status"]) == ("S1", "2026-03-14", status)
            assert reader.read(f"{days}/{day['id']}")["status"] == status
            assert len(reader.rows(days, status="open")) == len(reader.rows(days)) - 1


@pytest.mark.parametrize("asked", [{"status": "closed"}, {"business_date": "yesterday"}, {"safe": "SR1"}])
def test_a_filter_that_is_not_understood_is_refused(reader, books, asked):
    reader.refused("safe-days", **asked)


def test_all_of_them_as_a_spreadsheet(reader, books):
    answer = reader.ask("safe-days", accept="text/csv")
    lines = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert sorted(line["closing"] for line in lines) == ["0.00", "120.50", "9.00"]


def test_a_day_that_is_not_there_is_said_so(reader, books):
    assert reader.ask("safe-days/999999").status_code == 404
