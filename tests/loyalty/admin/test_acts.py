"""The buttons of a card's page: what is offered, what comes of it, and what is said where it does not apply."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loyalty import cards, contacts, replacing
from loyalty.acting import Actor
from loyalty.bonuses import ledger
from loyalty.codes import BonusType
from loyalty.erasing import erase
from loyalty.models import Card, Contact
from tests.loyalty.admin.pressing import offered, said
from tests.loyalty.making import ADMINISTRATOR, NUMBER, PHONE, card, contact
from tests.staff import page

pytestmark = pytest.mark.django_db

NEXT = "5000123412340001"


def test_a_card_is_issued_bound_and_active_by_pressing_what_is_offered(as_role):
    someone, one = contact(), card(issued=False)
    client = as_role("Loyalty desk")
    assert offered(client, one) == {"issue"}
    client.post(page(Card, "issue", one.pk))
    assert offered(client, one) == {"bind"}
    client.post(page(Card, "bind", one.pk), {"contact": PHONE, "sure": someone.code})
    one.refresh_from_db()
    assert (one.status, one.contact) == ("2", someone)
    assert offered(client, one) == {"block", "replace"}


@pytest.mark.parametrize("typed", ["+1 (201) 555-0123", "201-555-0123", "c100001"])
def test_binding_asks_once_more_and_says_whom(as_role, typed):
    someone, one = contact(), card()
    client = as_role("Loyalty desk")
    asked = client.post(page(Card, "bind", one.pk), {"contact": typed})
    assert "This is C100001: A••• B•••, ••••0123." in asked.content.decode()
    one.refresh_from_db()
    assert one.contact is None
    client.post(page(Card, "bind", one.pk), {"contact": typed, "sure": asked.context["form"]["sure"].value()})
    one.refresh_from_db()
    assert one.contact == someone


def test_binding_to_another_than_was_shown_asks_again(as_role):
    contact()
    contact("C100002", "+12015550124")
    one = card()
    as_role("Loyalty desk").post(page(Card, "bind", one.pk), {"contact": "C100002", "sure": "C100001"})
    one.refresh_from_db()
    assert one.contact is None


def test_a_phone_that_nobody_has_is_said_at_its_field(as_role):
    one = card()
    shown = as_role("Loyalty desk").post(page(Card, "bind", one.pk), {"contact": "+12015559999"})
    assert "register them first" in str(shown.context["form"].errors["contact"])


def test_a_card_is_active_once_enough_is_known(as_role):
    someone = contact(birth_date=None)
    one = card(of=someone)
    client = as_role("Loyalty desk")
    assert "activate" not in offered(client, one)
    assert "birth date is not known" in client.get(page(Card, "change", one.pk)).content.decode()
    assert "fill in" in said(client.post(page(Card, "activate", one.pk)))
    contacts.change(someone.code, {"birth_date": "1985-03-02"})
    assert "activate" in offered(client, one)
    client.post(page(Card, "activate", one.pk))
    one.refresh_from_db()
    assert one.status == "2"


def test_a_blocked_card_is_blocked_for_a_stricter_reason_alone(as_role):
    one = card(of=contact())
    cards.block(NUMBER, "", "3", Actor("someone", "marketer"))
    client = as_role("Loyalty desk")
    choices = client.get(page(Card, "block", one.pk)).context["form"].fields["reason"].choices
    assert {code for code, _ in choices} == {"4"}
    shown = client.post(page(Card, "block", one.pk), {"reason": "0"})
    assert "stricter one already" in str(shown.context["form"].errors)


def test_a_card_is_replaced_in_one_step_and_the_page_of_the_new_one_answers(as_role):
    one, after = card(of=contact()), card(NEXT, issued=False)
    ledger.accrue(NUMBER, Decimal("12.50"), BonusType.CASH, None, None, "r1", ADMINISTRATOR)
    client = as_role("Loyalty desk")
    asked = client.get(page(Card, "replace", one.pk)).content.decode()
    assert "12.50 bonuses go over" in asked
    done = client.post(page(Card, "replace", one.pk), {"number": NEXT})
    assert done["Location"] == page(Card, "change", after.pk)
    one.refresh_from_db()
    after.refresh_from_db()
    assert (one.block_reason, one.replaced_by, one.bonus_balance) == ("4", after, Decimal(0))
    assert (after.status, after.contact_id, after.bonus_balance) == ("2", one.contact_id, Decimal("12.50"))
    assert offered(client, one) == set()
    assert "nobody unblocks it" in said(client.post(page(Card, "unblock", one.pk)))


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (NUMBER, "The new card is the old one"),
        ("5000123412340009", "There is no card with this number"),
        ("12", "This is no card number"),
        ("5000123412340002", "already: take another card"),
    ],
)
def test_a_new_card_that_will_not_do_is_said_on_the_form_and_nothing_is_done(as_role, number, says):
    one = card(of=contact())
    card("5000123412340002", of=contact("C100002", "+12015550124"))
    shown = as_role("Loyalty desk").post(page(Card, "replace", one.pk), {"number": number})
    assert says in shown.content.decode()
    one.refresh_from_db()
    assert one.status == "2"


def test_a_page_that_is_out_of_date_is_answered_with_a_sentence(as_role):
    one = card(of=contact())
    card(NEXT, issued=False)
    client = as_role("Loyalty desk")
    replacing.replace(NUMBER, NEXT, ADMINISTRATOR)
    assert "replaced already" in said(client.post(page(Card, "replace", one.pk), {"number": "5000123412340003"}))
    assert "only a New card" in said(client.post(page(Card, "issue", one.pk)))
    assert client.post(page(Card, "block", one.pk), {"reason": "0"}).status_code == 200


def test_a_card_is_made_by_who_may_and_a_number_that_is_taken_is_said(as_role):
    client = as_role("Loyalty desk")
    sent = {"number": NUMBER, "category": "1", "type": "2"}
    client.post(page(Card, "add"), sent)
    made = Card.objects.get()
    assert (made.status, made.category, made.type) == ("0", "1", "2")
    again = client.post(page(Card, "add"), sent)
    assert "already" in str(again.context["form"].errors["number"])
    assert "no card number" in str(client.post(page(Card, "add"), sent | {"number": "x"}).context["form"].errors)
    assert as_role("Supervisor").post(page(Card, "add"), sent).status_code == 403


@pytest.mark.parametrize("role", ["Loyalty desk", "Supervisor"])
def test_the_card_of_an_erased_contact_offers_nothing(as_role, staff, role):
    one = card(of=contact())
    erase(Contact.objects.get().pk, "root")
    assert offered(staff, one) == set()
    assert offered(as_role(role), one) == set()
