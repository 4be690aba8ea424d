"""Site days and over/short in the staff site: what is listed, added up, led to, and who may see it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from safes.estate import place_safe
from safes.models import Finding
from safes.roles import ROLES
from tests.factories import AdministratorFactory, RegisterFactory, SiteFactory, UserFactory
from tests.staff import page
from tests.transactions.pushing import drop, endpoint, say
from tests.transactions.takings.telling import DAY, now, taking, tell, turn
from transactions.models import SiteDay, TillDay
from transactions.reconciliation.takings.other_cash import add_other_cash

pytestmark = pytest.mark.django_db

MARCH = {"business_date_from": "2026-03-01", "business_date_to": "2026-03-31"}


@pytest.fixture
def staff(client):
    with now():
        client.force_login(AdministratorFactory.create())
        yield client


@pytest.fixture
def days(staff):
    """S1 is short on the 14th and waits on the 16th; S2 is within its tolerance."""
    site = SiteFactory.create(code="S1", time_zone="UTC")
    other = SiteFactory.create(code="S2", time_zone="UTC", currency="CAD")
    RegisterFactory.create(site=site, code="1")
    place_safe("SR10042", site)
    say(
        endpoint(),
        [
            drop(1, "60", Register="1", UserName="Bob"),
            drop(2, "40", Register="2"),
            drop(3, "9", Register="1", TransactionDateTime="2026-03-16T08:00:00"),
        ],
    )
    tell(taking("100", "1", cashier="bob"), taking("35", "2"), taking("3", "1", site=other.code))
    add_other_cash(site, DAY, "deposit", "12", "<b>slip 7</b>", None, register="1")
    turn()


def listed(staff: Any, model: Any, **asked: str) -> list[str]:
    rows = staff.get(page(model, "changelist"), MARCH | asked).context["cl"].result_list
    if model is TillDay:
        return [f"{row.site.code} {row.register} {row.cashier} {row.variance}".strip() for row in rows]
    return [f"{row.site.code} {row.business_date:%d} {row.variance}" for row in rows]


def cells(text: str) -> list[list[str]]:
    """The lines of all tables of a page, without markup."""
    lines = re.findall(r"<tr[^>]*>(.*?)</tr>", text, re.DOTALL)
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL) for line in lines]
    return [[unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in line] for line in found]


def test_site_days_are_listed_and_filtered(staff, days):
    assert listed(staff, SiteDay) == ["S1 16 None", "S1 14 -35.0000", "S2 14 -3.0000"]
    assert listed(staff, SiteDay, site="S2") == listed(staff, SiteDay, over_short="within") == ["S2 14 -3.0000"]
    assert listed(staff, SiteDay, over_short="beyond") == ["S1 14 -35.0000"]
    assert listed(staff, SiteDay, over_short="waiting") == ["S1 16 None"]
    assert listed(staff, SiteDay, business_date_from="2026-03-15") == ["S1 16 None"]


def test_a_list_shows_the_last_31_days_of_itself(staff, days):
    tell(taking("1", "1", business_date="2026-01-05"))
    turn()
    for model in (SiteDay, TillDay):
        dates = {row.business_date.month for row in staff.get(page(model, "changelist")).context["cl"].result_list}
        assert dates == {3}


def test_site_days_are_added_up_by_currency(staff, days):
    text = staff.get(page(SiteDay, "changelist"), MARCH | {"totals": "yes"}).content.decode()
    assert ["CAD", "1", "0.00", "3.00", "-3.00", "0.00", "0.00", "-3.00"] in cells(text)
    assert ["USD", "2", "109.00", "135.00", "-35.00", "12.00", "0.00", "-23.00"] in cells(text)


def test_a_day_shows_its_registers_its_tills_and_what_explains_it(staff, days):
    row = SiteDay.objects.get(site__code="S1", business_date=DAY)
    text = staff.get(page(SiteDay, "change", row.pk)).content.decode()
    shown = cells(text)
    for one in (
        ["The safes have", "100.00"],
        ["− The tills say", "135.00"],
        ["= Over/short", "-35.00"],
        ["+ Deposits outside the safe", "12.00"],
        ["+ Petty cash", "0.00"],
        ["= Unexplained", "-23.00"],
        ["1", "Bob", "60.00", "100.00", "-40.00"],
        ["2", "any", "40.00", "35.00", "+5.00"],
        ["deposit outside the safe", "1", "<b>slip 7</b>", "12.00"],
    ):
        assert one in shown
    assert "<b>slip 7" not in text


@pytest.mark.parametrize(("room", "count"), [("taking", 2), ("tillday", 2), ("othercash", 1)])
def test_a_day_leads_to_where_its_figures_come_from(staff, days, room, count):
    row = SiteDay.objects.get(site__code="S1", business_date=DAY)
    text = staff.get(page(SiteDay, "change", row.pk)).content.decode()
    urls = {unescape(url) for url in re.findall(rf'href="(/admin/transactions/{room}/\?[^"]*)"', text)}
    (url,) = {url for url in urls if "q=" not in url}  # of the whole day, and not of one register
    assert staff.get(url).context["cl"].result_count == count


def test_a_finding_leads_to_its_day(staff, days):
    finding = Finding.objects.get(kind="till_variance", site__code="S1")
    text = staff.get(page(Finding, "change", finding.pk)).content.decode()
    (url,) = set(re.findall(r'href="(/admin/transactions/siteday/\?[^"]*)"', text))
    (row,) = staff.get(unescape(url)).context["cl"].result_list
    assert (row.site.code, str(row.business_date)) == ("S1", DAY)
    assert any({"1", "60.00", "100.00", "-40.00", "12.00", "-28.00", "yes"} <= set(line) for line in cells(text))


def test_over_short_is_listed_filtered_and_added_up_by_till(staff, days):
    assert listed(staff, TillDay) == ["S1 1 ANNA BECK None", "S1 1 Bob -40.0000", "S1 2  5.0000", "S2 1  -3.0000"]
    assert listed(staff, TillDay, cashier="BOB") == listed(staff, TillDay, site="S1", over_short="short")
    assert listed(staff, TillDay, register="2") == listed(staff, TillDay, over_short="over") == ["S1 2  5.0000"]
    assert listed(staff, TillDay, over_short="waiting") == ["S1 1 ANNA BECK None"]
    text = staff.get(page(TillDay, "changelist"), MARCH | {"totals": "yes"}).content.decode()
    sums = [line for line in cells(text) if len(line) == 7 and line[0] in ("S1", "S2")]
    assert sums[0] == ["S1", "1", "Bob", "1", "60.00 USD", "100.00 USD", "-40.00 USD"]
    assert len(sums) == 4


def test_the_trend_is_told_by_weeks(staff, days):
    tell(taking("9", "1", business_date="2026-03-16"), taking("2", "1", business_date="2026-03-18"))
    turn()
    text = staff.get(page(TillDay, "changelist"), MARCH | {"site": "S1"}).content.decode()
    weeks = [line for line in cells(text) if len(line) == 4 and line[0].startswith("2026-03-")]
    assert weeks == [
        ["2026-03-16", "0.00 USD", "-2.00 USD", "-2.00 USD"],
        ["2026-03-09", "+5.00 USD", "-40.00 USD", "-35.00 USD"],
    ]


@pytest.mark.parametrize("model", [SiteDay, TillDay])
def test_screens_take_few_queries_and_nothing_can_be_changed(staff, days, model, django_assert_max_num_queries):
    for number in range(12):
        tell(*(taking("1", str(one), business_date=f"2026-03-{number + 1:02}") for one in range(5)))
    turn()
    row = model.objects.filter(site__code="S1", business_date=DAY).first()
    for query in (MARCH, MARCH | {"totals": "yes"}):
        with django_assert_max_num_queries(15):
            assert staff.get(page(model, "changelist"), query).status_code == 200
    with django_assert_max_num_queries(20):
        assert staff.get(page(model, "change", row.pk)).status_code == 200
    assert staff.get(page(model, "add")).status_code == 403
    assert staff.post(page(model, "change", row.pk), {"safe": "1"}).status_code == 403
    assert staff.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    for value in ("", "1", "all", "no such thing", "2026-13-99", "9" * 30, "'; --", "\x00"):
        for name in ("site", "register", "cashier", "over_short", "business_date_from", "q"):
            assert staff.get(page(model, "changelist"), {name: value}).status_code in (200, 302)


@pytest.mark.parametrize("role", ROLES)
def test_who_sees_transactions_of_the_books_sees_the_days(client, role):
    somebody = UserFactory.create()
    somebody.groups.set(Group.objects.filter(name=role))
    client.force_login(somebody)
    may = role in ("Cash office clerk", "Supervisor", "Auditor", "Integration admin")
    shown = client.get(reverse("admin:index")).content.decode()
    for model in (SiteDay, TillDay):
        assert (client.get(page(model, "changelist")).status_code == 200) == may
        assert (page(model, "changelist") in shown) == may
