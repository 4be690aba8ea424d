"""A clerk looks at a day that both channels told of, prints its certificate, and checks it later."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from safes.estate import place_safe
from tests.factories import SiteFactory
from tests.journeys.staff import administrator, sign_in
from tests.transactions.completeness.comparing import turn
from tests.transactions.feeds.filing import feed, file_in, xml
from tests.transactions.pushing import body, drop, endpoint

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


def test_a_certificate_is_read_printed_and_checked_in_the_browser(window, staff_server, complaints):
    place_safe("SR10042", SiteFactory.create(time_zone="UTC"))
    day = timezone.now().date() - dt.timedelta(days=5)
    rows = [
        drop(number, TransactionDateTime=f"{day}T12:00:{number:02}", UserName="ANNA", Register="1")
        for number in range(3)
    ]
    staff_server.push("loomis", body(rows), {"Authorization": endpoint("loomis")})
    file_in(feed(), "day.xml", xml(rows))
    turn()
    administrator()
    sign_in(window)
    window.get_by_text("Completeness of the last 31 days").wait_for()
    window.goto("/admin/transactions/channelcompleteness/")
    window.locator("#result_list").get_by_role("link", name=day.isoformat()).click()
    window.get_by_role("link", name="Certificate").first.click()
    window.get_by_text("Complete: pushes and files told of the same transactions.").wait_for()
    code = window.get_by_label("Code of the certificate").inner_text()
    window.emulate_media(media="print")
    assert window.get_by_label("Code of the certificate").is_visible()
    assert not window.get_by_role("link", name="Check a certificate").is_visible()
    window.emulate_media(media="screen")
    window.get_by_role("link", name="Check a certificate").click()
    window.get_by_label("Code").fill(code)
    window.get_by_role("button", name="Check", exact=True).click()
    window.get_by_text("Genuine, and the figures are still the same.").wait_for()
    window.get_by_label("Code").fill(code[:-6])
    window.get_by_role("button", name="Check", exact=True).click()
    window.get_by_role("status").wait_for()
    assert (
        "damaged" in window.get_by_role("status").inner_text() or "genuine" in window.get_by_role("status").inner_text()
    )
    assert complaints == []
