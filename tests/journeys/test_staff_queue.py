"""A morning at the queue in a real browser: taken on, talked about, proven by a photograph, settled three at once, and
come back to by a saved view; and anything found from one box by keyboard. Nobody is kept out of any of it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from safes.estate import place_safe
from safes.findings import Facts, settle
from safes.models import Attachment, Finding, SavedFilter
from tests.factories import SiteFactory, body_of, cash_in
from tests.journeys.staff import administrator, barriers, sign_in
from tests.staff import page
from tests.transactions.pushing import endpoint

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

QUEUE = "/admin/safes/finding/"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


@pytest.fixture
def queue(window: Page) -> Page:
    """Somebody before a queue of four: three possible twins, and an open door that is worse."""
    for number, cash in enumerate(("20", "40", "60")):
        settle("possible_twin", {f"SR{number}": Facts("It came twice: rule on it.", cash_at_stake=Decimal(cash))})
    worse = Facts("The vault stood open for an hour: ask the site.", severity=Finding.Severity.CRITICAL)
    settle("door_open", {"SR9": worse})
    administrator()
    sign_in(window)
    window.goto(QUEUE)
    return window


def rows(window: Page) -> list[str]:
    return window.locator("#result_list tr.data-row .field-what").all_inner_texts()


def test_a_morning_at_the_queue(queue, tmp_path, complaints):
    found = rows(queue)
    assert found[0].strip() == "door open"  # the worst first
    assert [text.strip() for text in found[1:]] == ["possible twin"] * 3

    # Taken on, and a photograph attached.
    queue.locator("#result_list tr.data-row").first.get_by_role("link").first.click()
    queue.get_by_role("link", name="Assign").click()
    queue.get_by_role("button", name="Assign").click()  # oneself is suggested
    expect(queue.get_by_text("It is olga’s now.")).to_be_visible()
    photograph = tmp_path / "vault.png"
    photograph.write_bytes(PNG)
    queue.get_by_label("Attach a file").set_input_files(photograph)
    expect(queue.get_by_label("Name", exact=True)).to_have_value("vault.png")
    queue.get_by_role("button", name="Attach", exact=True).click()
    expect(queue.get_by_text("vault.png is attached.")).to_be_visible()
    assert barriers(queue) == []
    with queue.expect_download() as download:
        queue.get_by_role("link", name="vault.png").click()
    assert Path(download.value.path()).read_bytes() == PNG

    # A view of one's own, and back by it.
    queue.goto(f"{QUEUE}?owner=me")
    queue.get_by_text("Save this view").click()
    queue.get_by_label("Name", exact=True).fill("My doors")
    queue.get_by_role("button", name="Save", exact=True).click()
    expect(queue.get_by_text("Saved as “My doors”.")).to_be_visible()
    queue.goto(QUEUE)
    views = queue.get_by_role("navigation", name="Saved views")
    views.get_by_role("link", name="My doors").click()
    expect(views.get_by_role("link", name="My doors")).to_have_attribute("aria-current", "true")
    assert len(rows(queue)) == 1
    assert barriers(queue) == []

    # Three at once, marked by keyboard.
    queue.goto(f"{QUEUE}?kind=possible_twin")
    for key in "jxjxjx":
        queue.keyboard.press(key)
    queue.get_by_role("combobox", name="Action").select_option("settle_many")
    queue.get_by_role("button", name="Run").click()
    expect(queue.get_by_role("heading", name="Settle 3 findings")).to_contain_text("120.00")
    assert barriers(queue) == []
    queue.get_by_label("Comment").fill("The camera shows one drop each.")
    queue.get_by_role("button", name="Settle 3 findings").click()
    expect(queue.get_by_text("Settled 3 findings.")).to_be_visible()
    expect(queue).to_have_url(re.compile(r"kind=possible_twin"))

    assert Finding.objects.filter(kind="possible_twin", state="closed", closed_by="olga").count() == 3
    assert str(Finding.objects.get(state="open").owner) == "olga"
    assert Attachment.objects.get().file_name == "vault.png"
    assert SavedFilter.objects.get().query == "owner=me"
    assert complaints == []


def test_a_file_that_is_too_large_is_refused_with_the_limit(queue, tmp_path, complaints):
    finding = Finding.objects.earliest("pk")
    queue.goto(page(Finding, "change", finding.pk))
    film = tmp_path / "film.png"
    film.write_bytes(PNG + b"\x00" * (40 << 20))
    queue.get_by_label("Attach a file").set_input_files(film)
    queue.get_by_role("button", name="Attach", exact=True).click()
    expect(queue.get_by_text("The file is too large: at most 10.0 MB can be attached.")).to_be_visible()
    assert not Attachment.objects.exists()
    assert complaints == []


@pytest.mark.parametrize("width", [1440, 420])
def test_anything_is_found_from_one_box_by_keyboard(window, staff_server, complaints, width):
    place_safe("SR10042", SiteFactory.create())
    assert staff_server.push("loomis", body_of(cash_in()), {"Authorization": endpoint("loomis")}).status == 200
    administrator()
    sign_in(window)
    window.set_viewport_size({"width": width, "height": 900})
    window.goto(QUEUE)
    window.keyboard.press("s")
    box = window.get_by_role("searchbox", name="Search everything" if width > 1280 else "Look for")
    expect(box).to_be_focused()
    box.fill("sr10042")
    window.keyboard.press("Enter")
    safes = window.get_by_role("region", name="Safes", exact=True)
    expect(safes.get_by_role("link", name="SR10042")).to_be_visible()
    assert barriers(window) == []
    assert not window.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    window.emulate_media(color_scheme="dark")
    window.reload()
    assert barriers(window) == []
    window.keyboard.press("s")
    expect(window.get_by_role("searchbox", name="Look for")).to_be_focused()
    window.get_by_role("searchbox", name="Look for").fill("no such thing")
    window.keyboard.press("Enter")
    expect(window.get_by_text("Nothing was found for “no such thing”.")).to_be_visible()
    assert complaints == []
