"""Pickups due and late, as Today and the list of safes have them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from safes.estate import place_safe
from safes.models import Safe
from tests.factories import AdministratorFactory, SiteFactory
from tests.staff import page
from tests.transactions.holding.telling import Sender, came, fetched
from tests.transactions.pushing import draw_all
from tests.transactions.today.asking import asked, listed
from transactions.reconciliation.pickups.rhythm import Due
from transactions.reconciliation.pickups.waiting import pickups_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def safes():
    """One fetched every second day of March up to the 9th, in which cash waits since the 10th at nine; one empty since;
    one that nobody fetched often enough to tell; all in UTC."""
    site = SiteFactory.create(code="S1", time_zone="UTC")
    found = {serial: place_safe(serial, site) for serial in ("WAITS", "EMPTY", "NEW")}
    loomis = Sender()
    for number, date in enumerate(("03", "05", "07", "09")):
        for serial in ("WAITS", "EMPTY"):
            group: dict[str, Any] = {"SerialNumber": serial, "PickupGroupId": 10 * number + len(serial)}
            loomis.tells(came(f"{date} 08:00", **group), fetched(f"{date} 12:00", "40.00", **group))
    loomis.tells(
        came("10 09:00", SerialNumber="WAITS", PickupGroupId=99),
        came("01 09:00", SerialNumber="NEW", PickupGroupId=98),
    )
    draw_all()
    return found


@pytest.mark.parametrize(
    ("now", "standing"),
    [("2026-03-12T08:59Z", None), ("2026-03-12T09:01Z", Due.DUE), ("2026-03-13T08:59Z", Due.DUE),
     ("2026-03-13T09:01Z", Due.LATE)],
)  # fmt: skip
def test_cash_that_waits_longer_than_usual_makes_a_pickup_due_and_then_late(safes, now, standing):
    found = pickups_due(dt.datetime.fromisoformat(now))
    assert {safe_id: one.due for safe_id, one in found.items()} == ({safes["WAITS"].pk: standing} if standing else {})


def test_a_safe_that_is_out_of_use_asks_for_no_courier(safes):
    Safe.objects.filter(pk=safes["WAITS"].pk).update(status=Safe.Status.RETIRED)
    assert pickups_due(dt.datetime(2026, 4, 1, tzinfo=dt.UTC)) == {}


def test_today_counts_what_the_list_of_safes_shows_and_the_safe_says_so(safes, client):
    with time_machine.travel("2026-03-12T12:00Z", tick=False):
        client.force_login(AdministratorFactory.create())
        asks = asked(client)
        assert asks["pickup due"][0] == 1
        assert listed(client, asks["pickup due"][1]) == ["WAITS"]
        assert "pickup late" in asks["quiet"][1]
        assert listed(client, f"{page(Safe, 'changelist')}?pickup=late") == []
        assert "The courier is due" in client.get(page(Safe, "change", safes["WAITS"].pk)).content.decode()
    with time_machine.travel("2026-03-14T12:00Z", tick=False):
        client.force_login(AdministratorFactory.create())
        assert asked(client)["pickup late"][0] == 1
        assert listed(client, f"{page(Safe, 'changelist')}?pickup=late") == ["WAITS"]


def test_many_safes_cost_one_query(safes, django_assert_num_queries):
    with django_assert_num_queries(1):
        pickups_due(dt.datetime(2026, 3, 14, tzinfo=dt.UTC))
