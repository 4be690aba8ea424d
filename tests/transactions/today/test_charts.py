"""The charts of Today: cash in the safes and over/short by the day, drawn from the days."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from html import unescape

import pytest
import time_machine

from tests.factories import AdministratorFactory
from tests.transactions.holding.telling import Sender, came, fetched, opening, placed
from tests.transactions.pushing import draw_all
from tests.transactions.signing.days import traded
from tests.transactions.takings.telling import now
from tests.transactions.today.asking import listed, today
from transactions.admin.today.bars import HEIGHT, Day, draw
from transactions.admin.today.charts import cash_in_safes, over_and_short
from transactions.models import SafeDay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def when():
    with now():
        yield


def march(day: int) -> dt.date:
    return dt.date(2026, 3, day)


def test_a_safe_without_a_day_holds_what_it_held():
    placed()
    Sender().tells(
        came("02 09:00", "40.00", PickupGroupId=1),
        came("05 09:00", "20.00", PickupGroupId=1),
        fetched("07 09:00", "60.00", PickupGroupId=1),
        came("09 09:00", "5.00", PickupGroupId=2),
        came("03 09:00", "7.00", SerialNumber="OTHER", PickupGroupId=3),
    )
    draw_all()
    held = cash_in_safes(march(3), march(10))
    # The other safe stands nowhere, so that its money has no currency.
    assert held["USD"] == {march(day): Decimal(cash) for day, cash in
                           {3: 40, 4: 40, 5: 60, 6: 60, 7: 0, 8: 0, 9: 5, 10: 5}.items()}  # fmt: skip
    assert set(held[""].values()) == {Decimal(7)}


def test_of_safes_that_are_quiet_for_the_whole_range_the_cash_is_counted_too():
    placed()
    Sender().tells(came("02 09:00", "40.00", PickupGroupId=1))
    draw_all()
    assert cash_in_safes(march(10), march(11)) == {"USD": {march(10): Decimal(40), march(11): Decimal(40)}}


def test_a_counted_opening_is_what_the_safe_holds_from_then_on():
    safe = placed()
    Sender().tells(came("02 09:00", "40.00", PickupGroupId=1), came("04 09:00", "1.00", PickupGroupId=1))
    opening(safe, "100", march(4))
    draw_all()
    held = cash_in_safes(march(2), march(5))["USD"]
    assert [held[march(day)] for day in (2, 3, 4, 5)] == [40, 40, 101, 101]


def test_the_last_day_of_the_chart_is_what_the_books_have():
    placed()
    Sender().tells(*(came(f"{day:02} 09:00", f"{day}.50", PickupGroupId=1) for day in range(2, 19)))
    draw_all()
    closing = SafeDay.objects.order_by("-business_date")[0].closing
    assert cash_in_safes(march(1), march(20))["USD"][march(20)] == closing


def test_what_one_site_has_over_does_not_make_up_for_what_another_is_short():
    traded("130", code="S1", serial="SR1")
    traded("60", code="S2", serial="SR2")
    found = over_and_short(march(1), march(20))
    assert found == {"USD": {march(14): (Decimal(30), Decimal(40))}}


def test_each_bar_is_a_link_to_the_days_of_its_date(client):
    traded("130", code="S1", serial="SR1")
    client.force_login(AdministratorFactory.create())
    text = today(client)
    bars = re.findall(r'<a href="([^"]*)" aria-label="(2026-03-14 Sat: [^"]*)"', text)
    words = [words for _, words in bars]
    assert words == ["2026-03-14 Sat: 130.00 USD", "2026-03-14 Sat: over by 30.00 USD, short by 0.00 USD"]
    assert [len(listed(client, unescape(url))) for url, _ in bars] == [1, 1]
    assert len(re.findall(r' aria-label="2026-\d\d-\d\d \w{3}: ', text)) == 62


def test_what_is_not_over_yet_is_neither_over_nor_short(client):
    with time_machine.travel("2026-03-14T20:00Z", tick=False):
        traded("130", code="S1", serial="SR1")
        client.force_login(AdministratorFactory.create())
        text = today(client)
        assert "over by" not in text
        assert "2026-03-14 Sat: 130.00 USD" in text


def test_an_empty_house_has_nothing_to_draw(client):
    client.force_login(AdministratorFactory.create())
    assert today(client).count("Nothing to draw yet") == 2


def test_bars_stay_on_their_board_and_a_little_is_told_from_nothing():
    amounts = [("1000", "0"), ("0.01", "0.01"), ("0", "0"), ("0", "500")]
    days = [Day(march(2 + n), Decimal(up), Decimal(down), "", "") for n, (up, down) in enumerate(amounts)]
    chart = draw("", "", days)
    for bar in chart.bars:
        assert bar.above_y >= 0
        assert chart.line + bar.below_tall <= HEIGHT + 0.11
    first, little, nothing, last = chart.bars
    assert (first.above_y, first.below_tall) == (0, 0)
    assert little.above_tall >= 3
    assert little.below_tall >= 3
    assert (nothing.above_tall, nothing.below_tall) == (0, 0)
    assert last.below_tall == pytest.approx(HEIGHT / 3, abs=0.1)
    assert first.tick == "2 Mar"  # a Monday
    assert draw("", "", []).bars == []
