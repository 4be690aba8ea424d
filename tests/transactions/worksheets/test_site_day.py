"""The worksheet of a site's day: where its figures lead to, its safes, its findings, and what it costs to show."""

from __future__ import annotations

from decimal import Decimal

import pytest

from safes.estate import place_safe
from safes.findings import settle_by_person
from safes.models import Finding
from tests.factories import FindingFactory
from tests.transactions.pushing import drop, endpoint, say
from tests.transactions.takings.telling import now, taking, tell, turn
from tests.transactions.worksheets.desks import (
    CLERK,
    cells,
    desk_of,
    do,
    page_url,
    safe_day,
    short,
    site_day,
    site_with_a_safe,
    text_of,
    urls,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    with now():
        key = endpoint()
        short(key, site_with_a_safe("S1", "SR10042"), "SR10042")
        yield key


@pytest.fixture
def carla():
    return desk_of(CLERK, "carla")


def test_a_day_says_in_words_how_it_comes_out(carla, key):
    assert "40.00 short, beyond the tolerance of 5.00." in text_of(carla, site_day())
    tell(taking("63", "1"))
    assert "Within the tolerance of 5.00." in text_of(carla, site_day())
    say(key, [drop(1, "9", TransactionDateTime="2026-03-16T08:00:00")])
    assert "There are no takings yet" in text_of(carla, site_day(date="2026-03-16"))


def test_its_safes_lead_to_their_worksheets(carla, key):
    row = safe_day()
    text = text_of(carla, site_day())
    assert ["SR10042", "0.00", "60.00", "0.00", "0.00", "60.00", "2"] in cells(text)
    assert page_url(row) in urls(text, "safeday")


def test_what_the_safes_have_leads_to_transactions_that_add_up_to_it(carla, key):
    found = [url for url in urls(text_of(carla, site_day()), "transaction") if "register" not in url and "?" in url]
    sums = {sum(row.amount for row in carla.get(url).context["cl"].queryset) for url in found}
    assert sums == {Decimal(60)}


def test_registers_with_several_cashiers_have_a_sum(carla, key):
    say(key, [drop(2, "30", Register="1", UserName="Bob")])
    tell(taking("25", "1", cashier="bob"))
    shown = cells(text_of(carla, site_day()))
    assert ["1", "Bob", "30.00", "25.00", "+5.00"] in shown
    assert ["Register 1", "all", "90.00", "125.00", "-35.00"] in shown


def test_findings_of_the_day_are_told_open_and_settled(carla, key):
    row = site_day()
    FindingFactory.create(kind="silent_safe", safe=safe_day().safe, business_date=row.business_date, summary="Quiet.")
    FindingFactory.create(kind="silent_safe", safe=safe_day().safe, business_date="2026-03-13", summary="Another day.")
    settle_by_person(Finding.objects.get(kind="till_variance").pk, "olga", "Counted again.")
    text = text_of(carla, row)
    kinds = [line[:2] for line in cells(text) if line[0] in ("silent safe", "till variance")]
    assert kinds == [["silent safe", "open, warning"], ["till variance", "settled by olga"]]
    assert "Another day." not in text


def test_the_same_day_in_another_currency_is_a_click_away(carla, key):
    say(key, [drop(3, "10", Denominations=[{"UnitValue": 10.0, "Count": 1, "Currency": "CAD"}])])
    turn()
    days = {row.currency: row for row in type(site_day_of("USD")).objects.filter(business_date="2026-03-14")}
    assert set(days) == {"CAD", "USD"}
    assert f'href="{page_url(days["CAD"])}">in CAD</a>' in text_of(carla, days["USD"])


def site_day_of(currency: str):
    from transactions.models import SiteDay

    turn()
    return SiteDay.objects.get(currency=currency, business_date="2026-03-14")


def test_a_worksheet_takes_few_queries_whatever_is_on_it(carla, key, django_assert_max_num_queries):
    site = site_day().site
    for number in range(12):
        place_safe(f"N{number}", site)
        rows = [
            drop(100 + number, "5", SerialNumber=f"N{number}", Register=f"R{one}", UserName=f"U{one}")
            for one in range(5)
        ]
        say(key, rows)
        FindingFactory.create(site=site, business_date="2026-03-14")
        do(carla, site_day(), "comment", f"Word {number}.")
    row = site_day()
    for asked in ({}, {"_changelist_filters": "over_short=beyond&status=unsigned&business_date_from=2026-03-01"}):
        with django_assert_max_num_queries(25):
            text = carla.get(page_url(row), asked).content.decode()
        assert "Word 11." in text
        assert "1 of 1" in text
