"""Every page of cards opens, for whom it is meant, in few queries however many rows there are."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from loyalty import cards, replacing
from loyalty.bonuses import ledger
from loyalty.codes import BonusType
from loyalty.models import Card, CardEvent, Contact, Entry, Lot, Reveal
from tests.loyalty.making import ADMINISTRATOR, NUMBER, card, contact
from tests.staff import page

pytestmark = pytest.mark.django_db

ROOMS = [Card, CardEvent, Contact, Entry, Lot, Reveal]
DESK = "/admin/loyalty/card/desk/"


@pytest.fixture
def life(staff) -> list[Card]:
    """Cards in each state, one with bonuses that went from a card to the next, and somebody who looked."""
    anna, bert = contact(), contact("C100002", "+12015550124", name="<b>Bert</b> Boe", birth_date=None)
    first = card(of=anna)
    for number in range(3):
        ledger.accrue(NUMBER, Decimal(10), BonusType.CASH, None, None, f"r{number}", ADMINISTRATOR)
    card("5000123412340001", issued=False)
    replacing.replace(NUMBER, "5000123412340001", ADMINISTRATOR)
    card("5000123412340002", of=bert)
    card("5000123412340003", issued=False)
    third = card("5000123412340004", of=contact("C100003", "+12015550125"))
    cards.block(third.number, "", "0", ADMINISTRATOR)
    staff.post(page(Card, "reveal", first.pk))
    return list(Card.objects.order_by("pk"))


@pytest.mark.parametrize("model", ROOMS)
def test_every_list_opens_when_there_is_nothing(staff, model):
    assert staff.get(page(model, "changelist")).status_code == 200


@pytest.mark.parametrize("model", ROOMS)
def test_a_list_needs_no_more_queries_for_more_rows(staff, life, model, django_assert_max_num_queries):
    for number in range(12):
        one = card(f"60001234{number:08d}", of=contact(f"C2000{number:02d}", f"+1201555{number:04d}"))
        ledger.accrue(one.number, Decimal(5), BonusType.STATUS, None, None, "r", ADMINISTRATOR)
        staff.post(page(Card, "reveal", one.pk))
    with django_assert_max_num_queries(15):
        response = staff.get(page(model, "changelist"))
    assert response.status_code == 200
    assert response.context["cl"].result_count > 0


@pytest.mark.parametrize("model", ROOMS)
def test_every_row_has_a_page_within_twenty_five_queries(staff, life, model, django_assert_max_num_queries):
    for pk in model._default_manager.values_list("pk", flat=True):
        with django_assert_max_num_queries(25):
            assert staff.get(page(model, "change", pk)).status_code == 200


def test_a_card_of_many_lots_and_entries_needs_no_more_queries(staff, life, django_assert_max_num_queries):
    number = "5000123412340001"
    for receipt in range(30):
        ledger.accrue(number, Decimal(5), BonusType(str(receipt % 2)), None, None, f"x{receipt}", ADMINISTRATOR)
    one = Card.objects.get(number=number)
    with django_assert_max_num_queries(25):
        shown = staff.get(page(Card, "change", one.pk)).content.decode()
    assert "all its entries" in shown
    listed = staff.get(f"{page(Entry, 'changelist')}?card__id__exact={one.pk}")
    assert listed.context["cl"].result_count == one.entries.count()


@pytest.mark.parametrize("asked", ["2341", "0001", "ann", "5000123412340001", "+1 (201) 555-0124", "nobody"])
def test_the_desk_needs_at_most_twenty_five_queries(staff, life, asked, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        assert staff.post(DESK, {"q": asked}, follow=True).status_code == 200


@pytest.mark.parametrize("model", ROOMS)
def test_every_filter_answers_whatever_is_asked_of_it(staff, life, model):
    response = staff.get(page(model, "changelist"))
    names = {name for spec in response.context["cl"].filter_specs for name in spec.expected_parameters()}
    for value in ("", "1", "all", "no such thing", "2026-13-99", "9" * 30, "'; --", "\x00"):
        for asked in (dict.fromkeys(names, value), {"q": value}):
            assert staff.get(page(model, "changelist"), asked).status_code in (200, 302), asked


def test_names_are_never_taken_for_markup(staff, life):
    one = Contact.objects.get(code="C100002")
    for shown in (
        staff.get(page(Contact, "changelist")),
        staff.post(page(Contact, "reveal", one.pk)),
        staff.post(DESK, {"q": "bert"}, follow=True),
    ):
        assert "<b>" not in shown.content.decode()


@pytest.mark.parametrize("model", ROOMS)
def test_nothing_can_be_edited_or_deleted_by_the_common_pages(staff, life, model):
    row = model._default_manager.latest("pk")
    before = model._default_manager.filter(pk=row.pk).values().get()
    assert staff.post(page(model, "change", row.pk), {"status": "2", "name": "X"}).status_code == 403
    assert staff.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model._default_manager.filter(pk=row.pk).values().get() == before
    assert not staff.get(page(model, "change", row.pk)).context["adminform"].form.fields


def test_the_anonymous_are_sent_to_the_log_in(client):
    doors = [DESK, *(page(model, what) for model in ROOMS for what in ("changelist", "add"))]
    doors += [page(Card, act, 1) for act in ("issue", "bind", "activate", "block", "unblock", "replace", "reveal")]
    doors += [page(Contact, act, 1) for act in ("edit", "erase", "reveal", "history")]
    for door in doors:
        for response in (client.get(door), client.post(door, {})):
            assert response.status_code == 302, door
            assert response["Location"].startswith(reverse("admin:login"))
