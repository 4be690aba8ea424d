"""What scripts do in the staff site, clicked: menus, theme, filters, dates, further lines. None of it needs more than
the content policy allows, and none of it keeps out whoever sees or hears the page in another way.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from safes.estate import place_safe
from safes.models import Finding, Safe
from tests.factories import SiteFactory, body_of, cash_in
from tests.journeys.staff import administrator, barriers, sign_in
from tests.staff import page
from tests.transactions.pushing import endpoint
from tests.transactions.server import WebServer
from transactions.models import Delivery, PushEndpoint, Transaction

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

LIST = "/admin/transactions/transaction/"


@pytest.fixture
def full_house(window: Page, staff_server: WebServer) -> Page:
    """A row in every list that matters, and somebody before the overview."""
    place_safe("SR10042", SiteFactory.create())
    key = endpoint("loomis")
    rows = [cash_in(), cash_in(UserName="BEN", TransactionType="DoorOpened", Amount=None), cash_in(Amount="much")]
    for _ in range(2):
        assert staff_server.push("loomis", body_of(*rows), {"Authorization": key}).status == 200
    administrator()
    sign_in(window)
    return window


def test_the_theme_is_switched_and_stays(full_house, complaints):
    html = full_house.locator("html")
    for theme, shown in (("Dark", re.compile("dark")), ("Light", re.compile("light"))):
        full_house.get_by_text("olga", exact=True).first.click()
        full_house.get_by_text(theme, exact=True).click()
        expect(html).to_have_class(shown)
        full_house.goto(LIST)
        expect(html).to_have_class(shown)
    assert complaints == []


def test_filters_narrow_a_list_and_say_so(full_house, complaints):
    full_house.goto(LIST)
    full_house.keyboard.press("f")
    expect(full_house.locator("#filter-form :focus")).to_be_visible()
    full_house.locator("#filter-form [name=user_name]").fill("NOBODY")
    full_house.get_by_role("button", name="Apply Filters").click()
    expect(full_house.get_by_role("heading", name="Nothing fits")).to_be_visible()
    full_house.get_by_role("link", name="Clear search and filters").click()
    expect(full_house.locator("#result_list tr.data-row")).to_have_count(Transaction.objects.count())
    assert complaints == []


def test_a_date_is_picked_and_a_line_added(full_house, complaints):
    full_house.goto(page(Safe, "change", Safe.objects.get().pk))
    full_house.get_by_text("Add another Placement").click()
    added = full_house.locator("#id_placements-1-starts_on")
    expect(added).to_be_visible()
    full_house.locator("#id_placements-1-starts_on + .datetimeshortcuts a").last.click()
    full_house.locator(".calendarbox:visible").get_by_text("15", exact=True).click()
    expect(added).to_have_value(re.compile(r"^\d{4}-\d\d-15$"))
    assert complaints == []


def test_the_menu_of_a_narrow_window_opens_and_no_page_is_wider_than_it(full_house, complaints):
    full_house.set_viewport_size({"width": 390, "height": 844})
    finding = Finding.objects.filter(kind="possible_twin").get()
    wide = []
    for address in (
        "/admin/",
        LIST,
        page(Delivery, "changelist"),
        page(Finding, "change", finding.pk),
        "/admin/auth/user/1/",
    ):
        full_house.goto(address)
        if full_house.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(address)
    assert wide == []
    full_house.get_by_role("button", name="Show or hide the menu").click()
    full_house.get_by_role("link", name="Findings").click()
    expect(full_house).to_have_url(re.compile("/safes/finding/$"))
    assert complaints == []


def test_a_list_on_paper_is_a_table_with_its_title_and_nothing_to_click(full_house):
    full_house.goto(LIST)
    full_house.set_viewport_size({"width": 700, "height": 1000})  # as wide as the sheet
    full_house.emulate_media(media="print")
    expect(full_house.get_by_role("heading", level=1)).to_have_text("Transactions")
    expect(full_house.locator("#result_list thead")).to_have_css("display", "table-header-group")
    expect(full_house.locator("#result_list tr.data-row").first).to_have_css("display", "table-row")
    for hidden in ("#nav-sidebar", "#searchbar", "#open-filters", ".action-select >> nth=0"):
        expect(full_house.locator(hidden)).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_keeps_anybody_out(full_house, scheme):
    full_house.emulate_media(color_scheme=scheme)
    finding = Finding.objects.filter(kind="possible_twin").get()
    source, delivery, transaction = (
        PushEndpoint.objects.get(),
        Delivery.objects.earliest("pk"),
        Transaction.objects.earliest("pk"),
    )
    kept_out = {}
    for address in (
        "/admin/",
        LIST,
        page(Finding, "changelist"),
        page(Finding, "change", finding.pk),
        page(Finding, "settle", finding.pk),
        page(Transaction, "change", transaction.pk),
        page(Delivery, "changelist"),
        page(Delivery, "change", delivery.pk),
        page(Delivery, "raw", delivery.pk),
        page(PushEndpoint, "change", source.pk),
        page(PushEndpoint, "rotate", source.pk),
        page(Safe, "change", Safe.objects.get().pk),
        page(Safe, "import"),
    ):
        full_house.goto(address)
        if found := barriers(full_house):
            kept_out[address] = found
    full_house.keyboard.press("?")
    if found := barriers(full_house):
        kept_out["the keys"] = found
    assert kept_out == {}
