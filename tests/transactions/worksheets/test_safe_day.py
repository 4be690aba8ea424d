"""The worksheet of a safe's day: every figure of the day, from its opening to its closing, and what each is made of."""

from __future__ import annotations

from decimal import Decimal

import pytest

from safes.models import Safe
from tests.factories import AdministratorFactory
from tests.transactions.holding.telling import count
from tests.transactions.pushing import drop, endpoint, say
from tests.transactions.takings.telling import now, taking, tell, turn
from tests.transactions.worksheets.desks import cells, page_url, safe_day, site_day, site_with_a_safe, text_of, urls
from transactions.models import SafeDay

pytestmark = pytest.mark.django_db

NEXT = "2026-03-15T09:00:00"


@pytest.fixture
def staff(client):
    with now():
        client.force_login(AdministratorFactory.create())
        yield client


@pytest.fixture
def lively(staff):
    """A day with all that can be on one, and the next, which goes on from it."""
    site = site_with_a_safe("S1", "SR10042")
    say(
        endpoint(),
        [
            drop(1, "60", Register="1", UserName="Bob"),
            drop(2, "40", Register="2"),
            drop(3, "7", Register="2", TransactionType="ManualCashTransaction"),
            drop(4, "107", TransactionType="Servicing", Register=None),
            drop(5, "100", TransactionType="TubeLoaded", Register=None, PickupGroupId=None),
            drop(6, "25", TransactionType="NoteDispense", Register=None, PickupGroupId=None),
            drop(7, "50", TransactionType="ChangeRequest", Register=None, PickupGroupId=None),
            drop(12 * 3600, "0", TransactionType="EndOfDay", Register=None),
            drop(8, "9", Register="1", PickupGroupId=51200312, TransactionDateTime=NEXT),
        ],
    )
    tell(taking("100", "1"))
    turn()
    return site


def test_a_day_is_told_from_its_opening_to_its_closing(staff, lively):
    shown = cells(text_of(staff, safe_day()))
    for line in (
        ["Opening, since first seen: nobody has counted it yet", "", "0.00"],
        ["+ Validated: CashIn", "2", "100.00"],
        ["+ Manual, counted by nobody yet: ManualCashTransaction", "1", "7.00"],
        ["− Taken by the courier, by the drops", "", "-107.00"],
        ["= Closing", "", "0.00"],
        ["Reported by the servicings: Servicing", "1", "107.00"],
        ["Change ordered: ChangeRequest", "1", "50.00"],
        ["− NoteDispense", "1", "-25.00"],
        ["+ TubeLoaded", "1", "100.00"],
        ["= Closing", "", "75.00"],
        ["1", "Bob", "1", "60.00"],
        ["2", "ANNA BECK", "2", "47.00"],
        ["All", "", "3", "107.00"],
        ["group 51200311", "2026-03-14 08:00:04", "107.00", "107.00", "0.00", "unjudged"],
        ["51200311", "08:00–08:00", "100.00", "7.00", "2026-03-14"],
        ["107.00", "100.00", "+7.00", "0.00", "+7.00"],
    ):
        assert line in shown, line


def test_what_was_counted_is_told(staff, lively):
    count(Safe.objects.get(serial_number="SR10042"), "3", counted_by="Olga")
    assert ["check of the contents", "Olga", "3.00"] in cells(text_of(staff, safe_day()))


def test_every_figure_leads_to_transactions_that_add_up_to_it(staff, lively):
    text = text_of(staff, safe_day())
    sums = {}
    for url in urls(text, "transaction"):
        rows = staff.get(url).context["cl"].queryset
        sums[url.partition("serial_number=SR10042&")[2].partition("book=1")[2]] = sum(row.amount for row in rows)
    assert sums["&type=CashIn"] == 100
    assert sums["&type=NoteDispense"] == 25
    assert sums["&type=Servicing"] == 107
    assert sums["&register=1&user_name=Bob"] == 60
    assert sums["&pickup_group_id=51200311"] == Decimal(214)  # with the servicing that took it
    (pickups,) = {url for url in urls(text, "pickup") if "?" in url}
    assert [str(row) for row in staff.get(pickups).context["cl"].queryset] == ["group 51200311"]


def test_days_lead_to_each_other_and_to_their_site(staff, lively):
    first, second = safe_day(), safe_day(date="2026-03-15")
    assert page_url(second) in text_of(staff, first)
    text = text_of(staff, second)
    assert f'href="{page_url(first)}" data-key="h"' in text
    assert ["Opening, since first seen: nobody has counted it yet", "", "0.00"] in cells(text)
    assert page_url(site_day()) in urls(text_of(staff, first), "siteday")


def test_a_safe_that_stands_nowhere_has_a_worksheet_that_cannot_be_signed(staff):
    say(endpoint(), [drop(1, "60", SerialNumber="LOST1")])
    row = safe_day("LOST1")
    text = text_of(staff, row)
    assert ["+ Validated: CashIn", "1", "60.00"] in cells(text)
    assert "stands at no site" in text
    assert 'name="act"' not in text


def test_a_day_of_nothing_but_a_close_has_one_too(staff):
    site_with_a_safe("S1", "SR10042")
    say(endpoint(), [drop(1, "0", TransactionType="EndOfDay")])
    shown = cells(text_of(staff, safe_day()))
    assert ["+ Validated", "0", "0.00"] in shown


def test_names_are_shown_as_they_are_and_run_nothing(staff, lively):
    say(endpoint("other"), [drop(9, "1", UserName="<script>alert(1)</script>", Register="<b>9</b>")], name="other")
    text = text_of(staff, safe_day())
    assert "<script>alert(1)" not in text
    assert ["<b>9</b>", "<script>alert(1)</script>", "1", "1.00"] in cells(text)


def test_a_worksheet_takes_few_queries_whatever_is_on_it(staff, lively, django_assert_max_num_queries):
    key = endpoint("other")
    for number in range(30):
        rows = [drop(100 + number, "5", Register=str(number), UserName=f"U{number}", PickupGroupId=52000000 + number)]
        say(key, rows, name="other")
    turn()
    row = SafeDay.objects.get(safe__serial_number="SR10042", business_date="2026-03-14")
    for asked in ({}, {"_changelist_filters": "site=S1&business_date_from=2026-03-01"}):
        with django_assert_max_num_queries(25):
            assert staff.get(page_url(row), asked).status_code == 200
