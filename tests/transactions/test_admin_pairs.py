"""Pairs in the staff site: on their finding with a form for each, parted by a ruling, named on their rows' pages."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from safes.estate import place_safe
from safes.models import Finding
from tests.factories import AdministratorFactory, SiteFactory
from tests.staff import page
from tests.transactions.feeds.filing import feed, file_in, xml
from tests.transactions.pushing import drop, endpoint, say
from transactions.models import Delivery, Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


@pytest.fixture
def finding() -> Finding:
    """One drop that the push puts into group 7 and the file into group 8."""
    place_safe("SR10042", SiteFactory.create())
    say(endpoint(), [drop(1, PickupGroupId=7)])
    file_in(feed(), "day.xml", xml([drop(1, PickupGroupId=8)]))
    return Finding.objects.get(kind="pickup_group_mismatch")


def shown(staff, model: type, pk: int) -> str:
    return str(staff.get(page(model, "change", pk)).content.decode())


def rule(staff, finding: Finding, number: int, count: int):
    text = shown(staff, finding.__class__, finding.pk)
    hidden = {
        name: re.findall(rf'name="{name}" value="([^"]*)"', text)[number] for name in ("local_time", "key", "in_force")
    }
    url = reverse("admin:transactions_ruling_rule", args=[finding.pk])
    return staff.post(url, {**hidden, "count": count, "reason": "The till roll has two."})


def test_the_page_of_a_mismatch_offers_both_and_says_who_showed_them(staff, finding, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        text = shown(staff, Finding, finding.pk)
    assert text.count('name="count"') == 2
    assert "counted for both channels" in text
    assert "counted as the file tells it" in text
    assert "daily: day.xml" in text
    for model in (Transaction, Delivery):
        for row in model.objects.all():
            assert page(model, "change", row.pk) in text
    assert 'href="#twins"' in text


@pytest.mark.parametrize("number", [0, 1])
def test_a_ruling_on_either_parts_them_at_once_and_is_taken_back_on_the_same_page(staff, finding, number):
    response = rule(staff, finding, number, 1)
    assert response["Location"] == page(Finding, "change", finding.pk)
    assert Transaction.objects.filter(counted=True).count() == 2
    finding.refresh_from_db()
    assert (finding.state, finding.closed_by) == ("closed", "system")
    text = shown(staff, Finding, finding.pk)
    assert text.count('name="count"') == 2
    (withdraw,) = re.findall(r'action="([^"]*/withdraw/[^"]*)"', text)
    staff.post(withdraw)
    assert Transaction.objects.filter(counted=True).count() == 1
    finding.refresh_from_db()
    assert finding.state == "open"


def test_each_row_of_a_pair_leads_to_the_other(staff, finding):
    pushed, filed = Transaction.objects.order_by("pickup_group_id")
    assert page(Transaction, "change", filed.pk) in shown(staff, Transaction, pushed.pk)
    text = shown(staff, Transaction, filed.pk)
    assert page(Transaction, "change", pushed.pk) in text
    assert "what the push told" in text
    assert "daily: day.xml" in text
