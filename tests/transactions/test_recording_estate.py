"""Where a safe stands gives its transactions their meaning, whenever that is learnt.

DOMAIN.md section 1, "Dates", and section 2, "Business date".
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from safes.estate import add_site, place_safe, save_site
from safes.models import Site
from tests.transactions.pushing import body, draw_all, drop, endpoint, open_findings, say, store
from transactions.deliveries import record_delivery
from transactions.models import TouchedDay, Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def chicago() -> Site:
    return add_site("CHI", name="Chicago", time_zone="America/Chicago")


@pytest.fixture
def kathmandu() -> Site:
    return add_site(
        "KTM", name="Kathmandu", time_zone="Asia/Kathmandu", currency="NPR", day_rollover=dt.timedelta(hours=0)
    )


def rows() -> list[tuple[str | None, str | None, str]]:
    """Instant, currency and business date of each transaction, by wall clock."""
    return [
        (f"{row.occurred_at:%d %H:%M}" if row.occurred_at else None, row.currency, f"{row.business_date:%d}")
        for row in Transaction.objects.order_by("local_time")
    ]


def night(day: int, time: str, **more: Any) -> dict[str, Any]:
    return drop(0, TransactionDateTime=f"2026-03-{day:02}T{time}", **more)


def test_placing_a_safe_settles_what_came_before(chicago: Site):
    say(endpoint(), [night(14, "02:00:00"), night(14, "12:00:00")])
    assert rows() == [(None, None, "13"), (None, None, "14")]
    assert open_findings() == {("unknown_safe", "SR10042"): Decimal(80)}
    place_safe("sr10042", chicago)
    assert rows() == [("14 07:00", "USD", "13"), ("14 17:00", "USD", "14")]
    assert open_findings() == {}


def test_a_safe_that_was_placed_before_ends_the_same(chicago: Site):
    place_safe("SR10042", chicago)
    say(endpoint(), [night(14, "02:00:00"), night(14, "12:00:00")])
    assert rows() == [("14 07:00", "USD", "13"), ("14 17:00", "USD", "14")]
    assert open_findings() == {}


def test_a_move_re_dates_nothing_before_it(chicago: Site, kathmandu: Site):
    place_safe("SR10042", chicago)
    say(endpoint(), [night(14, "02:00:00"), night(20, "02:00:00")])
    place_safe("SR10042", kathmandu, dt.date(2026, 3, 17))
    assert rows() == [("14 07:00", "USD", "13"), ("19 20:15", "NPR", "20")]


def test_another_rollover_draws_business_dates_and_findings_anew(chicago: Site):
    place_safe("SR10042", chicago)
    shown = endpoint()
    say(shown, [night(14, "05:00:00")])
    say(shown, [night(14, "05:00:00")])
    assert open_findings() == {("possible_twin", "SR10042 2026-03-13"): Decimal(40)}
    chicago.day_rollover = dt.timedelta(hours=4)
    save_site(chicago)
    assert rows() == [("14 10:00", "USD", "14")]
    assert open_findings() == {("possible_twin", "SR10042 2026-03-14"): Decimal(40)}


def test_another_zone_and_currency_draw_instants_anew(chicago: Site):
    place_safe("SR10042", chicago)
    sent = night(14, "12:00:00-06:00", Denominations=[{"UnitValue": 40, "Count": 1, "Currency": "CAD"}])
    say(endpoint(), [night(14, "11:00:00"), sent])
    chicago.time_zone, chicago.currency = "Europe/Lisbon", "EUR"
    save_site(chicago)
    # What was sent stays as sent: an offset wins over the zone, a currency over the site's.
    assert rows() == [("14 11:00", "EUR", "14"), ("14 18:00", "CAD", "14")]


def test_a_repeated_and_a_skipped_hour_are_marked(chicago: Site):
    place_safe("SR10042", chicago)
    times = ["2026-03-08T02:30:00", "2026-03-08T03:00:00", "2026-11-01T01:30:00", "2026-11-01T02:00:00"]
    say(endpoint(), [drop(0, TransactionDateTime=time) for time in times])
    found = Transaction.objects.order_by("local_time")
    assert [row.time_note for row in found] == ["skipped", None, "repeated", None]
    assert [f"{row.occurred_at:%H:%M}" for row in found] == ["08:30", "08:00", "06:30", "08:00"]


def test_a_late_close_moves_rows_between_two_neighbouring_dates_only(chicago: Site):
    place_safe("SR10042", chicago)
    shown = endpoint()
    days = [night(day, time) for day in (13, 14, 15) for time in ("10:00:00", "22:00:00")]
    say(shown, days)
    draw_all()
    before = rows()
    say(shown, [night(14, "21:00:00", TransactionType="EndOfDay", Amount=0)])
    # Only what came after the close of the 14th went over to the 15th.
    changed = [
        (old, new)
        for old, new in zip(before, [row for row in rows() if row[0] != "15 02:00"], strict=True)
        if old != new
    ]
    assert changed == [(("15 03:00", "USD", "14"), ("15 03:00", "USD", "15"))]


def test_a_close_touches_the_day_it_takes_rows_from_and_the_one_it_gives_them_to(chicago: Site):
    place_safe("SR10042", chicago)
    shown = endpoint()
    say(shown, [night(14, "22:00:00"), night(20, "12:00:00")])
    draw_all()
    close = store(body([night(14, "21:00:00", TransactionType="EndOfDay", Amount=0)]))
    record_delivery(close)
    assert {f"{date:%d}" for date in TouchedDay.objects.values_list("business_date", flat=True)} == {"14", "15"}


def test_the_last_of_two_closes_decides_and_comes_in_any_order(chicago: Site):
    place_safe("SR10042", chicago)
    shown = endpoint()
    first = night(14, "20:00:00", TransactionType="EndOfDay", Amount=0)
    second = night(15, "00:01:00", TransactionType="EndOfDay", Amount=0)
    say(shown, [second])
    say(shown, [night(14, "22:00:00"), night(15, "00:01:01"), first])
    assert [row[2] for row in rows()] == ["14", "14", "14", "15"]


@pytest.mark.parametrize("close_first", [True, False])
def test_what_comes_at_the_very_moment_of_a_close_is_of_its_day(chicago: Site, close_first: bool):
    place_safe("SR10042", chicago)
    shown = endpoint()
    close = [night(14, "21:00:00", TransactionType="EndOfDay", Amount=0)]
    drops = [night(14, "21:00:00"), night(14, "21:00:00.000001")]
    for sent in (close, drops) if close_first else (drops, close):
        say(shown, sent)
    dates = Transaction.objects.filter(type="CashIn").order_by("local_time").values_list("business_date", flat=True)
    assert [f"{date:%d}" for date in dates] == ["14", "15"]


def test_findings_follow_rows_to_another_date(chicago: Site):
    place_safe("SR10042", chicago)
    shown = endpoint()
    wrong = night(14, "22:00:00", Denominations=[{"UnitValue": 20, "Count": 1}])
    say(shown, [wrong])
    assert open_findings() == {("amount_mismatch", "SR10042 2026-03-14"): Decimal(20)}
    say(shown, [night(14, "21:00:00", TransactionType="EndOfDay", Amount=0)])
    # The drop stands on the next day now, which in turn nobody closed.
    assert open_findings() == {
        ("amount_mismatch", "SR10042 2026-03-15"): Decimal(20),
        ("missing_end_of_day", "SR10042 2026-03-15"): Decimal(40),
    }
