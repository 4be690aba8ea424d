"""Physical counts in the staff site: entered by keyboard, refused with the field's name, withdrawn with a word."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from tests.factories import AdministratorFactory, UserFactory
from tests.staff import page
from tests.transactions.holding.telling import Sender, came, opening
from tests.transactions.pushing import draw_all
from transactions.models import PhysicalCount

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client, safe):
    client.force_login(AdministratorFactory.create())
    return client


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "serial_number": "sr10042",
        "compartment": "contents",
        "use": "check",
        "business_date": "2026-03-14",
        "local_time": "",
        "currency": "usd",
        "denominations": "20 x 12\n0.25 x 40\n",
        "amount": "",
        "counted_by": "Anna",
        "note": "",
        **changes,
    }


def test_a_count_is_typed_in_by_denomination(staff):
    answer = staff.post(page(PhysicalCount, "add"), typed(local_time="2026-03-14 17:30"))
    assert answer.status_code == 302
    count = PhysicalCount.objects.get()
    assert (count.amount, count.currency, count.counted_by) == (Decimal(250), "USD", "Anna")
    assert count.denominations == [["0.25", 40], ["20", 12]]
    assert f"{count.local_time:%H:%M}" == "17:30"
    assert count.entered_by is not None


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("serial_number", "XX", "no safe of that serial number"),
        ("serial_number", "", "required"),
        ("business_date", "14.3.2026", "2026-11-21"),
        ("business_date", "1999-12-31", "2000-01-01"),
        ("business_date", "2026-03-30", "tomorrow"),
        ("local_time", "noon", "2026-11-21 17:30"),
        ("local_time", "2026-03-14 17:30+02:00", "offset"),
        ("currency", "dollars", "capital letters"),
        ("denominations", "20 x -1", "between 0"),
        ("denominations", "20 x 1.5", "Line 1"),
        ("denominations", "0 x 3", "more than zero"),
        ("amount", "249.99", "come to 250"),
        ("amount", "-1", "not below 0"),
        ("amount", "much", "1560.00"),
        ("amount", "NaN", "1560.00"),
        ("use", "guess", "not one of the available choices"),
        ("note", "a\x00b", "Null"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(staff, field, value, words):
    answer = staff.post(page(PhysicalCount, "add"), typed(**{field: value}))
    assert answer.status_code == 200
    assert words in " ".join(answer.context["adminform"].form.errors[field])
    assert not PhysicalCount.objects.exists()


def test_a_second_opening_of_a_day_is_refused(staff, safe):
    opening(safe)
    answer = staff.post(page(PhysicalCount, "add"), typed(use="opening"))
    assert "withdraw it" in str(answer.context["adminform"].form.errors["business_date"])


def test_the_list_says_whether_checks_agree(staff, safe, django_assert_max_num_queries):
    Sender().tells(came("14 09:00", "250.00"))
    draw_all()
    for amount in ("250", "249", "248"):
        staff.post(page(PhysicalCount, "add"), typed(denominations="", amount=amount))
    opening(safe, "0")
    with django_assert_max_num_queries(15):
        shown = staff.get(page(PhysicalCount, "changelist")).content.decode()
    for text in ("agrees", "differs", "goes into them"):
        assert text in shown
    differing = PhysicalCount.objects.get(amount=249)
    assert "it differs by -1.00 USD" in staff.get(page(PhysicalCount, "change", differing.pk)).content.decode()


def test_a_count_is_withdrawn_with_a_word_and_not_changed(staff, safe):
    count = opening(safe)
    door = page(PhysicalCount, "withdraw", count.pk)
    assert staff.get(door).status_code == 200
    assert "Say why" in staff.post(door, {"comment": ""}).content.decode()
    assert staff.post(page(PhysicalCount, "change", count.pk), typed()).status_code == 403
    assert staff.post(page(PhysicalCount, "delete", count.pk), {"post": "yes"}).status_code == 403
    assert staff.post(door, {"comment": "the wrong safe"}).status_code == 302
    count.refresh_from_db()
    assert count.withdrawn_because == "the wrong safe"
    again = staff.post(door, {"comment": "once more"}, follow=True)
    assert "withdrawn already" in again.content.decode()


def test_viewers_may_look_but_not_count(client, safe):
    clerk = UserFactory.create()
    clerk.user_permissions.set(Permission.objects.filter(codename="view_physicalcount"))
    client.force_login(clerk)
    count = opening(safe)
    assert client.get(page(PhysicalCount, "change", count.pk)).status_code == 200
    assert client.post(page(PhysicalCount, "add"), typed()).status_code == 403
    assert client.post(page(PhysicalCount, "withdraw", count.pk), {"comment": "x"}).status_code == 403
    count.refresh_from_db()
    assert count.withdrawn_at is None
