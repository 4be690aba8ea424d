"""Lists worked through without a mouse: the row under the cursor has the focus, and no key is in the way of typing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.factories import body_of, cash_in
from tests.journeys.staff import administrator, sign_in
from tests.transactions.pushing import endpoint
from tests.transactions.server import WebServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

LIST = "/admin/transactions/transaction/"


@pytest.fixture
def transactions(window: Page, staff_server: WebServer) -> Page:
    """The list of three transactions, and somebody before it."""
    key = endpoint("loomis")
    rows = [cash_in(UserName=name, Amount=amount) for name, amount in (("ANNA", 20), ("BEN", 40), ("CARLA", 60))]
    assert staff_server.push("loomis", body_of(*rows), {"Authorization": key}).status == 200
    administrator()
    sign_in(window)
    window.goto(LIST)
    return window


def row(window: Page, number: int) -> Locator:
    return window.locator("#result_list tr.data-row").nth(number)


def under_the_cursor(window: Page, number: int) -> None:
    expect(row(window, number).get_by_role("link").first).to_be_focused()
    expect(row(window, number)).to_have_css("outline-style", "solid")


def test_rows_are_walked_ticked_opened_and_come_back_to(transactions, complaints):
    for key, number in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        transactions.keyboard.press(key)
        under_the_cursor(transactions, number)
    transactions.keyboard.press("x")
    expect(row(transactions, 1).get_by_role("checkbox")).to_be_checked()
    expect(transactions.get_by_text("1 of 3 selected")).to_be_visible()
    under_the_cursor(transactions, 1)

    transactions.keyboard.press("Enter")
    expect(transactions).to_have_url(re.compile(r"/transaction/\d+/change/"))
    expect(transactions.get_by_role("link", name="Close")).to_be_visible()
    transactions.keyboard.press("u")
    expect(transactions).to_have_url(re.compile(f"{LIST}$"))
    transactions.wait_for_load_state()
    transactions.keyboard.press("j")
    under_the_cursor(transactions, 1)
    assert complaints == []


def test_what_is_typed_into_a_field_is_text(transactions):
    transactions.keyboard.press("/")
    field = transactions.locator("#searchbar")
    expect(field).to_be_focused()
    transactions.keyboard.type("jx?gf/")
    expect(field).to_have_value("jx?gf/")
    expect(transactions.get_by_role("dialog", name="Keys")).to_be_hidden()
    transactions.keyboard.press("Enter")
    expect(transactions.get_by_role("heading", name="Nothing fits")).to_be_visible()


def test_a_key_with_a_modifier_is_the_browsers(transactions):
    for modifier in ("Alt", "Control", "Meta"):
        transactions.keyboard.press(f"{modifier}+j")
    expect(transactions.locator("#result_list a:focus")).to_have_count(0)
    transactions.keyboard.press("j")
    under_the_cursor(transactions, 0)


@pytest.mark.parametrize(
    ("letter", "address"),
    [
        ("o", "/admin/"),
        ("f", "/admin/safes/finding/"),
        ("d", "/admin/transactions/delivery/"),
        ("t", "/admin/transactions/transaction/"),
        ("s", "/admin/safes/safe/"),
    ],
)
def test_g_and_a_letter_lead_to_a_room(window, staff_server, letter, address):
    administrator()
    sign_in(window)
    window.goto("/admin/safes/site/")
    window.keyboard.type(f"g{letter}")
    expect(window).to_have_url(re.compile(f"{address}$"))


def test_the_keys_are_told_by_a_dialog_which_can_turn_them_off(transactions, complaints):
    keys = transactions.get_by_role("dialog", name="Keys")
    transactions.keyboard.press("j")
    transactions.keyboard.press("?")
    expect(keys).to_contain_text("go to Findings")
    transactions.keyboard.press("j")  # the list behind it waits
    transactions.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    under_the_cursor(transactions, 0)

    transactions.get_by_role("button", name="Keys").click()
    keys.get_by_label("Use these keys").uncheck()
    keys.get_by_role("button", name="Close").click()
    transactions.reload()
    transactions.keyboard.press("j")
    transactions.keyboard.press("?")
    expect(keys).to_be_hidden()
    expect(transactions.locator("#result_list a:focus")).to_have_count(0)

    transactions.get_by_role("button", name="Keys").click()
    keys.get_by_label("Use these keys").check()
    transactions.keyboard.press("Escape")
    transactions.keyboard.press("j")
    under_the_cursor(transactions, 0)
    assert complaints == []
