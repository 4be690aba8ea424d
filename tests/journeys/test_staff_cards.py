"""The card desk in a real browser: a card found by phone, revealed, blocked and replaced; a contact erased."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from loyalty.bonuses import ledger
from loyalty.codes import BonusType
from loyalty.models import Card, Contact, Reveal
from tests.journeys.conftest import Complaints
from tests.journeys.staff import administrator, barriers, sign_in
from tests.loyalty.making import ADMINISTRATOR, NUMBER, PHONE, card, contact

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

DESK = "/admin/loyalty/card/desk/"
NEXT = "5000123412340001"


@pytest.fixture
def anna(transactional_db: None) -> Contact:
    """Somebody with an active card and 12.50 on it; a card in the drawer; somebody else of nearly the same name."""
    someone = contact(email="anna@example.com")
    card(of=someone)
    ledger.accrue(NUMBER, Decimal("12.50"), BonusType.CASH, None, None, "receipt 1", ADMINISTRATOR)
    card(NEXT, issued=False)
    card("4000123412349999", of=contact("C100002", "+12015550124", name="Annabel Stone"))
    return someone


def staff_of(role: str, name: str) -> str:
    user = administrator(name)
    user.is_superuser = False
    user.save()
    user.groups.set(Group.objects.filter(name=role))
    return name


def look(window: Page, words: str) -> None:
    window.goto(DESK)
    box = window.get_by_role("searchbox", name="Card number or its last digits")
    expect(box).to_be_focused()
    window.keyboard.type(words)
    window.keyboard.press("Enter")


def act(window: Page, path: str) -> None:
    window.locator(f"a[href$='/{path}/']").first.click()  # its icon is part of its name


def test_a_card_is_found_revealed_blocked_and_replaced(window: Page, anna: Contact, complaints: Complaints) -> None:
    sign_in(window, staff_of("Loyalty desk", "lola"))
    look(window, "(201) 555-0123")
    standing = window.get_by_role("region", name="Card ••••1234")
    expect(standing).to_contain_text("A••• B•••")
    for secret in ("Anna Berg", PHONE, NUMBER, "5550123", "anna@example.com", "1984"):
        assert secret not in window.content()
        assert secret not in window.url
    assert barriers(window) == []

    window.get_by_role("button", name="Reveal").click()
    for told in ("Anna Berg", PHONE, NUMBER, "anna@example.com", "1984-02-29"):
        expect(standing).to_contain_text(told)
    assert [one.by for one in Reveal.objects.all()] == ["lola"]
    assert barriers(window) == []
    window.get_by_role("link", name="Hide it").click()
    expect(standing).to_contain_text("Seen in full by lola")
    expect(standing).not_to_contain_text("Anna Berg")

    act(window, "block")
    window.get_by_label("loss of the card").check()
    expect(window.get_by_label("unwanted customer")).to_have_count(0)
    assert barriers(window) == []
    window.get_by_role("button", name="Block").click()
    expect(standing).to_contain_text("Blocked for loss of the card, by lola")
    expect(window.get_by_role("region", name="Bonuses by status")).to_contain_text("frozen")

    act(window, "replace")
    expect(window.get_by_text("12.50 bonuses go over to it")).to_be_visible()
    window.get_by_label("Number of the new card").fill(NEXT)
    window.get_by_role("button", name="Replace").click()
    after = window.get_by_role("region", name="Card ••••0001")
    expect(after).to_contain_text("It replaces ••••1234")
    expect(window.get_by_role("heading", name="Bonuses: 12.50")).to_be_visible()
    expect(window.get_by_role("region", name="The ledger")).to_contain_text("+12.50")

    after.get_by_role("link", name="••••1234").click()
    expect(standing).to_contain_text("Replaced by ••••0001")
    expect(window.locator("a[href$='/unblock/']")).to_have_count(0)
    window.goto(f"{window.url.removesuffix('change/')}unblock/")
    expect(window.get_by_text("nobody unblocks it")).to_be_visible()
    assert Card.objects.get(number=NUMBER).replaced_by == Card.objects.get(number=NEXT)
    assert complaints == []


def test_rows_are_gone_through_by_keys_and_back_shows_them_again(
    window: Page, anna: Contact, complaints: Complaints
) -> None:
    sign_in(window, staff_of("Loyalty desk", "lola"))
    look(window, "ann")
    expect(window.get_by_text("2 found.")).to_be_visible()
    assert barriers(window) == []
    window.get_by_role("button", name="Find").focus()
    window.keyboard.press("j")
    window.keyboard.press("j")
    window.keyboard.press("Enter")
    expect(window.get_by_role("region", name="Card ••••9999")).to_be_visible()
    window.go_back()
    expect(window.get_by_text("2 found.")).to_be_visible()
    look(window, "+1 201 555 9999")
    expect(window.get_by_text("Nothing was found.")).to_be_visible()
    assert barriers(window) == []
    assert complaints == []


def test_a_supervisor_erases_a_contact(window: Page, anna: Contact, complaints: Complaints) -> None:
    sign_in(window, staff_of("Supervisor", "susan"))
    look(window, "C100001")
    window.get_by_role("region", name="Card ••••1234").get_by_role("link", name="C100001").click()
    expect(window.get_by_role("region", name="Cards of this contact")).to_contain_text("••••1234")
    assert barriers(window) == []
    act(window, "erase")
    expect(window.get_by_text("What goes:")).to_be_visible()
    window.get_by_label("Type the contact’s code to erase it").fill("c100001")
    assert barriers(window) == []
    window.get_by_role("button", name="Erase").click()
    expect(window.get_by_text("Who it was is known no more")).to_be_visible()
    anna.refresh_from_db()
    assert (anna.name, anna.mobile_number) == ("", None)
    look(window, PHONE)
    expect(window.get_by_text("Nothing was found.")).to_be_visible()
    assert complaints == []
