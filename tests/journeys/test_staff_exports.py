"""Lists taken out in a real browser: a little one comes at once, a large one is seen on its way and then fetched."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from safes.admin.exported import table_of
from safes.exporting.running import write
from safes.models import Export, Register
from tests.factories import SiteFactory
from tests.journeys.staff import administrator, barriers, sign_in
from tests.safes.exports.reading import rows_of_csv, sheets_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

REGISTERS = "/admin/safes/register/"
# More than are written while one waits.
MANY = 2500


def test_a_little_list_comes_at_once(window, staff_server, complaints):
    SiteFactory.create(name="Elm Street")
    administrator()
    sign_in(window)
    window.goto("/admin/safes/site/?q=Elm")
    with window.expect_download() as coming:
        window.get_by_role("button", name="Excel").click()
    assert coming.value.suggested_filename.endswith(".xlsx")
    with open(coming.value.path(), "rb") as file:
        ((_, row),) = sheets_of(file.read())
    assert "Elm Street" in row
    assert complaints == []


def test_a_large_list_is_seen_on_its_way_and_fetched_when_it_is_done(window, staff_server, complaints):
    site = SiteFactory.create()
    Register.objects.bulk_create(Register(site=site, code=f"R{number:04}") for number in range(MANY))
    administrator()
    sign_in(window)
    window.goto(REGISTERS)
    window.get_by_role("button", name="CSV").click()
    expect(window.get_by_role("heading", name="Registers as CSV")).to_be_visible()
    expect(window.get_by_role("status")).to_contain_text("It waits for its turn.")
    assert barriers(window) == []
    assert write(Export.objects.get(), table_of)
    # By itself: nobody looked again.
    expect(window.get_by_text(f"{MANY:,} rows are written.")).to_be_visible()
    with window.expect_download() as coming:
        window.get_by_role("link", name="Download", exact=True).click()
    with open(coming.value.path(), "rb") as file:
        told = rows_of_csv(file.read())
    assert len(told) == MANY + 1
    assert complaints == []
