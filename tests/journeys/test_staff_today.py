"""A morning in the cash office, in a real browser: Today by role, the takings typed by keyboard, a safe counted.

Every page on the way keeps nobody out (axe), and nothing needs more than the content policy allows.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect

from safes.estate import place_safe
from safes.models import Safe, Site
from tests.factories import RegisterFactory, SiteFactory, body_of, cash_in
from tests.journeys.staff import administrator, sign_in
from tests.staff import page
from tests.transactions.pushing import endpoint
from tests.transactions.server import WebServer
from tests.transactions.takings.telling import taking, tell, turn
from transactions.models import Pickup, SiteDay, Taking
from transactions.reconciliation.signing.acts import prepare
from transactions.reconciliation.signing.standing import standing_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

DESK = "/admin/transactions/taking/desk/"
SERIOUS = ("serious", "critical")
# Over by every clock, also while the tests run past midnight.
THAT_DAY = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=2)


def barriers(window: Page) -> list[Any]:
    """What keeps somebody out, by axe: its rule, and the places."""
    found = Axe().run(window).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found if one["impact"] in SERIOUS]


def at(time: str, serial: str = "SR10042", **more: Any) -> dict[str, Any]:
    """A row of that day, by the clock of a safe in UTC."""
    return cash_in(serial, TransactionDateTime=f"{THAT_DAY}T{time}:00", **more)


def staff_member(name: str, role: str) -> User:
    somebody = administrator(name)
    User.objects.filter(pk=somebody.pk).update(is_superuser=False)
    somebody.groups.add(Group.objects.get(name=role))
    return somebody


@pytest.fixture
def house(window: Page, staff_server: WebServer) -> Site:
    """Two sites with two registers and a safe each; the first safe was emptied that day."""
    sites = {code: SiteFactory.create(code=code, time_zone="UTC") for code in ("S1", "S2")}
    for code, serial in (("S1", "SR10042"), ("S2", "SR2")):
        place_safe(serial, sites[code])
        for register in ("1", "2"):
            RegisterFactory.create(site=sites[code], code=register)
    key = endpoint("loomis")
    rows = [
        at("09:00", TransactionType="Logon", Amount=None),
        at("09:01", Amount=60, Register="1"),
        at("10:00", Amount=40, Register="2"),
        at("12:00", TransactionType="Servicing", Amount=100),
        at("15:00", Amount=20, Register="1", PickupGroupId=8),
        at("11:00", "SR2", Amount=50),
    ]
    assert staff_server.push("loomis", body_of(*rows), {"Authorization": key}).status == 200
    turn()
    return sites["S1"]


def test_a_clerk_types_the_takings_of_a_day_by_keyboard_alone(house, window, complaints):
    staff_member("carla", "Cash office clerk")
    sign_in(window, "carla")
    keys = window.keyboard

    expect(window.get_by_role("link", name="2 site days to prepare")).to_be_visible()
    assert barriers(window) == []
    window.get_by_role("link", name="Takings desk").focus()
    keys.press("Enter")
    expect(window.get_by_label("Site", exact=True)).to_be_focused()
    keys.type("s1")
    keys.press("Tab")
    keys.type(f"{THAT_DAY:%m%d%Y}")  # as the browser's own field asks for it
    keys.press("Enter")
    expect(window.get_by_role("heading", name=f"Takings of {house} on")).to_contain_text(f"{THAT_DAY}")

    first, second = window.get_by_label("Takings, register 1"), window.get_by_label("Takings, register 2")
    expect(first).to_be_focused()
    keys.type("85")
    keys.press("Enter")
    expect(second).to_be_focused()
    keys.type("forty")
    for _ in range(4):  # past the free lines
        keys.press("Enter")
    expect(window.get_by_role("button", name="Save")).to_be_focused()
    keys.press("Enter")

    expect(window.get_by_text("Nothing was kept: 1 line is wrong.")).to_be_visible()
    assert not Taking.objects.exists()
    expect(second).to_be_focused()
    expect(second).to_have_attribute("aria-invalid", "true")
    expect(window.get_by_text("That is not an amount: write 1560.00")).to_be_visible()
    assert barriers(window) == []
    keys.press("Control+A")
    keys.type("40")
    for _ in range(4):
        keys.press("Enter")
    keys.press("Enter")

    expect(window.get_by_text("2 takings kept.")).to_be_visible()
    expect(window.locator("tr", has=first)).to_contain_text("-5.00")
    expect(window.locator("tfoot")).to_contain_text("-5.00 USD")
    assert barriers(window) == []
    assert set(Taking.objects.values_list("register__code", "amount", "entered_by__username")) == {
        ("1", Decimal(85), "carla"),
        ("2", Decimal(40), "carla"),
    }
    assert complaints == []


def test_a_safe_is_counted_and_its_page_says_how_it_came_out(house, window, complaints):
    staff_member("carla", "Cash office clerk")
    sign_in(window, "carla")
    safe = Safe.objects.get(serial_number="SR10042")

    window.goto(page(Safe, "change", safe.pk))
    held = window.get_by_role("region", name="In it now, by the books")
    expect(held).to_contain_text("20.00 USD")
    expect(window.get_by_role("region", name="A day as it went")).to_contain_text("Servicing")
    assert barriers(window) == []
    held.get_by_role("link", name="Enter a count").click()
    expect(window.get_by_label("Safe", exact=False).first).to_have_value("SR10042")
    window.get_by_label("Business date").fill(f"{THAT_DAY}")
    window.get_by_label("Denominations").fill("5 x 3")
    window.get_by_role("button", name="Save", exact=True).click()
    expect(window.locator("#result_list")).to_contain_text("differs")

    window.goto(page(Safe, "change", safe.pk))
    expect(held).to_contain_text("differs by -5.00 USD")
    held.get_by_role("link", name=f"{THAT_DAY} contents: 15.00 USD").click()
    expect(window.get_by_text("the books have 20.00 USD")).to_be_visible()
    assert complaints == []


def test_a_supervisor_is_led_to_what_waits_for_approval(house, window, complaints):
    carla = staff_member("carla", "Cash office clerk")
    other = Site.objects.get(code="S2")
    prepare(other.pk, THAT_DAY, carla, standing_of(other.pk, THAT_DAY).seen, "Nobody has takings there.")
    staff_member("susan", "Supervisor")
    sign_in(window, "susan")
    assert barriers(window) == []

    window.get_by_role("link", name="1 site day to approve").click()
    expect(window.locator("#result_list tr.data-row")).to_have_count(1)
    expect(window.locator("#result_list")).to_contain_text("S2")
    window.goto(page(Pickup, "change", Pickup.objects.get(pickup_group_id=7, safe__serial_number="SR10042").pk))
    # Nobody had counted the safe before its first drop.
    expect(window.get_by_role("region", name="How it comes out")).to_contain_text("this pickup is not judged")
    assert barriers(window) == []
    assert complaints == []


def test_an_auditor_reads_the_same_in_the_dark_and_on_a_narrow_screen(house, window, complaints):
    staff_member("aude", "Auditor")
    tell(taking("90", "1", business_date=f"{THAT_DAY}"))
    turn()
    window.emulate_media(color_scheme="dark")
    window.set_viewport_size({"width": 420, "height": 900})
    sign_in(window, "aude")
    wide, kept_out = [], {}
    for address in (
        "/admin/",
        page(Safe, "change", Safe.objects.get(serial_number="SR10042").pk),
        page(Pickup, "change", Pickup.objects.earliest("pk").pk),
    ):
        window.goto(address)
        if window.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(address)
        if found := barriers(window):
            kept_out[address] = found
    assert (wide, kept_out) == ([], {})
    # A bar of the chart, by keyboard, leads to its day.
    window.goto("/admin/")
    window.get_by_label(f"{THAT_DAY:%Y-%m-%d %a}: over by").focus()
    window.keyboard.press("Enter")
    expect(window.locator("#result_list tr.data-row")).to_have_count(SiteDay.objects.count())
    assert window.goto(DESK).status == 403
    assert [text for text in complaints if "403" not in text] == []
