"""Safe days follow the transactions: whatever comes, goes or moves, they are what a fresh drawing would make them."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

import pytest

from safes.estate import place_safe, save_site
from safes.models import Safe, Site
from tests.factories import SiteFactory
from tests.transactions.days.books import DAY, SERIAL, at, close, count, days, draw_from_nothing, rows, withdraw
from tests.transactions.feeds.filing import feed, file_in, xml
from tests.transactions.pushing import draw_all, endpoint, say
from transactions.models import Banked, Drops, SafeDay, Transaction
from transactions.recording.rulings import rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    one = SiteFactory.create(code="CHI")
    place_safe(SERIAL, one)
    return one


@pytest.fixture
def key(site):
    return endpoint()


def test_a_day_has_the_sums_of_its_kinds(key):
    say(key, [
        at("14 08:00", "CashIn", "100.50"), at("14 09:00", "CashIn", "9.50"),
        at("14 10:00", "ManualCashTransaction", "25"), at("14 11:00", "CoinDispense", "5"),
        at("14 12:00", "TubeLoaded", "50"), at("14 13:00", "ChangeRequest", "200"),
        at("14 14:00", "Servicing", "130"), at("14 15:00", "Login", "0"), close("15 00:01"),
    ])  # fmt: skip
    draw_all()
    (row,) = SafeDay.objects.all()
    assert (row.business_date, row.currency, row.transaction_count) == (DAY, "USD", 8)
    sums = (row.validated, row.manual, row.dispensed, row.picked_up, row.change_ordered, row.inventory_change)
    assert sums == (Decimal("110"), Decimal("25"), Decimal("5"), Decimal("130"), Decimal("200"), Decimal("45"))
    assert f"{row.closed_at:%d %H:%M}" == "15 00:01"
    assert row.site is not None
    assert row.site.code == "CHI"


def test_each_day_opens_with_what_the_day_before_left(key):
    say(key, [at("14 08:00", amount="100"), at("15 08:00", amount="30"), at("15 09:00", "CoinDispense", "4")])
    say(key, [at("17 08:00", amount="7"), at("17 09:00", "TubeLoaded", "10")])
    assert days("opening", "closing", "inventory_opening", "inventory_closing") == {
        "14": (0, 100, 0, 0),
        "15": (100, 130, 0, -4),
        "17": (130, 137, -4, 6),
    }


def test_what_comes_late_goes_through_all_later_days(key):
    for number in range(15, 29):
        say(key, [at(f"{number} 08:00", amount="10")])
    say(key, [at("14 08:00", amount="1000")])
    assert days("opening") == {
        str(number): 0 if number == 14 else 1000 + 10 * (number - 15) for number in range(14, 29)
    }
    assert rows() == draw_from_nothing()


def test_more_days_than_are_carried_at_a_time_are_carried_on(key):
    first = dt.date(2026, 1, 1)
    dates = [first + dt.timedelta(days=number) for number in range(150)]
    said = [at("14 08:00", amount="1") | {"TransactionDateTime": f"{date}T09:00:00"} for date in dates[1:]]
    say(key, said)
    draw_all()
    say(key, [at("14 08:00", amount="5") | {"TransactionDateTime": f"{dates[0]}T09:00:00"}])
    draw_all()
    assert SafeDay.objects.get(business_date=dates[-1]).closing == 5 + 149


def test_a_late_close_moves_cash_between_two_neighbouring_dates_only(key):
    say(key, [at("13 12:00", amount="1"), at("14 12:00", amount="10"), at("14 22:00", amount="20")])
    say(key, [at("15 01:00", amount="40"), at("15 12:00", amount="80"), at("16 12:00", amount="160")])
    before = days("validated")
    assert before == {"13": 1, "14": 70, "15": 80, "16": 160}
    say(key, [close("14 21:00")])
    after = days("validated")
    assert after == {"13": 1, "14": 10, "15": 140, "16": 160}
    assert sum(after.values()) == sum(before.values())
    assert rows() == draw_from_nothing()


def test_of_two_closes_in_a_day_the_last_one_ends_it(key):
    say(key, [at("14 12:00", amount="1"), close("14 13:00"), at("14 14:00", amount="2"), close("14 20:00")])
    say(key, [at("14 21:00", amount="4")])
    assert days("validated") == {"14": 3, "15": 4}


def test_a_close_at_an_odd_hour_is_of_the_day_that_its_rollover_says(key):
    # 05:59 is still the 14th, 06:00 the 15th.
    say(key, [at("14 12:00", amount="1"), at("15 05:58", amount="2"), close("15 05:59"), at("15 06:00", amount="4")])
    assert days("validated") == {"14": 3, "15": 4}
    say(key, [close("15 06:00"), at("15 06:01", amount="8")])
    assert days("validated") == {"14": 3, "15": 4, "16": 8}


def test_a_rollover_that_changes_from_a_date_redates_nothing_before_it(key, site):
    early = SiteFactory.create(code="NEW", day_rollover=dt.timedelta(hours=2), time_zone=site.time_zone)
    say(key, [at("14 03:00", amount="1"), at("16 03:00", amount="2")])
    assert days("validated") == {"13": 1, "15": 2}
    place_safe(SERIAL, early, dt.date(2026, 3, 16))
    assert days("validated") == {"13": 1, "16": 2}
    assert rows() == draw_from_nothing()


def test_a_safe_that_moved_has_its_days_where_it_stood(key, site):
    say(key, [at("14 12:00", amount="1"), at("15 12:00", amount="2"), at("16 02:00", amount="4")])
    place_safe(SERIAL, SiteFactory.create(code="NEW", time_zone=site.time_zone), dt.date(2026, 3, 16))
    draw_all()
    where = {day.business_date.day: day.site.code for day in SafeDay.objects.all() if day.site}
    assert where == {14: "CHI", 15: "CHI"}
    say(key, [at("16 12:00", amount="8")])
    draw_all()
    assert SafeDay.objects.get(business_date=dt.date(2026, 3, 16)).site.code == "NEW"  # type: ignore[union-attr]
    assert {row.site.code for row in Banked.objects.filter(business_date=DAY) if row.site} == {"CHI"}


def test_a_day_that_was_only_counted_moves_with_its_safe(key, site):
    say(key, [at("13 12:00", amount="5")])
    draw_all()
    count(DAY, 100)
    place_safe(SERIAL, SiteFactory.create(code="NEW", time_zone=site.time_zone), DAY)
    draw_all()
    assert SafeDay.objects.get(business_date=DAY).site.code == "NEW"  # type: ignore[union-attr]


def test_clock_changes_lose_no_row_between_local_and_utc_dates(key):
    # Chicago's clock went forward on the 8th, so that 02:30 never was; it goes back on 1 November.
    rows_ = [
        at("08 01:30", amount="1"), at("08 02:30", amount="2"), at("08 03:30", amount="4"), at("08 23:30", amount="8"),
    ]  # fmt: skip
    autumn = [at("08 01:30", amount=amount) for amount in ("16", "32")]
    for row in autumn:
        row["TransactionDateTime"] = "2026-11-01T01:30:00"
    say(key, rows_ + autumn)
    draw_all()
    assert {str(day.business_date): int(day.validated) for day in SafeDay.objects.all()} == {
        "2026-03-07": 7,
        "2026-03-08": 8,
        "2026-10-31": 48,
    }


def test_several_currencies_are_days_of_their_own(key):
    euros = [{"UnitValue": 20, "Count": 2, "Currency": "EUR"}]
    say(key, [at("14 08:00", amount="30"), at("14 09:00", amount="40", Denominations=euros)])
    say(key, [at("15 09:00", amount="60", Denominations=[{"UnitValue": 20, "Count": 3, "Currency": "EUR"}])])
    assert days("opening", "validated", "closing") == {
        "14": (0, 30, 30),
        "14 EUR": (0, 40, 40),
        "15 EUR": (40, 60, 100),
    }


def test_a_day_that_loses_its_last_transaction_is_gone(key):
    say(key, [at("14 08:00", amount="30"), at("15 08:00", amount="5")])
    draw_all()
    one = Transaction.objects.get(business_date=DAY)
    rule((one.safe_id, one.local_time, bytes(one.key_digest)), 0, "It never happened.", None)
    assert days("opening", "closing") == {"15": (0, 5)}
    assert not Drops.objects.filter(business_date=DAY).exists()
    assert not Banked.objects.filter(business_date=DAY).exists()


def test_what_a_file_repeats_changes_no_figure_and_what_it_adds_is_added(key):
    say(key, [at("14 08:00", amount="30"), at("14 08:00", amount="30")])
    assert days("validated", "transaction_count") == {"14": (60, 2)}
    file_in(feed(), "day.xml", xml([at("14 08:00", amount="30"), at("14 08:00", amount="30"), at("14 09:00")]))
    assert days("validated", "transaction_count") == {"14": (100, 3)}


def test_a_safe_that_nobody_placed_has_days_too(site):
    say(endpoint(), [at("14 08:00", amount="30", SerialNumber="NEW1")])
    assert days("validated", serial="NEW1") == {"14": 30}
    assert SafeDay.objects.get(safe__serial_number="NEW1").currency == ""
    place_safe("NEW1", site)
    draw_all()
    day = SafeDay.objects.get(safe__serial_number="NEW1")
    assert (day.currency, day.site) == ("USD", site)


def test_another_currency_of_the_site_moves_its_days(key, site):
    say(key, [at("14 08:00", amount="30")])
    site.currency = "CAD"
    save_site(site)
    assert days("validated") == {"14 CAD": 30}


def test_a_counted_opening_is_what_the_day_opens_with(key):
    say(key, [at("13 08:00", amount="5"), at("14 08:00", amount="30"), at("15 08:00", amount="7")])
    row = count(DAY, 400)
    assert days("opening", "closing", "is_counted") == {
        "13": (0, 5, False),
        "14": (400, 430, True),
        "15": (430, 437, True),
    }
    count(DAY, 60, "inventory")
    assert days("inventory_opening", "inventory_is_counted")["15"] == (60, True)
    withdraw(row)
    assert days("opening", "is_counted") == {"13": (0, False), "14": (5, False), "15": (35, False)}
    assert rows() == draw_from_nothing()


def test_a_count_on_a_day_without_transactions_makes_a_day(key):
    say(key, [at("13 08:00", amount="5"), at("16 08:00", amount="7")])
    count(DAY, 100)
    assert days("opening", "closing") == {"13": (0, 5), "14": (100, 100), "16": (100, 107)}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_order_of_arrival_makes_no_difference(key, order):
    pushes = [
        [at("14 08:00", amount="10"), at("14 09:00", "CoinDispense", "3")],
        [at("14 23:00", amount="20"), at("15 07:00", amount="40")],
        [close("14 22:30"), at("13 12:00", amount="80")],
        [at("15 08:00", "TubeLoaded", "50"), at("15 09:00", "ManualCashTransaction", "160")],
    ]
    for number in order:
        say(key, pushes[number])
        draw_all()
    assert days("opening", "validated", "manual", "closing", "inventory_closing") == {
        "13": (0, 80, 0, 80, 0),
        "14": (80, 10, 0, 90, -3),
        "15": (90, 60, 160, 310, 47),
    }
    assert rows() == draw_from_nothing()
    assert Safe.objects.count() == Site.objects.count() == 1
