"""Days signed in a real browser: by two people, by keys alone, by the dozen; and reopened by what comes late."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Complaints
from tests.journeys.staff import administrator, sign_in
from tests.transactions.feeds.filing import feed, file_in, xml
from tests.transactions.pushing import drop, endpoint, say
from tests.transactions.server import WebServer
from tests.transactions.takings.telling import taking, tell, turn
from tests.transactions.worksheets.desks import CLERK, SUPERVISOR, site_with_a_safe
from transactions.models import SafeDay, SignOff, SiteDay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

# The server has the clock of the machine, and a day that is signed is over.
DATE = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=3)
LIST = f"/admin/transactions/siteday/?business_date_from={DATE}&business_date_to={DATE}"
SERIOUS = ("serious", "critical")


def dropped(serial: str, hour: int, amount: str) -> dict[str, Any]:
    return drop(amount=amount, SerialNumber=serial, Register="1", TransactionDateTime=f"{DATE}T{hour:02}:00:00")


@pytest.fixture
def morning(staff_server: WebServer) -> None:
    """Three sites: the first and the last balance, the one between is 40 short."""
    key = endpoint()
    for number, (code, told) in enumerate((("S1", "60"), ("S2", "100"), ("S3", "60"))):
        site_with_a_safe(code, f"SR{number}")
        say(key, [dropped(f"SR{number}", 10, "60")])
        tell(taking(told, "1", site=code, business_date=str(DATE)))
    turn()


@pytest.fixture
def desk(browser: Browser, staff_server: WebServer, complaints: Complaints) -> Iterator[Callable[[str, str], Page]]:
    """A window of its own for somebody with a role."""
    opened = []

    def open_for(role: str, name: str) -> Page:
        somebody = administrator(name)
        somebody.is_superuser = False
        somebody.save()
        somebody.groups.set(Group.objects.filter(name=role))
        context = browser.new_context(
            base_url=f"http://127.0.0.1:{staff_server.port}", viewport={"width": 1280, "height": 900}
        )
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        sign_in(page, name)
        return page

    yield open_for
    for context in opened:
        context.close()


def statuses() -> dict[str, str]:
    return dict(SignOff.objects.values_list("site__code", "status"))


def barriers(window: Page) -> list[Any]:
    """What keeps somebody out, by axe, in light and dark."""
    found = []
    for scheme in ("light", "dark"):
        window.emulate_media(color_scheme=scheme)
        violations = Axe().run(window).response["violations"]
        found += [
            (scheme, one["id"], [node["target"] for node in one["nodes"]])
            for one in violations
            if one["impact"] in SERIOUS
        ]
    return found


def open_day(window: Page, code: str) -> None:
    window.goto(LIST)
    window.locator("#result_list tr.data-row", has_text=f"Store {code}").get_by_role("link").first.click()
    expect(window.get_by_role("heading", name="Sign-off")).to_be_visible()


def test_a_short_day_is_explained_approved_and_reopened_by_a_late_file(morning, desk, complaints):
    carla, susan = desk(CLERK, "carla"), desk(SUPERVISOR, "susan")

    open_day(carla, "S2")
    expect(carla.get_by_text("40.00 short, beyond the tolerance of 5.00.")).to_be_visible()
    carla.get_by_role("button", name="Prepare").click()
    expect(carla.get_by_role("alert")).to_have_text("There is something to explain on this day: write a comment.")
    expect(carla.get_by_label("Comment", exact=True)).to_be_focused()
    assert barriers(carla) == []
    carla.get_by_label("Comment", exact=True).fill("Till 1 was two notes short when it was counted.")
    carla.get_by_role("button", name="Prepare").click()
    expect(carla.get_by_text("Prepared: it waits for another person’s approval.")).to_be_visible()

    open_day(susan, "S2")
    expect(susan.get_by_text("Till 1 was two notes short when it was counted.")).to_be_visible()
    susan.get_by_role("button", name="Approve").click()
    expect(susan.get_by_text("Signed: prepared by carla, approved by susan")).to_be_visible()
    assert statuses() == {"S2": "signed"}

    file_in(feed(), "late.xml", xml([dropped("SR1", 10, "60"), dropped("SR1", 11, "40")]))
    turn()
    assert statuses() == {"S2": "reopened"}
    for window in (carla, susan):
        open_day(window, "S2")
        expect(window.get_by_text("Reopened by itself: its figures are others")).to_be_visible()
        changes = window.get_by_role("region", name="What changed since it was signed")
        expect(changes.get_by_role("row", name="site S2 safe total USD 60.00 100.00 +40.00")).to_be_visible()
        assert barriers(window) == []
    carla.get_by_role("button", name="Prepare").click()
    expect(carla.get_by_text("Prepared by carla")).to_be_visible()
    susan.reload()
    susan.get_by_role("button", name="Approve").click()
    expect(susan.get_by_text("Signed: prepared by carla, approved by susan")).to_be_visible()
    assert complaints == []


def test_a_morning_is_worked_through_by_keys_alone(morning, desk, complaints):
    carla = desk(CLERK, "carla")
    carla.goto(LIST)
    keys = carla.keyboard
    keys.press("j")
    keys.press("Enter")
    expect(carla.get_by_text("1 of 3")).to_be_visible()

    keys.press("j")
    expect(carla.get_by_text("2 of 3")).to_be_visible()
    keys.press("k")
    expect(carla.get_by_text("1 of 3")).to_be_visible()
    keys.press("p")
    expect(carla.get_by_role("button", name="Prepare")).to_be_focused()
    assert statuses() == {}  # a key alone signs nothing
    keys.press("Enter")
    expect(carla.get_by_text("Prepared by carla")).to_be_visible()

    expect(carla.get_by_role("link", name="Next to prepare: S2")).to_be_focused()
    keys.press("Enter")
    expect(carla.get_by_text("2 of 3")).to_be_visible()
    keys.press("c")
    box = carla.get_by_label("Comment", exact=True)
    expect(box).to_be_focused()
    keys.type("jpacn: two notes short.")  # letters are letters in a field
    expect(box).to_have_value("jpacn: two notes short.")
    keys.press("Tab")
    expect(carla.get_by_role("button", name="Prepare")).to_be_focused()
    keys.press("Enter")

    expect(carla.get_by_role("link", name="Next to prepare: S3")).to_be_focused()
    keys.press("n")
    expect(carla.get_by_text("3 of 3")).to_be_visible()
    keys.press("p")
    keys.press("Enter")
    expect(carla.get_by_role("link", name="Nothing is left to do on this date: back to the list")).to_be_focused()
    assert statuses() == {"S1": "prepared", "S2": "prepared", "S3": "prepared"}
    keys.press("Enter")
    expect(carla).to_have_url(re.compile(re.escape(LIST)))

    expect(carla.locator("#result_list tr.data-row").first).to_be_visible()
    keys.press("j")
    expect(carla.locator("#result_list tr.data-row a:focus")).to_have_count(1)
    keys.press("Enter")
    expect(carla.get_by_text("of 3")).to_be_visible()
    keys.press("?")
    expect(carla.get_by_role("dialog", name="Keys")).to_contain_text("next day that waits for you")
    assert complaints == []


def test_good_days_are_signed_by_the_dozen_and_the_others_told(morning, desk, complaints):
    for role, name, action, done in (
        (CLERK, "carla", "Prepare the selected", "2 days were prepared"),
        (SUPERVISOR, "susan", "Approve the selected", "2 days were approved"),
    ):
        window = desk(role, name)
        window.goto(LIST)
        window.locator("#action-toggle").check()
        window.locator("select[name=action]").select_option(label=action)
        window.get_by_role("button", name="Run").click()
        expect(window.get_by_role("heading", name=done)).to_be_visible()
        expect(window.get_by_role("row", name=re.compile("Store S2.*40.00 USD less"))).to_be_visible()
        assert barriers(window) == []
    assert statuses() == {"S1": "signed", "S3": "signed"}
    window.get_by_role("link", name="Back to the list").click()
    expect(window.locator("#result_list tr.data-row", has_text="Store S1")).to_contain_text("signed")
    assert barriers(window) == []
    assert complaints == []


def test_worksheets_keep_nobody_out_fit_a_telephone_and_print_on_one_sheet(morning, desk, complaints):
    carla = desk(CLERK, "carla")
    addresses = [
        f"/admin/transactions/siteday/{SiteDay.objects.get(site__code='S1').pk}/change/",
        f"/admin/transactions/safeday/{SafeDay.objects.get(safe__serial_number='SR0').pk}/change/",
    ]
    for address in addresses:
        carla.set_viewport_size({"width": 1280, "height": 900})
        carla.goto(address)
        assert barriers(carla) == []
        carla.set_viewport_size({"width": 390, "height": 844})
        assert carla.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert carla.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
        carla.emulate_media(media="print")
        for hidden in ("#nav-sidebar", ".staff-ws-steps", ".staff-ws-signing form"):
            expect(carla.locator(hidden)).to_be_hidden()
        expect(carla.get_by_role("heading", name="Sign-off")).to_be_visible()
        carla.emulate_media(media="null")
        with carla.expect_download() as download:
            carla.get_by_role("link", name="PDF").click()
        assert str(DATE) in download.value.suggested_filename
    assert complaints == []
