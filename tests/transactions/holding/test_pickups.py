"""What leaves with which servicing, what a pickup comes to, and what is wrong with one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from safes.estate import place_safe, save_site
from safes.models import Finding, Site
from tests.transactions.holding.telling import came, count, days, fetched, opening
from tests.transactions.pushing import draw_all, open_findings
from transactions.models import Pickup
from transactions.reconciliation.counts.keeping import withdraw_count
from transactions.reconciliation.pickups.slips import Slip, keep_slip, slip_of, split_bags

pytestmark = pytest.mark.django_db


def pickups() -> dict[str, tuple[Any, ...]]:
    """Content, reported amount, variance and status, by what tells the pickup."""
    draw_all()
    told = {}
    for row in Pickup.objects.order_by("pk"):
        name = f"{row.pickup_group_id or row.serviced_without_group or 'waiting'} {row.currency}"
        amounts = [None if one is None else float(one) for one in (row.content, row.reported_amount, row.variance)]
        told[name] = (*amounts, row.status)
    return told


def first(amount: str = "0.00") -> dict[str, Any]:
    """A servicing long before, so that those that follow are judged."""
    return fetched("02 12:00", amount, PickupGroupId=9)


def test_a_drop_leaves_with_the_servicing_of_its_group(loomis):
    loomis.tells(
        first(),
        came("10 09:00", "40.00", PickupGroupId=1),
        came("11 09:00", "5.00", PickupGroupId=1, TransactionType="ManualCashTransaction"),
        came("11 12:30", "7.00", PickupGroupId=2),
        fetched("12 12:00", "45.00", PickupGroupId=1),
    )
    assert pickups() == {
        "9 USD": (0, 0, 0, "unjudged"),
        "1 USD": (45, 45, 0, "agreed"),
        "2 USD": (7, None, None, "open"),
    }
    assert days()["12"] == (Decimal(52), Decimal(45), Decimal(7))


def test_what_is_at_the_very_time_of_the_servicing_leaves_with_it(loomis):
    loomis.tells(first(), came("10 12:00", "40.00", PickupGroupId=None), fetched("10 12:00", "40.00", PickupGroupId=1))
    assert pickups()["1 USD"] == (40, 40, 0, "agreed")
    loomis.tells(came("10 12:01", "3.00", PickupGroupId=None))
    assert pickups()["1 USD"] == (40, 40, 0, "agreed")
    assert pickups()["waiting USD"] == (3, None, None, "open")


def test_drops_without_a_group_leave_with_the_next_servicing_whichever_its_group(loomis):
    loomis.tells(first(), came("10 09:00", "40.00", PickupGroupId=None))
    assert pickups()["waiting USD"] == (40, None, None, "open")
    loomis.tells(fetched("14 12:00", "40.00", PickupGroupId=7))
    assert pickups() == {"9 USD": (0, 0, 0, "unjudged"), "7 USD": (40, 40, 0, "agreed")}
    # One that comes late and lies before takes them.
    loomis.tells(fetched("12 12:00", "40.00", PickupGroupId=6))
    assert pickups()["6 USD"] == (40, 40, 0, "agreed")
    assert pickups()["7 USD"] == (0, 40, 40, "differs")
    assert days()["12"][1] == 40
    assert days()["14"][1] == 0


def test_a_servicing_without_a_group_is_a_pickup_of_its_own(loomis):
    loomis.tells(
        first(),
        came("10 09:00", "40.00", PickupGroupId=None),
        fetched("10 12:00", "40.00", PickupGroupId=None),
        came("11 09:00", "2.00", PickupGroupId=None),
        fetched("11 12:00", "1.00", PickupGroupId=None),
    )
    told = pickups()
    assert told["2026-03-10 12:00:00 USD"] == (40, 40, 0, "agreed")
    assert told["2026-03-11 12:00:00 USD"] == (2, 1, -1, "differs")


def test_several_servicings_of_a_group_are_added(loomis):
    loomis.tells(
        first(),
        came("10 09:00", "40.00", PickupGroupId=1),
        fetched("10 12:00", "40.00", PickupGroupId=1),
        came("10 12:30", "9.00", PickupGroupId=1),
        fetched("11 12:00", "9.00", PickupGroupId=1),
    )
    assert pickups()["1 USD"] == (49, 49, 0, "agreed")
    assert (days()["10"][1], days()["11"][1]) == (Decimal(40), Decimal(9))


def test_a_drop_after_its_group_was_serviced_belongs_there_and_leaves_as_it_comes(loomis):
    loomis.tells(first(), came("10 09:00", "40.00", PickupGroupId=1), fetched("10 12:00", "40.00", PickupGroupId=1))
    loomis.tells(came("12 09:00", "3.00", PickupGroupId=1))
    assert pickups()["1 USD"] == (43, 40, -3, "differs")
    assert days()["12"] == (Decimal(0), Decimal(3), Decimal(0))
    assert open_findings() == {("pickup_window_mismatch", "SR10042 group 1 USD"): Decimal(3)}


def test_each_currency_is_held_by_itself(loomis):
    cad = [{"UnitValue": 5.0, "Count": 2, "Currency": "CAD"}]
    loomis.tells(
        first(),
        came("10 09:00", "40.00", PickupGroupId=1),
        came("10 09:30", "10.00", PickupGroupId=1, Denominations=cad),
        fetched("10 12:00", "40.00", PickupGroupId=1),
    )
    assert pickups()["1 USD"] == (40, 40, 0, "agreed")
    assert pickups()["1 CAD"] == (10, 0, -10, "differs")


def test_a_pickup_of_which_not_all_currencies_are_known_is_not_judged_until_they_are(safe, loomis):
    dollars = [{"UnitValue": 20, "Count": 2, "Currency": "USD"}]
    told = {"SerialNumber": "STRANGER", "PickupGroupId": 1}
    loomis.tells(
        fetched("02 12:00", "0", SerialNumber="STRANGER", PickupGroupId=9),
        came("10 09:00", "40.00", Denominations=dollars, **told),
        fetched("11 09:00", "40.00", **told),
    )
    there = pickups()
    assert there["1 USD"] == (40, 0, -40, "unjudged")
    assert there["1 "] == (0, 40, 40, "unjudged")
    assert not Finding.objects.filter(kind="pickup_variance").exists()
    place_safe("STRANGER", Site.objects.get())
    assert pickups()["1 USD"] == (40, 40, 0, "agreed")


def test_the_first_servicing_is_not_judged_unless_somebody_counted_before_it(safe, loomis):
    loomis.tells(came("10 09:00", "40.00", PickupGroupId=1), fetched("10 12:00", "90.00", PickupGroupId=1))
    assert pickups()["1 USD"] == (40, 90, 50, "unjudged")
    counted = opening(safe, "50", dt.date(2026, 3, 10))
    assert pickups()["1 USD"] == (90, 90, 0, "agreed")
    withdraw_count(counted.pk, "another safe", None)
    assert pickups()["1 USD"] == (40, 90, 50, "unjudged")
    # A servicing from before comes late: that one is the first now.
    loomis.tells(first())
    assert pickups()["1 USD"] == (40, 90, 50, "differs")
    assert pickups()["9 USD"] == (0, 0, 0, "unjudged")


def test_a_counted_opening_stands_for_what_was_still_in_the_safe(safe, loomis):
    loomis.tells(
        first(),
        came("10 09:00", "40.00", PickupGroupId=1),
        came("11 09:00", "7.00", PickupGroupId=1),
        fetched("12 12:00", "55.00", PickupGroupId=1),
    )
    assert pickups()["1 USD"] == (47, 55, 8, "differs")
    counted = opening(safe, "48", dt.date(2026, 3, 11))
    assert pickups()["1 USD"] == (55, 55, 0, "agreed")
    withdraw_count(counted.pk, "a slip of the pen", None)
    assert pickups()["1 USD"] == (47, 55, 8, "differs")


def test_a_pickup_keeps_its_id_while_its_drops_come_and_go(loomis):
    loomis.tells(first(), came("10 09:00", "40.00", PickupGroupId=1))
    draw_all()
    pk = Pickup.objects.get(pickup_group_id=1).pk
    loomis.tells(came("11 09:00", "5.00", PickupGroupId=1), fetched("12 12:00", "45.00", PickupGroupId=1))
    draw_all()
    assert Pickup.objects.get(pickup_group_id=1).pk == pk


def test_a_variance_beyond_the_tolerance_is_a_finding_and_closes_by_itself(loomis):
    loomis.tells(first(), came("10 09:00", "40.00", PickupGroupId=1), fetched("10 12:00", "45.00", PickupGroupId=1))
    assert open_findings() == {}  # the tolerance of the site
    loomis.tells(fetched("10 12:05", "0.01", PickupGroupId=1))
    assert open_findings() == {("pickup_variance", "SR10042 group 1 USD"): Decimal("5.01")}
    assert Finding.objects.get(kind="pickup_variance").business_date == dt.date(2026, 3, 10)
    loomis.tells(came("09 09:00", "5.01", PickupGroupId=1))
    assert open_findings() == {}


def test_what_the_bank_counted_is_held_against_the_drops_too(loomis):
    loomis.tells(
        first(), came("10 09:00", "40.00", PickupGroupId=None), fetched("10 12:00", "39.00", PickupGroupId=None)
    )
    draw_all()
    pickup = Pickup.objects.get(pickup_group_id=None)
    keep_slip(pickup.pk, Slip(["B-1"], "R1", Decimal("20.00"), "the bank"), None)
    subject = "SR10042 servicing 2026-03-10T12:00:00 USD"
    assert open_findings() == {("pickup_variance", subject): Decimal(20)}
    keep_slip(pickup.pk, Slip(["B-1"], "R1", Decimal("40.00"), "the bank"), None)
    assert open_findings() == {}


def test_another_tolerance_of_the_site_is_followed(safe, loomis):
    loomis.tells(
        first(),
        came("10 09:00", "40.00", PickupGroupId=1),
        fetched("10 12:00", "43.00", PickupGroupId=1),
        came("11 09:00", "9.00", PickupGroupId=2),
        fetched("11 12:00", "9.00", PickupGroupId=2),
    )
    draw_all()
    keep_slip(Pickup.objects.get(pickup_group_id=2).pk, Slip(counted_amount=Decimal(7)), None)
    check = count(safe, "4", dt.date(2026, 3, 12))
    site = Site.objects.get()
    assert open_findings() == {}
    site.tolerance = Decimal("1.99")
    save_site(site)
    assert open_findings() == {
        ("pickup_variance", "SR10042 group 1 USD"): Decimal(3),
        ("pickup_variance", "SR10042 group 2 USD"): Decimal(2),
        ("count_variance", f"SR10042 2026-03-12 contents USD count {check.pk}"): Decimal(4),
    }
    site.tolerance = Decimal(5)
    save_site(site)
    assert open_findings() == {}


def test_a_group_that_a_servicing_passed_over_is_a_finding_until_its_own_comes(loomis):
    loomis.tells(
        first(),
        came("10 09:00", "40.00", PickupGroupId=1),
        came("11 09:00", "6.00", PickupGroupId=2),
        fetched("12 12:00", "6.00", PickupGroupId=2),
    )
    assert open_findings() == {("pickup_window_mismatch", "SR10042 group 1 USD"): Decimal(40)}
    assert pickups()["1 USD"] == (40, None, None, "open")
    loomis.tells(fetched("12 12:00", "40.00", PickupGroupId=1))
    assert open_findings() == {}


@pytest.mark.parametrize(
    ("slip", "field"),
    [
        (Slip(["B-1", " B-1"]), "bag_numbers"),
        (Slip(["x" * 61]), "bag_numbers"),
        (Slip([""]), "bag_numbers"),
        (Slip(["a\x00"]), "bag_numbers"),
        (Slip(receipt_number="x" * 101), "receipt_number"),
        (Slip(counted_amount=Decimal("-1")), "counted_amount"),
        (Slip(counted_amount=Decimal("NaN")), "counted_amount"),
        (Slip(counted_amount=Decimal("1E+10")), "counted_amount"),
        (Slip(counted_amount=Decimal("0.00001")), "counted_amount"),
        (Slip(note="\x00"), "note"),
    ],
)
def test_a_slip_that_cannot_be_is_refused_with_its_field(loomis, slip, field):
    loomis.tells(first())
    draw_all()
    pickup = Pickup.objects.get()
    with pytest.raises(ValidationError) as refused:
        keep_slip(pickup.pk, slip, None)
    assert list(refused.value.message_dict) == [field]
    assert slip_of(pickup) is None


def test_drops_that_wait_have_no_slip(loomis):
    loomis.tells(came("10 09:00", "40.00", PickupGroupId=None))
    draw_all()
    with pytest.raises(ValidationError, match="wait for the next pickup"):
        keep_slip(Pickup.objects.get().pk, Slip(["B-1"]), None)


def test_bags_are_read_a_line_or_a_comma_apart():
    assert split_bags(" B-1\r\nB-2, B-3;\n") == ["B-1", "B-2", "B-3"]
