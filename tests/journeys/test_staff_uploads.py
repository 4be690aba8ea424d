"""A table of registers, uploaded in a real browser: the preview tells what is wrong, and what will be."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, Page, expect

from safes.models import Register
from tests.factories import SiteFactory
from tests.journeys.staff import administrator, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


def look_at(window: Page, table: str) -> None:
    file: FilePayload = {"name": "registers.csv", "mimeType": "text/csv", "buffer": table.encode()}
    window.locator("input[type=file]").set_input_files(file)
    expect(window.get_by_label("Format").locator("option:checked")).to_have_text("csv")  # told by the file's name
    window.get_by_role("button", name="Look at it").click()


def test_a_bad_row_is_shown_with_its_column_and_reason_and_nothing_is_imported_until_all_is_right(
    window, staff_server, complaints
):
    SiteFactory.create(code="0042", name="Elm Street")
    administrator()
    sign_in(window)
    window.goto("/admin/safes/register/")
    expect(window.get_by_text("Add tills one by one, or upload a table of them.")).to_be_visible()
    window.get_by_role("link", name="Import").click()

    look_at(window, "site,code,name\n0042,1,Front\n0099,2,Back\n")
    mistake = window.get_by_role("region", name="What is wrong").locator("tbody tr")
    expect(mistake).to_have_count(1)
    expect(mistake.locator("th, td")).to_have_text(
        ["3", "site", "0099", "There is no site “0099”: upload sites first."]
    )
    expect(window.get_by_role("button", name="Import", exact=True)).to_have_count(0)
    assert not Register.objects.exists()

    look_at(window, "site,code,name\n0042,1,Front\n0042,2,Back\n")
    expect(window.get_by_text("2 new, 0 changed, 0 as they are already.")).to_be_visible()
    assert not Register.objects.exists()
    window.get_by_role("button", name="Import", exact=True).click()
    expect(window.locator("#result_list tr.data-row")).to_have_count(2)
    assert set(Register.objects.values_list("site__code", "code", "name")) == {
        ("0042", "1", "Front"),
        ("0042", "2", "Back"),
    }
    assert complaints == []
