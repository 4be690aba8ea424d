"""Somebody's first day, in a real browser: a second factor, a transaction and its raw delivery, another key."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.staff import administrator, enter_password, set_up_device
from tests.transactions.pushing import body, drop, endpoint
from transactions.models import Delivery

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


def test_staff_log_in_find_a_transaction_open_its_delivery_and_change_a_key(window, staff_server, complaints):
    key = endpoint("loomis")
    pushed = body([drop(amount="41.50", UserName="CARLA JENSEN")])
    assert staff_server.push("loomis", pushed, {"Authorization": key}).status == 200
    delivery = Delivery.objects.get()
    administrator()

    enter_password(window, "olga")
    expect(window.locator(".staff-qr svg")).to_be_visible()
    window.goto("/admin/")  # there is no way around it
    expect(window).to_have_url(re.compile("/second-factor/set-up/"))
    set_up_device(window)
    expect(window).to_have_url(re.compile("/admin/$"))

    window.get_by_role("link", name="Transactions").first.click()
    window.goto("/admin/transactions/transaction/?business_date_from=2026-03-01")
    row = window.locator("#result_list tbody tr", has_text="CARLA JENSEN")
    expect(row).to_contain_text("41.50")
    row.get_by_role("link").first.click()
    window.get_by_role("link", name=f"delivery {delivery.pk}", exact=False).first.click()
    window.get_by_role("link", name="Raw body").click()
    expect(window.locator("pre.staff-raw")).to_contain_text('"UserName": "CARLA JENSEN"')
    assert key not in window.content()

    window.goto("/admin/transactions/pushendpoint/")
    window.get_by_role("link", name="loomis", exact=True).click()
    window.get_by_role("link", name="Change the key").click()
    window.get_by_label("None: the old key stops working at once", exact=False).check()
    window.get_by_role("button", name="Make a new key").click()
    new = window.locator("dd code").first.inner_text()
    assert staff_server.push("loomis", body([drop(1)]), {"Authorization": new}).status == 200
    assert staff_server.push("loomis", body([drop(2)]), {"Authorization": key}).status == 401
    assert complaints == []
