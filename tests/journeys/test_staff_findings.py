"""Findings worked off in a real browser: a twin ruled on, and another one assigned, commented on and settled."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from safes.estate import place_safe
from safes.models import Finding
from tests.factories import SiteFactory, body_of, cash_in
from tests.journeys.staff import administrator, sign_in
from tests.transactions.pushing import endpoint
from transactions.models import Transaction

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

QUEUE = "/admin/safes/finding/"


def test_a_ruling_on_a_twin_counts_it_and_takes_the_finding_from_the_queue(window, staff_server, complaints):
    place_safe("SR10042", SiteFactory.create())
    key, drop = endpoint("loomis"), cash_in()
    for _ in range(2):  # one drop in two messages: sent twice, or happened twice?
        assert staff_server.push("loomis", body_of(drop), {"Authorization": key}).status == 200
    administrator()
    sign_in(window)

    window.get_by_role("link", name="possible twin").click()  # on the overview
    window.locator("#result_list tbody tr", has_text="possible twin").get_by_role("link").first.click()
    window.get_by_role("link", name="say how many times it happened").click()
    card = window.get_by_role("region", name="CashIn 20.00 USD")
    expect(card).to_contain_text("Counted now")
    card.get_by_label("How many times did it happen?").fill("2")
    card.get_by_role("button", name="Rule").click()
    reason = card.get_by_label("How do you know?")
    expect(reason).to_be_focused()  # no ruling without one
    reason.fill("The site's camera shows both drops.")
    card.get_by_role("button", name="Rule").click()

    expect(window.get_by_text("Ruled. What is counted, and this finding, follow what you said.")).to_be_visible()
    expect(window.locator(".field-line", has_text="State")).to_contain_text("closed")
    expect(card).to_contain_text("2 × by olga")
    window.goto(QUEUE)
    expect(window.get_by_text("Nothing is wrong, as far as can be seen.")).to_be_visible()
    assert Transaction.objects.filter(counted=True).count() == 2
    assert complaints == []


def test_a_finding_is_handed_over_commented_on_and_settled_with_a_reason(window, staff_server, complaints):
    key = endpoint("loomis")
    assert staff_server.push("loomis", body_of(cash_in()), {"Authorization": key}).status == 200
    administrator("petra")
    administrator()
    sign_in(window)

    window.goto(QUEUE)
    window.locator("#result_list tbody tr", has_text="unknown safe").get_by_role("link").first.click()
    window.get_by_role("link", name="Assign").click()
    window.get_by_label("Owner").select_option("petra")
    window.get_by_role("button", name="Assign").click()
    expect(window.get_by_text("It is petra’s now.")).to_be_visible()

    window.get_by_role("link", name="Comment").click()
    window.get_by_label("Comment").fill("Asked Loomis whose it is.")
    window.get_by_role("button", name="Add comment").click()
    expect(window.get_by_role("cell", name="Asked Loomis whose it is.")).to_be_visible()

    window.get_by_role("link", name="Settle").click()
    window.get_by_label("Comment").fill("   ")
    window.get_by_role("button", name="Settle").click()
    expect(window.get_by_text("Say why: a comment is needed.")).to_be_visible()
    window.get_by_label("Comment").fill("A loan of the service desk.")
    window.get_by_role("button", name="Settle").click()
    expect(window.get_by_text("Settled. It opens again if its facts change.")).to_be_visible()

    window.goto(QUEUE)
    expect(window.locator("#result_list")).to_have_count(0)
    settled = Finding.objects.get(kind="unknown_safe")
    assert (settled.state, settled.closed_by, str(settled.owner)) == ("closed", "olga", "petra")
    assert complaints == []


def test_a_delivery_is_read_again_and_nothing_is_stored_twice(window, staff_server, complaints):
    key = endpoint("loomis")
    assert staff_server.push("loomis", body_of(cash_in()), {"Authorization": key}).status == 200
    administrator()
    sign_in(window)

    window.goto("/admin/transactions/delivery/")
    window.locator("#result_list tbody tr", has_text="accepted").get_by_role("link").first.click()
    window.get_by_role("link", name="Read again").click()
    window.get_by_role("button", name="Read again").click()
    expect(window.get_by_text("Read again: accepted, 1 rows")).to_be_visible()
    assert Transaction.objects.count() == 1
    assert complaints == []
