"""Pickups in the staff site: what they are made of, and the slip that is entered there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission

from safes.models import Finding
from tests.factories import AdministratorFactory, UserFactory
from tests.staff import page
from tests.transactions.holding.telling import came, fetched
from tests.transactions.pushing import draw_all
from transactions.models import Pickup, PickupSlip, Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def pickup(loomis):
    loomis.tells(
        fetched("02 12:00", "0.00", PickupGroupId=9),
        came("10 09:00", "40.00", PickupGroupId=1, Denominations=[{"UnitValue": 20.0, "Count": 2, "Currency": "USD"}]),
        came("11 09:00", "3.50", PickupGroupId=1, TransactionType="ManualCashTransaction"),
        came("11 10:00", "1.25", PickupGroupId=None),
        fetched("12 12:00", "60.00", PickupGroupId=1),
        came("13 09:00", "6.00", PickupGroupId=None),
    )
    draw_all()
    return Pickup.objects.get(pickup_group_id=1)


@pytest.fixture
def staff(client, pickup):
    client.force_login(AdministratorFactory.create())
    return client


def test_a_pickup_shows_its_drops_by_day_its_servicings_and_its_denominations(staff, pickup):
    shown = staff.get(page(Pickup, "change", pickup.pk)).content.decode()
    servicing = Transaction.objects.get(kind="pickup", pickup_group_id=1)
    for text in (
        "2026-03-10",
        "2026-03-11",
        ">40.00<",
        ">3.50<",
        ">1.25<",
        ">44.75<",
        ">60.00<",
        "+15.25<",
        "another amount than was dropped",
    ):
        assert text in shown
    assert page(Transaction, "change", servicing.pk) in shown
    assert ">6.00<" not in shown
    waiting = Pickup.objects.get(pickup_group_id=None)
    assert "drops that wait for the next servicing" in staff.get(page(Pickup, "change", waiting.pk)).content.decode()


def test_a_pickup_shows_what_was_found_about_it_what_happened_and_the_ones_around_it(staff, pickup, loomis):
    loomis.tells(
        came("12 11:59", TransactionType="DoorOpened", Amount=None, DoorName="Courier door"),
        came("12 20:00", TransactionType="DoorOpened", Amount=None, DoorName="Upper door"),
    )
    draw_all()
    shown = staff.get(page(Pickup, "change", pickup.pk)).content.decode()
    assert page(Finding, "change", Finding.objects.get(kind="pickup_variance").pk) in shown
    assert "DoorOpened Courier door" in shown
    assert "Upper door" not in shown  # hours after the courier left
    before, after = Pickup.objects.get(pickup_group_id=9), Pickup.objects.get(pickup_group_id=None)
    assert f'href="{page(Pickup, "change", before.pk)}" data-key="h" rel="prev"' in shown
    assert f'href="{page(Pickup, "change", after.pk)}" data-key="l" rel="next"' in shown
    assert "no pickup before" in staff.get(page(Pickup, "change", before.pk)).content.decode()
    assert "no pickup after" in staff.get(page(Pickup, "change", after.pk)).content.decode()


def test_a_pickup_of_many_drops_takes_few_queries(staff, pickup, loomis, django_assert_max_num_queries):
    loomis.tells(*(came(f"{day} {hour:02}:30", PickupGroupId=1) for day in (10, 11) for hour in range(7, 23)))
    draw_all()
    pickup = Pickup.objects.get(pickup_group_id=1)
    with django_assert_max_num_queries(20):
        assert staff.get(page(Pickup, "change", pickup.pk)).status_code == 200


def test_the_finding_leads_to_the_pickup(staff, pickup):
    finding = Finding.objects.get(kind="pickup_variance")
    assert page(Pickup, "change", pickup.pk) in staff.get(page(Finding, "change", finding.pk)).content.decode()


def test_a_slip_is_entered_and_put_right(staff, pickup):
    door = page(Pickup, "enter_slip", pickup.pk)
    said = {"bag_numbers": "B-1\nB-2", "receipt_number": "R 7", "counted_amount": "60.00", "counted_by": "the bank"}
    assert staff.post(door, said).status_code == 302
    slip = PickupSlip.objects.get()
    assert (slip.bag_numbers, slip.counted_amount, slip.counted_by) == (["B-1", "B-2"], Decimal(60), "the bank")
    assert "B-1\nB-2" in staff.get(door).content.decode()
    assert staff.post(door, said | {"counted_amount": "44.75"}).status_code == 302
    assert PickupSlip.objects.get().counted_amount == Decimal("44.75")
    shown = staff.get(page(Pickup, "change", pickup.pk)).content.decode()
    for text in ("44.75 USD", "Counted elsewhere, by the bank", ">0.00<", "B-1, B-2", "R 7"):
        assert text in shown


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("counted_amount", "-1", "not below 0"),
        ("counted_amount", "much", "1560.00"),
        ("bag_numbers", "B-1, B-1", "twice"),
        ("bag_numbers", "x" * 61, "60 characters"),
        ("receipt_number", "x" * 101, "100"),
    ],
)
def test_what_is_wrong_with_a_slip_is_said_at_its_field(staff, pickup, field, value, words):
    answer = staff.post(page(Pickup, "enter_slip", pickup.pk), {field: value})
    assert words in " ".join(answer.context["form"].errors[field])
    assert not PickupSlip.objects.exists()


def test_drops_that_wait_get_a_sentence_instead_of_a_slip(staff):
    waiting = Pickup.objects.get(pickup_group_id=None)
    answer = staff.post(page(Pickup, "enter_slip", waiting.pk), {"receipt_number": "R 7"})
    assert "when the courier has come" in answer.content.decode()


def test_viewers_may_look_but_enter_no_slip(client, pickup):
    clerk = UserFactory.create()
    clerk.user_permissions.set(Permission.objects.filter(codename="view_pickup"))
    client.force_login(clerk)
    assert client.get(page(Pickup, "change", pickup.pk)).status_code == 200
    assert client.post(page(Pickup, "enter_slip", pickup.pk), {"receipt_number": "R 7"}).status_code == 403
    assert not PickupSlip.objects.exists()
