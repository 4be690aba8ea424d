"""Today: what came in, what is silent, what waits for somebody; every number leads to the list behind it."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from safes.estate import place_safe
from safes.models import Finding, Safe
from tests.factories import (
    AdministratorFactory,
    FindingFactory,
    PushEndpointFactory,
    SiteFactory,
    UserFactory,
    body_of,
    cash_in,
    deliver,
)
from tests.staff import page
from tests.transactions.today.asking import asked, figures, listed, today
from transactions.models import Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


@pytest.fixture
def life():
    """Safes heard from, silent, never heard from and unknown; good rows, bad rows, and a delivery that waits."""
    site = SiteFactory.create(time_zone="UTC")
    for serial in ("SR1", "SR2", "SR3"):
        place_safe(serial, site)
    endpoint = PushEndpointFactory.create()
    long_ago = timezone.now() - dt.timedelta(days=3)
    old = cash_in("SR2", TransactionDateTime=f"{long_ago:%Y-%m-%dT%H:%M:%S}")
    deliver(endpoint, body_of(cash_in("SR1"), old, cash_in("XX9")))
    deliver(endpoint, body_of(cash_in("SR1", Amount="much"), cash_in("SR1", TransactionDateTime="never", Amount=35)))
    deliver(endpoint, body_of(cash_in("SR1", Amount=5)), recorded=False)
    for days in (0, 2, 5, 30):
        opened_at = timezone.now() - dt.timedelta(days=days, minutes=1)
        FindingFactory.create(kind="amount_mismatch", cash_at_stake=10, currency="USD", opened_at=opened_at)


def count_of(staff, url: str) -> int:
    return len(listed(staff, url))


def test_an_empty_house_says_what_to_do_first(staff):
    text = today(staff)
    assert "there is no push endpoint" in text
    assert reverse("admin:transactions_pushendpoint_add") in text
    assert "Nothing is open." in text
    assert "Nothing needs you now." in text


def test_a_quiet_day_is_drawn_as_one(staff):
    PushEndpointFactory.create()
    text = today(staff)
    assert text.count('class="staff-none"') == 24
    assert 'class="staff-bar"' not in text


def test_the_figures_are_what_happened_and_each_leads_to_its_list(staff, life):
    found = figures(staff)
    for words in ("heard from within 24 hours", "silent for 24 hours", "never heard from"):
        assert found[words][0] == "1", words
        assert count_of(staff, found[words][1]) == 1, words
    asks = asked(staff)
    for words, count in {
        "safe that nobody registered": 1,
        "delivery waiting to be recorded": 1,
        "delivery with rows not understood": 1,
        "findings that nobody looks after": Finding.objects.filter(state="open").count(),
    }.items():
        assert asks[words][0] == count, words
        assert count_of(staff, asks[words][1]) == count, words
    assert "delivery failed, and is tried again" in asks["quiet"][1]
    assert "2 rows that seem to speak of 35.00" in today(staff)


def test_silence_is_judged_by_the_clock_of_the_site(staff):
    far_east = SiteFactory.create(time_zone="Pacific/Kiritimati")
    place_safe("SR1", far_east)
    # Twenty hours ago in UTC is ten hours ago plus fourteen: by the clock there, more than a day.
    moment = timezone.now() - dt.timedelta(hours=20)
    row = cash_in("SR1", TransactionDateTime=f"{moment:%Y-%m-%dT%H:%M:%S}")
    deliver(PushEndpointFactory.create(), body_of(row))
    assert figures(staff)["silent for 24 hours"][0] == "1"
    assert count_of(staff, f"{page(Safe, 'changelist')}?heard=silent") == 1
    assert count_of(staff, f"{page(Safe, 'changelist')}?heard=lately") == 0


def test_findings_stand_by_kind_and_by_age_with_their_cash(staff, life):
    text = today(staff)
    lines = dict.fromkeys(("day", "three", "week", "old"), 1)
    for age, count in lines.items():
        url = f"{page(Finding, 'changelist')}?age={age}"
        assert url in text
        assert count_of(staff, f"{url}&kind=amount_mismatch") == count
    assert "40.00 USD" in text
    assert count_of(staff, f"{page(Finding, 'changelist')}?kind=amount_mismatch") == 4


def test_each_bar_leads_to_the_deliveries_of_its_hour(staff, life):
    bars = re.findall(r'<a href="([^"]*)" aria-label="[^"]* UTC: (\d+) push', today(staff))
    assert len(bars) == 24
    assert sum(int(count) for _, count in bars) == 3
    for url, count in bars:
        if int(count):
            assert count_of(staff, unescape(url)) == int(count)
    assert count_of(staff, f"{page(Delivery, 'changelist')}?hour=no+hour") == 0


def test_today_takes_at_most_twenty_five_queries_and_no_more_for_more_rows(staff, life, django_assert_max_num_queries):
    for number in range(12):
        place_safe(f"N{number}", SiteFactory.create())
        deliver(PushEndpointFactory.create(), body_of(cash_in(f"N{number}")))
    with django_assert_max_num_queries(25):
        today(staff)


def test_today_reads_no_big_table_as_a_whole(staff, life):
    statements: list[str] = []

    def listen(execute, sql, params, many, context):
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        today(staff)
    # The only look at transactions is for one row per safe, at the end of an index.
    for sql in statements:
        if 'FROM "transactions_transaction"' in sql:
            assert "LIMIT 1" in sql
            assert "COUNT" not in sql.partition('FROM "transactions_transaction"')[2].partition(")")[0]


def test_each_sees_only_the_panels_of_rooms_that_are_open_to_them(client, life):
    clerk = UserFactory.create()
    client.force_login(clerk)
    assert "You may see none" in today(client)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_safe"))
    text = today(client)
    assert "never heard from" in text
    for other in ("Open findings", "Deliveries", "Site days", "Cash in the safes", "Pushes in"):
        assert other not in text


def test_today_needs_no_script_of_its_own(staff, life):
    content = today(staff).partition('class="staff-panels"')[2].partition("</main")[0]
    panels = content[: content.rindex("</section>")]
    for word in ("<script", "<canvas", " style=", "onclick"):
        assert word not in panels
