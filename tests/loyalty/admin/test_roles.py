"""Who presses the buttons of a card: each role its own, whatever is sent to the server."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from loyalty import cards, contacts
from loyalty.acting import Actor
from loyalty.models import Card, CardEvent
from loyalty.reasons import CARD_ROLES
from tests.factories import UserFactory
from tests.loyalty.admin.pressing import offered, said
from tests.loyalty.making import ADMINISTRATOR, NUMBER, PHONE, card, contact
from tests.staff import page

pytestmark = pytest.mark.django_db

NEXT = "5000123412340001"
# From DOMAIN.md, section 4: block reasons, and unblock reasons.
MAY = {
    "client": ("0", "0"),
    "cc_operator": ("034", "03"),
    "marketer": ("034", "03"),
    "senior_employee": ("014", "01"),
    "director": ("0124", "012"),
    "administrator": ("01234", "0123"),
}


@pytest.fixture
def acting_as(client):
    """Somebody who may change cards, and has this card role and no other."""

    def become(role: str):
        user = UserFactory.create()
        names = ["view_card", "change_card", "view_contact", *([f"act_as_{role}_card"] if role else [])]
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client.force_login(user)
        return client

    return become


def test_each_card_role_is_one_of_the_table():
    assert set(MAY) == set(CARD_ROLES)


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("reason", "01234")
def test_a_card_is_blocked_for_the_reasons_of_the_role_and_no_other(acting_as, role, reason):
    one = card(of=contact())
    client = acting_as(role)
    choices = client.get(page(Card, "block", one.pk)).context["form"].fields["reason"].choices
    assert {code for code, _ in choices} == set(MAY[role][0])
    client.post(page(Card, "block", one.pk), {"reason": reason})
    one.refresh_from_db()
    assert (one.block_reason == reason) == (reason in MAY[role][0])
    if one.block_reason:
        assert one.blocked_by_role == role
        event = one.events.get(what=CardEvent.What.BLOCKED)
        assert (event.by_person, event.role, event.reason) == (True, role, reason)


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("reason", "0123")
def test_a_card_is_unblocked_for_the_reasons_of_the_role_and_no_other(acting_as, role, reason):
    one = card(of=contact())
    cards.block(NUMBER, "", reason, Actor("someone", "director" if reason in "12" else "marketer"))
    client, may = acting_as(role), reason in MAY[role][1]
    assert ("unblock" in offered(client, one)) == may
    response = client.post(page(Card, "unblock", one.pk))
    one.refresh_from_db()
    assert one.status == ("2" if may else "3")
    assert may or "Your role may not unblock" in said(response)


@pytest.mark.parametrize("role", MAY)
def test_every_role_issues_binds_and_activates(acting_as, role):
    someone, one = contact(birth_date=None), card(issued=False)
    client = acting_as(role)
    client.post(page(Card, "issue", one.pk))
    client.post(page(Card, "bind", one.pk), {"contact": PHONE, "sure": someone.code})
    contacts.change(someone.code, {"birth_date": "1985-03-02"})
    client.post(page(Card, "activate", one.pk))
    one.refresh_from_db()
    assert one.status == "2"
    assert {event.role for event in one.events.exclude(what=CardEvent.What.MADE)} == {role}


@pytest.mark.parametrize("role", MAY)
def test_a_card_is_replaced_by_the_roles_that_may_block_it_for_that(acting_as, role):
    one, after = card(of=contact()), card(NEXT, issued=False)
    client, may = acting_as(role), "4" in MAY[role][0]
    assert ("replace" in offered(client, one)) == may
    shown = client.post(page(Card, "replace", one.pk), {"number": NEXT}, follow=True)
    one.refresh_from_db()
    assert (one.replaced_by == after) == may
    assert may or "Your role may not replace cards." in shown.content.decode()


def test_what_an_administrator_blocked_only_an_administrator_unblocks(acting_as):
    one = card(of=contact())
    cards.block(NUMBER, "", "0", ADMINISTRATOR)
    client = acting_as("director")
    assert "unblock" not in offered(client, one)
    assert "only an administrator" in said(client.post(page(Card, "unblock", one.pk)))
    acting_as("administrator").post(page(Card, "unblock", one.pk))
    one.refresh_from_db()
    assert one.status == "2"


@pytest.mark.parametrize("act", ["issue", "bind", "activate", "block", "unblock", "replace"])
def test_who_has_no_card_role_or_may_not_change_cards_is_refused(acting_as, as_role, act):
    one = card(of=contact())
    door = page(Card, act, one.pk)
    before = list(CardEvent.objects.values())
    for client in (acting_as(""), as_role("Auditor"), as_role("Cash office clerk"), as_role("Integration admin")):
        for response in (client.get(door), client.post(door, {"reason": "0", "number": NEXT, "contact": PHONE})):
            assert response.status_code == 403
    assert list(CardEvent.objects.values()) == before


@pytest.mark.parametrize(("role", "acts_as"), [("Loyalty desk", "cc_operator"), ("Supervisor", "director")])
def test_staff_act_in_the_role_of_their_group(as_role, role, acts_as):
    one = card(of=contact())
    as_role(role).post(page(Card, "block", one.pk), {"reason": "0"})
    one.refresh_from_db()
    assert one.blocked_by_role == acts_as


def test_a_superuser_acts_as_the_administrator(staff):
    one = card(of=contact())
    staff.post(page(Card, "block", one.pk), {"reason": "3"})
    one.refresh_from_db()
    assert one.blocked_by_role == "administrator"
