"""What is in a safe now: by denomination, manual drops apart, the inventory by itself."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from safes.models import Safe
from tests.factories import AdministratorFactory
from tests.staff import page
from tests.transactions.holding.telling import came, fetched, opening
from tests.transactions.pushing import draw_all
from transactions.models import SafeDay
from transactions.reconciliation.contents.adding_up import Contents
from transactions.reconciliation.contents.now import contents_of
from transactions.reconciliation.counts.keeping import withdraw_count

pytestmark = pytest.mark.django_db


def notes(**of: int) -> list[dict[str, Any]]:
    """notes(n20=2): two twenties."""
    return [{"UnitValue": float(unit[1:]), "Count": count, "Currency": "USD"} for unit, count in of.items()]


def now_in(safe: Safe) -> Contents:
    draw_all()
    (found,) = contents_of([safe.pk])[safe.pk]
    closing = SafeDay.objects.filter(safe=safe, currency=found.currency).order_by("-business_date").first()
    assert closing is not None
    assert (found.total, found.inventory) == (closing.closing, closing.inventory_closing)
    return found


def test_what_no_servicing_took_is_in_the_safe(safe, loomis):
    loomis.tells(
        came("10 09:00", "40.00", PickupGroupId=1, Denominations=notes(n20=2)),
        fetched("10 12:00", "40.00", PickupGroupId=1),
        came("11 09:00", "45.00", PickupGroupId=2, Denominations=notes(n20=2, n5=1)),
        came("12 09:00", "20.00", PickupGroupId=2, Denominations=notes(n20=1)),
        came("12 10:00", "3.00", PickupGroupId=2, Denominations=None),
        came("12 11:00", "9.50", PickupGroupId=2, TransactionType="ManualCashTransaction"),
    )
    found = now_in(safe)
    assert found.pieces == [(Decimal(5), 1), (Decimal(20), 3)]
    assert (found.validated, found.manual, found.counted) == (Decimal(68), Decimal("9.5"), Decimal(0))
    assert found.without_pieces == 3
    assert found.since == dt.date(2026, 3, 11)
    assert not found.is_counted


def test_a_counted_opening_stands_for_what_was_there_before(safe, loomis):
    loomis.tells(
        came("10 09:00", "40.00", Denominations=notes(n20=2)), came("12 09:00", "5.00", Denominations=notes(n5=1))
    )
    counted = opening(safe, None, dt.date(2026, 3, 11), denominations=[(Decimal(10), 3), (Decimal(5), 1)])
    found = now_in(safe)
    assert found.pieces == [(Decimal(5), 2), (Decimal(10), 3)]
    assert (found.validated, found.counted, found.without_pieces) == (Decimal(5), Decimal(35), Decimal(0))
    assert (found.since, found.is_counted) == (dt.date(2026, 3, 11), True)
    withdraw_count(counted.pk, "another safe", None)
    assert now_in(safe).pieces == [(Decimal(5), 1), (Decimal(20), 2)]


def test_the_inventory_goes_on_from_its_own_counted_opening(safe, loomis):
    tubes = {"TransactionType": "TubeLoaded", "Denominations": notes(n1=30)}
    loomis.tells(came("10 09:00", "30.00", **tubes))
    found = now_in(safe)
    assert (found.inventory, found.inventory_pieces) == (Decimal(30), [(Decimal(1), 30)])
    assert (found.inventory_since, found.inventory_is_counted) == (None, False)
    opening(safe, "50", dt.date(2026, 3, 11), compartment="inventory", denominations=[(Decimal(1), 50)])
    loomis.tells(
        came("12 09:00", "7.00", TransactionType="CoinDispense", Denominations=notes(n1=7)),
        came("12 10:00", "2.00", TransactionType="CoinDispense", Denominations=None),
    )
    found = now_in(safe)
    assert (found.inventory, found.inventory_pieces) == (Decimal(41), [(Decimal(1), 43)])
    assert found.inventory_without_pieces == -2
    assert (found.inventory_since, found.inventory_is_counted) == (dt.date(2026, 3, 11), True)


def test_of_a_safe_that_said_nothing_nothing_is_known(safe):
    assert contents_of([safe.pk]) == {safe.pk: []}


def test_many_safes_cost_two_queries(safe, loomis, django_assert_num_queries):
    loomis.tells(*(came("10 09:00", SerialNumber=f"N{number}") for number in range(9)))
    draw_all()
    ids = list(Safe.objects.values_list("pk", flat=True))
    with django_assert_num_queries(2):
        assert len(contents_of(ids)) == 10


def test_the_page_of_a_safe_shows_what_is_in_it(client, safe, loomis):
    loomis.tells(
        came("10 09:00", "40.00", Denominations=notes(n20=2)),
        came("10 10:00", "7.25", TransactionType="ManualCashTransaction"),
        came("10 11:00", "30.00", TransactionType="TubeLoaded", Denominations=notes(n1=30)),
    )
    draw_all()
    client.force_login(AdministratorFactory.create())
    shown = client.get(page(Safe, "change", safe.pk)).content.decode()
    for text in ("47.25 USD", "manual drops, which no machine counted", "7.25 USD", "30.00 USD"):
        assert text in shown
    for unit, count in ((20, 2), (1, 30)):
        assert f'<th scope="row">{unit}</th><td>{count}</td>' in shown
    assert client.get(page(Safe, "add")).status_code == 200


def test_the_list_of_safes_shows_what_waits_for_the_courier_in_each_currency(client, safe, loomis):
    euros = [{"UnitValue": 20.0, "Count": 1, "Currency": "EUR"}]
    loomis.tells(
        came("10 09:00", "40.00", PickupGroupId=1),
        came("10 10:00", "1234.50", PickupGroupId=2),
        came("10 11:00", "20.00", PickupGroupId=2, Denominations=euros),
        fetched("11 09:00", "40.00", PickupGroupId=1),
    )
    draw_all()
    client.force_login(AdministratorFactory.create())
    shown = client.get(page(Safe, "changelist")).content.decode()
    assert "20.00 EUR + 1,234.50 USD" in shown
    assert "1,274.50" not in shown
