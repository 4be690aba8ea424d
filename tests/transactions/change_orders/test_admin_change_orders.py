"""Change orders and till sessions in the staff site: the lists, what can be said, and who may say it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from safes.estate import place_safe
from safes.models import Finding
from tests.factories import AdministratorFactory, SiteFactory, UserFactory
from tests.staff import page
from tests.transactions.completeness.comparing import at
from tests.transactions.pushing import draw_all, drop, endpoint, say
from transactions.models import ChangeOrder, ChangeOrderStep, TillSession
from transactions.reconciliation.change_orders.clock import follow_due

pytestmark = pytest.mark.django_db

DATES = {"business_date_from": "2026-03-01", "business_date_to": "2026-03-31"}


@pytest.fixture
def staff(client):
    """An order with a load that may be its delivery, one that waits, and two till sessions; three weeks later."""
    with at(dt.datetime(2026, 4, 4, 12, tzinfo=dt.UTC)):
        place_safe("SR10042", SiteFactory.create(code="S7", time_zone="UTC"))
        say(
            endpoint(),
            [
                drop(1, "100", TransactionType="ChangePurchase", ChangePurchaseNumber="5001"),
                drop(2, "70", TransactionType="ChangePurchase", ChangePurchaseNumber="<b>5002</b>"),
                drop(9, "100", TransactionType="TubeLoaded"),
                drop(20, "200", TransactionType="CashDispenseTillCheckout"),
                drop(30, "900", TransactionType="CashAcceptedTillCheckin"),
                drop(40, "5", TransactionType="CashAcceptedTillCheckin", Register="7"),
            ],
        )
        follow_due()
        draw_all()
        client.force_login(AdministratorFactory.create())
        yield client


def order(reference: str = "5001") -> ChangeOrder:
    return ChangeOrder.objects.get(reference=reference)


def act(reference: str, what: str) -> str:
    return page(ChangeOrder, what, order(reference).pk)


def test_the_list_shows_age_and_what_may_be_the_delivery(staff):
    shown = staff.get(page(ChangeOrder, "changelist")).content.decode()
    assert "21 days" in shown
    assert "2026-03-14 08:00:09" in shown
    assert "no load of that amount" in shown
    assert "&lt;b&gt;5002" in shown
    assert "<b>5002" not in shown


def test_staff_say_delivered_with_the_suggested_date_offered_then_settled(staff):
    form = staff.get(act("5001", "delivered")).context["form"]
    assert form.initial["happened_on"] == dt.date(2026, 3, 14)
    answer = staff.post(act("5001", "delivered"), {"happened_on": "2026-03-14", "note": "two bags"}, follow=True)
    assert "Said: delivered on 2026-03-14." in answer.content.decode()
    draw_all()
    assert order().state == "delivered"
    assert Finding.objects.filter(kind="change_order_overdue", state="open").count() == 1
    staff.post(act("5001", "settled"), {"happened_on": "2026-03-15"})
    draw_all()
    assert order().state == "settled"
    assert staff.get(page(ChangeOrder, "changelist"), {"state": "settled"}).context["cl"].result_count == 1
    assert "two bags" in staff.get(page(ChangeOrder, "change", order().pk)).content.decode()


def test_what_cannot_be_said_comes_back_with_the_form(staff):
    answer = staff.post(act("5001", "settled"), {"happened_on": "2026-03-15"})
    assert "Say first that it was delivered" in answer.content.decode()
    answer = staff.post(act("5001", "delivered"), {"happened_on": "soon"})
    assert "Write the date as 2026-11-21." in answer.content.decode()
    assert not ChangeOrderStep.objects.exists()


def test_a_wrong_word_is_withdrawn(staff):
    staff.post(act("5001", "delivered"), {"happened_on": "2026-03-14"})
    answer = staff.post(act("5001", "withdraw"), {"step": "delivered"}, follow=True)
    assert "Withdrawn: that it was delivered." in answer.content.decode()
    answer = staff.post(act("5001", "withdraw"), {"step": "delivered"}, follow=True)
    assert "nothing to withdraw" in answer.content.decode()
    draw_all()
    assert order().state == "ordered"


def test_the_finding_leads_to_its_order(staff):
    finding = Finding.objects.get(kind="change_order_overdue", detail__reference="5001")
    shown = staff.get(page(Finding, "change", finding.pk)).content.decode()
    assert page(ChangeOrder, "change", order().pk) in shown


@pytest.mark.parametrize(("role", "may"), [("Cash office clerk", True), ("Supervisor", True), ("Auditor", False)])
def test_clerks_say_what_was_delivered_and_auditors_look(staff, role, may):
    person = UserFactory.create()
    person.groups.add(Group.objects.get(name=role))
    staff.force_login(person)
    assert staff.get(page(ChangeOrder, "changelist")).status_code == 200
    assert staff.get(page(TillSession, "changelist")).status_code == 200
    for what in ("delivered", "settled", "withdraw"):
        assert staff.get(act("5001", what)).status_code == (200 if may else 403)
    assert staff.post(act("5001", "delivered"), {"happened_on": "2026-03-14"}).status_code == (302 if may else 403)
    assert ChangeOrderStep.objects.filter(said_by=person).exists() is may
    for what in ("add", "delete"):
        arguments = [order().pk] if what == "delete" else []
        assert staff.post(reverse(f"admin:transactions_changeorder_{what}", args=arguments), {}).status_code == 403


def test_till_sessions_are_listed_and_lead_to_their_transactions(staff, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        answer = staff.get(page(TillSession, "changelist"), DATES)
    assert answer.context["cl"].result_count == 2
    assert "still out" not in answer.content.decode()
    row = TillSession.objects.get(register="7")
    with django_assert_max_num_queries(25):
        shown = staff.get(page(TillSession, "change", row.pk)).content.decode()
    assert "never: it only came back" in shown


def test_every_page_of_an_order_opens_within_a_few_queries(staff, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        assert staff.get(page(ChangeOrder, "changelist")).status_code == 200
    with django_assert_max_num_queries(25):
        assert staff.get(page(ChangeOrder, "change", order().pk)).status_code == 200
