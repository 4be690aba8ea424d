"""Totals of transactions: of what is marked, and of the list as it is filtered."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from safes.estate import place_safe
from tests.factories import (
    AdministratorFactory,
    PushEndpointFactory,
    SiteFactory,
    UserFactory,
    body_of,
    cash_in,
    deliver,
)
from transactions.models import Transaction

pytestmark = pytest.mark.django_db

LIST = "/admin/transactions/transaction/"


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


@pytest.fixture
def rows():
    """Two kinds at home, one abroad, one that is in no book any more, one of two months ago."""
    place_safe("SR1", SiteFactory.create())
    place_safe("EU1", SiteFactory.create(currency="EUR"))
    old = timezone.now() - dt.timedelta(days=60)
    plain = {"Denominations": None}
    deliver(
        PushEndpointFactory.create(),
        body_of(
            cash_in("SR1", Amount=20.25, **plain),
            cash_in("SR1", Amount=10, UserName="BEN", **plain),
            cash_in("SR1", Amount=7, TransactionType="ManualCashTransaction", **plain),
            cash_in("EU1", Amount=1000, **plain),
            cash_in("SR1", Amount=3, UserName="EVE", **plain),
            cash_in("SR1", Amount=500, TransactionDateTime=f"{old:%Y-%m-%dT%H:%M:%S}", **plain),
        ),
    )
    Transaction.objects.filter(user_name="EVE").update(counted=False)


def totals(response) -> list[tuple[str, ...]]:
    lines = re.findall(
        r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>', response.content.decode()
    )
    return [tuple(line) for line in lines]


def test_a_list_is_added_up_when_asked_by_kind_and_currency_within_its_dates(staff, rows):
    shown = staff.get(LIST)
    assert totals(shown) == []
    url = re.findall(r'href="(\?[^"]*totals=yes)"', shown.content.decode())[0]
    assert totals(staff.get(LIST + url)) == [
        ("manual", "1", "7.00", "USD"),
        ("validated", "1", "1,000.00", "EUR"),
        ("validated", "2 (1 not counted)", "30.25", "USD"),
    ]


def test_totals_follow_the_filters_and_the_search(staff, rows):
    assert totals(staff.get(LIST, {"serial_number": "EU1", "totals": "yes"})) == [("validated", "1", "1,000.00", "EUR")]
    assert totals(staff.get(LIST, {"q": "BEN", "totals": "yes"})) == [("validated", "1", "10.00", "USD")]
    nothing = staff.get(LIST, {"q": "NOBODY", "totals": "yes"})
    assert "There is nothing to add up." in nothing.content.decode()


def test_what_is_marked_is_added_up(staff, rows):
    marked = Transaction.objects.filter(user_name="BEN") | Transaction.objects.filter(type="ManualCashTransaction")
    asked = {"action": "totals", "_selected_action": [row.pk for row in marked]}
    response = staff.post(f"{LIST}?serial_number=SR1", asked)
    assert totals(response) == [("manual", "1", "7.00", "USD"), ("validated", "1", "10.00", "USD")]
    assert f'href="{LIST}?serial_number=SR1"' in response.content.decode()


def test_all_of_a_list_can_be_marked(staff, rows):
    asked = {"action": "totals", "_selected_action": [Transaction.objects.latest("pk").pk], "select_across": "1"}
    assert len(totals(staff.post(LIST, asked))) == 3


def test_totals_take_one_query_more(staff, rows, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        staff.get(LIST, {"totals": "yes"})


def test_totals_are_for_those_who_may_see_the_list(client, rows):
    clerk = UserFactory.create()
    client.force_login(clerk)
    asked = {"action": "totals", "_selected_action": [Transaction.objects.latest("pk").pk]}
    assert client.get(LIST, {"totals": "yes"}).status_code == 403
    assert client.post(LIST, asked).status_code == 403
    clerk.user_permissions.set(Permission.objects.filter(codename="view_transaction"))
    assert client.post(LIST, asked).status_code == 200
