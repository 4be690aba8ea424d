"""Completeness in the staff site: the list, its totals, the panel, certificates and who may see them."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from safes.estate import place_safe
from safes.models import Finding
from safes.roles import ROLES
from tests.factories import AdministratorFactory, SiteFactory, UserFactory
from tests.staff import page
from tests.transactions.completeness.comparing import AFTER, at, turn
from tests.transactions.feeds.filing import feed, file_in, xml
from tests.transactions.pushing import drop, endpoint, say
from transactions.models import ChannelCompleteness, Transaction
from transactions.recording.marks import touch

pytestmark = pytest.mark.django_db

LIST = "/admin/transactions/channelcompleteness/"
CHECK = f"{LIST}check/"
MARCH = {"business_date_from": "2026-03-01", "business_date_to": "2026-03-31"}


@pytest.fixture
def staff(client):
    with at(AFTER):
        client.force_login(AdministratorFactory.create())
        yield client


@pytest.fixture
def days(staff):
    """One day complete, one that lacks a file's row and a pushed one, one before the first file."""
    place_safe("SR10042", SiteFactory.create(code="S7", time_zone="UTC"))
    place_safe("OTHER", SiteFactory.create(code="S8", time_zone="UTC"))

    def on(day: int, second: int, amount: str = "40.00"):
        row = drop(second, amount)
        return row | {"TransactionDateTime": f"2026-03-{day}{row['TransactionDateTime'][10:]}"}

    say(endpoint(), [on(12, 1), on(14, 1), on(15, 1), on(15, 2, "60")])
    file_in(feed(), "all.xml", xml([on(14, 1), on(15, 1), on(15, 3, "7")]))
    turn()


def listed(staff, **asked: str) -> list[str]:
    rows = staff.get(LIST, MARCH | asked).context["cl"].result_list
    return [f"{row.business_date:%d} {row.verdict}" for row in rows]


def test_the_list_has_each_day_with_its_verdict_and_filters(staff, days):
    assert listed(staff) == ["15 missing_in_both", "14 complete", "12 not_compared"]
    assert (
        listed(staff, verdict="missing_in_push") == listed(staff, verdict="missing_in_file") == ["15 missing_in_both"]
    )
    assert listed(staff, verdict="complete") == ["14 complete"]
    assert listed(staff, verdict="waiting") == []
    assert listed(staff, site="S8") == listed(staff, serial_number="OTHER") == []
    assert listed(staff, site="S7", serial_number="sr10042", business_date_from="2026-03-15") == ["15 missing_in_both"]
    # Of itself it shows 31 days.
    shown = staff.get(LIST)
    assert shown.context["cl"].result_count == 1
    assert CHECK in shown.content.decode()


def test_each_number_leads_to_the_transactions_it_counts(staff, days):
    text = staff.get(LIST, MARCH | {"verdict": "missing_in_push"}).content.decode()
    links = re.findall(r'href="(/admin/transactions/transaction/\?[^"]*)"[^>]*><span[^>]*>(\d+) · ', text)
    assert [int(count) for _, count in links] == [2, 2, 1, 1, 1]
    for url, count in links:
        assert staff.get(unescape(url)).context["cl"].result_count == int(count)


def test_the_list_is_added_up_by_currency(staff, days):
    text = staff.get(LIST, MARCH | {"totals": "yes"}).content.decode()
    (line,) = re.findall(r'<tr><th scope="row">USD</th>(.*?)</tr>', text)
    assert re.findall(r"<td>(.*?)</td>", line) == [
        "3", "4<br>180.00", "3<br>87.00", "2<br>80.00", "1<br>7.00", "1<br>60.00"
    ]  # fmt: skip


def test_the_list_and_a_day_take_few_queries_and_no_more_for_more_rows(staff, days, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        staff.get(LIST, MARCH)
    row = ChannelCompleteness.objects.latest("pk")
    with django_assert_max_num_queries(10):
        assert staff.get(page(ChannelCompleteness, "change", row.pk)).status_code == 200


def figures(text: str) -> dict[str, tuple[str, str]]:
    """The figures of the panel by their words: the address and the number; what there is none of is said in a line."""
    panel = text.partition("Completeness of the last 31 days")[2].partition("</section>")[0]
    told = re.findall(r'<dd><a href="([^"]*)"[^>]*>([^<]*)</a></dd>\s*<dt>([^<]*)</dt>', panel)
    quiet = re.findall(r'<a href="([^"]*)"[^>]*>([^<:]*): none</a>', panel)
    return {words: (unescape(url), number) for url, number, words in told} | {
        words: (unescape(url), "0") for url, words in quiet
    }


def test_the_panel_counts_what_its_links_list(staff, days):
    found = figures(staff.get(reverse("admin:index")).content.decode())
    assert found.keys() == {
        "complete", "waiting for the other channel", "missing in push", "missing in file", "not compared"
    }  # fmt: skip
    for url, number in found.values():
        assert staff.get(url).context["cl"].result_count == int(number)


def test_the_panel_tells_of_this_month_and_alarms(staff, days):
    with at(AFTER.replace(month=3, day=20)):
        staff.force_login(AdministratorFactory.create())
        text = staff.get(reverse("admin:index")).content.decode()
    assert {words: number for words, (_, number) in figures(text).items()} == {
        "complete": "1",
        "waiting for the other channel": "0",
        "missing in push": "1",
        "missing in file": "1",
        "not compared": "1",
    }
    panel = text.partition("Completeness of the last 31 days")[2].partition("</section>")[0]
    assert panel.count("staff-alarm") == 2


def test_a_finding_leads_to_its_transactions_and_its_day(staff, days):
    finding = Finding.objects.get(kind="missing_in_file")
    text = staff.get(page(Finding, "change", finding.pk)).content.decode()
    (url,) = {unescape(url) for url in re.findall(r'href="([^"]*channel=push_only[^"]*)"', text)}
    (row,) = staff.get(url).context["cl"].result_list
    assert row.amount == 60
    assert "the day by channel" in text


def certificate(staff, day: int) -> str:
    row = ChannelCompleteness.objects.get(business_date=f"2026-03-{day}")
    text: str = staff.get(page(ChannelCompleteness, "certificate", row.pk)).content.decode()
    return text


def code_of(text: str) -> str:
    return unescape(re.findall(r"<pre[^>]*>([^<]*)</pre>", text)[0])


def test_a_certificate_is_printed_checked_and_found_changed(staff, days):
    text = certificate(staff, 14)
    assert "Complete: pushes and files told of the same transactions." in text
    for word in ("<script>", " style=", "onclick"):
        assert word not in text.partition("<article")[2].partition("</article")[0]
    code = code_of(text)
    said = staff.post(CHECK, {"code": code}).content.decode()
    assert "Genuine, and the figures are still the same." in said
    assert staff.get(CHECK, {"code": code}).content.decode().count("Genuine, and") == 1
    row = Transaction.objects.get(business_date="2026-03-14")
    Transaction.objects.filter(pk=row.pk).update(amount=41)
    touch({(row.safe_id, row.business_date)})
    said = staff.post(CHECK, {"code": code}).content.decode()
    assert "Genuine, but the figures have changed since." in said
    assert "Cash by push in USD: 40.0000 then, 41.0000 now." in said


def test_a_tampered_code_is_refused_and_so_is_nothing(staff, days):
    code = code_of(certificate(staff, 15))
    said = staff.post(CHECK, {"code": code[:-5] + "AAAAA"}).content.decode()
    assert "not genuine" in said
    assert "Certificate of completeness" not in said
    assert "Paste the code" in staff.post(CHECK, {"code": ""}).content.decode()
    assert staff.get(CHECK).status_code == 200


def test_a_certificate_takes_few_queries(staff, days, django_assert_max_num_queries):
    row = ChannelCompleteness.objects.get(business_date="2026-03-15")
    with django_assert_max_num_queries(20):
        staff.get(page(ChannelCompleteness, "certificate", row.pk))


def test_who_may_not_look_at_completeness_sees_none_of_it(client, days):
    row = ChannelCompleteness.objects.latest("pk")
    addresses = [
        LIST,
        page(ChannelCompleteness, "change", row.pk),
        page(ChannelCompleteness, "certificate", row.pk),
        CHECK,
    ]
    with at(AFTER):
        clerk = UserFactory.create()
        client.force_login(clerk)
        for address in addresses:
            assert client.get(address).status_code in (302, 403), address
        assert client.post(CHECK, {"code": "x"}).status_code == 403
        clerk.user_permissions.set(Permission.objects.filter(codename="view_channelcompleteness"))
        for address in addresses:
            assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("role", ROLES)
def test_the_roles_that_see_transactions_of_the_books_see_completeness(client, role, db):
    with at(AFTER):
        somebody = UserFactory.create()
        somebody.groups.set(Group.objects.filter(name=role))
        client.force_login(somebody)
        may = role in ("Cash office clerk", "Supervisor", "Auditor", "Integration admin")
        assert (client.get(LIST).status_code == 200) == may
