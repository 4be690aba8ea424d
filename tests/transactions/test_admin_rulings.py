"""Rulings in the staff site: made on the finding that asks, followed at once, withdrawn as easily."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.urls import reverse

from safes.estate import place_safe
from safes.models import Finding
from tests.factories import (
    AdministratorFactory,
    FindingFactory,
    PushEndpointFactory,
    SiteFactory,
    UserFactory,
    body_of,
    cash_in,
    deliver,
)
from tests.staff import page
from transactions.models import Delivery, Ruling, Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


@pytest.fixture
def finding() -> Finding:
    """Two equal pairs, each split over two pushes: forty dollars that may be missing."""
    place_safe("SR10042", SiteFactory.create())
    endpoint = PushEndpointFactory.create()
    pairs = [cash_in(), cash_in(UserName="BEN")]
    deliver(endpoint, body_of(*pairs))
    deliver(endpoint, body_of(*pairs))
    return Finding.objects.get(kind="possible_twin")


def shown(staff, finding: Finding) -> str:
    return str(staff.get(page(Finding, "change", finding.pk)).content.decode())


def form_of(staff, finding: Finding, number: int = 0, **said: Any) -> dict[str, Any]:
    """What the page's form for a key would send."""
    text = shown(staff, finding)
    hidden = {
        name: re.findall(rf'name="{name}" value="([^"]*)"', text)[number] for name in ("local_time", "key", "in_force")
    }
    return {**hidden, "count": 2, "reason": "The site saw it twice.", **said}


def rule(staff, finding: Finding, *args: Any, **said: Any):
    url = reverse("admin:transactions_ruling_rule", args=[finding.pk])
    return staff.post(url, form_of(staff, finding, *args, **said))


def counted() -> int:
    return Transaction.objects.filter(counted=True).count()


def test_the_page_of_a_possible_twin_shows_what_is_stored_claimed_and_who_showed_it(
    staff, finding, django_assert_max_num_queries
):
    with django_assert_max_num_queries(25):
        text = shown(staff, finding)
    assert text.count('name="count"') == 2
    assert text.count("<dd>1 ×</dd>") == 2
    assert text.count("2 ×, if nothing was sent twice") == 2
    for row in Transaction.objects.all():
        assert page(Transaction, "change", row.pk) in text
    for delivery in Delivery.objects.all():
        assert page(Delivery, "change", delivery.pk) in text


def test_a_ruling_counts_and_moves_the_finding_at_once(staff, finding):
    response = rule(staff, finding)
    assert response["Location"] == page(Finding, "change", finding.pk)
    assert counted() == 3
    finding.refresh_from_db()
    assert (finding.state, finding.cash_at_stake, finding.detail["key_count"]) == ("open", 20, 1)
    rule(staff, finding, 1, count=1)
    finding.refresh_from_db()
    assert (finding.state, finding.closed_by) == ("closed", "system")
    assert counted() == 3


def test_who_ruled_and_why_stands_on_the_page_and_in_the_timeline(staff, finding):
    rule(staff, finding)
    ruling = Ruling.objects.get()
    assert (ruling.count, ruling.reason) == (2, "The site saw it twice.")
    assert ruling.ruled_by is not None
    assert f"by {ruling.ruled_by}" in shown(staff, finding)
    (note,) = finding.notes.filter(what="ruled")
    assert "it happened 2 times. The site saw it twice." in note.text
    listed = staff.get(page(Ruling, "changelist")).content.decode()
    assert "The site saw it twice." in listed
    assert staff.get(page(Ruling, "change", ruling.pk)).status_code == 200


def test_a_withdrawn_ruling_gives_the_word_back_to_the_messages(staff, finding):
    rule(staff, finding)
    ruling = Ruling.objects.get()
    url = reverse("admin:transactions_ruling_withdraw", args=[finding.pk, ruling.pk])
    for _ in range(2):
        answer = staff.post(url, follow=True)
    assert "was withdrawn already" in answer.content.decode()
    finding.refresh_from_db()
    assert (counted(), finding.state, finding.cash_at_stake) == (2, "open", 40)
    assert finding.notes.filter(what="withdrawn").count() == 1
    assert "Ruled before" in shown(staff, finding)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"reason": "  "}, "a ruling needs a reason"),
        ({"count": ""}, "Give a number"),
        ({"count": "100"}, "less than or equal to 99"),
        ({"count": "-1"}, "greater than or equal to 0"),
        ({"count": "two"}, "Enter a whole number"),
        ({"key": "zz"}, "damaged"),
        ({"key": "00" * 16}, "no such transaction"),
        ({"local_time": "yesterday"}, "damaged"),
        ({"in_force": "77"}, "since this page was opened"),
    ],
)
def test_a_ruling_that_cannot_be_is_refused_with_a_sentence_and_changes_nothing(staff, finding, wrong, sentence):
    response = rule(staff, finding, **wrong)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not Ruling.objects.exists()
    assert counted() == 2


def test_an_old_page_does_not_overrule_somebody(staff, finding):
    old = form_of(staff, finding)
    rule(staff, finding, reason="First.")
    url = reverse("admin:transactions_ruling_rule", args=[finding.pk])
    assert "since this page was opened" in staff.post(url, old).content.decode()
    assert Ruling.objects.get().reason == "First."


def test_a_ruling_replaces_the_one_that_was_read_and_keeps_it_on_record(staff, finding):
    rule(staff, finding, reason="First.")
    rule(staff, finding, count=5, reason="Second.")
    assert counted() == 6
    standing = [(ruling.reason, ruling.withdrawn_at is None) for ruling in Ruling.objects.order_by("pk")]
    assert standing == [("First.", False), ("Second.", True)]


def test_who_may_only_look_sees_the_twins_and_rules_nothing(client, finding):
    clerk = UserFactory.create()
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_finding", "change_finding"]))
    client.force_login(clerk)
    text = shown(client, finding)
    assert "2 ×, if nothing was sent twice" in text
    assert 'name="count"' not in text
    for name, args in (("rule", [finding.pk]), ("withdraw", [finding.pk, 1])):
        assert client.post(reverse(f"admin:transactions_ruling_{name}", args=args)).status_code == 403
    assert not Ruling.objects.exists()


def test_a_ruling_on_nothing_is_404_and_looking_rules_nothing(staff, finding):
    other = FindingFactory.create()
    for pk in (other.pk, 999_999):
        assert staff.post(reverse("admin:transactions_ruling_rule", args=[pk])).status_code == 404
    assert staff.post(reverse("admin:transactions_ruling_withdraw", args=[finding.pk, 999_999])).status_code == 404
    assert staff.get(reverse("admin:transactions_ruling_rule", args=[finding.pk])).status_code == 302
    assert staff.get(reverse("admin:transactions_ruling_withdraw", args=[finding.pk, 1])).status_code == 405


def test_a_day_of_many_twins_needs_no_more_queries(staff, django_assert_max_num_queries):
    place_safe("SR10042", SiteFactory.create())
    endpoint = PushEndpointFactory.create()
    rows = [cash_in(UserName=f"USER {number}") for number in range(60)]
    for _ in range(3):
        deliver(endpoint, body_of(*rows))
    finding = Finding.objects.get(kind="possible_twin")
    with connection.execute_wrapper(_no_writes), django_assert_max_num_queries(25):
        assert shown(staff, finding).count('name="count"') == 50


def _no_writes(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    assert sql.lstrip("( ").split()[0].upper() in {"SELECT", "SAVEPOINT", "RELEASE", "SET"}, sql
    return execute(sql, params, many, context)
