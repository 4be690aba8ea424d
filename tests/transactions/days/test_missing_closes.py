"""missing_end_of_day: found when the grace is over, gone with the close, never for a safe that sends none."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from config.celery import TIMETABLE, app
from safes.estate import place_safe
from safes.models import Finding
from tests.factories import SiteFactory
from tests.transactions.completeness.comparing import at as at_moment
from tests.transactions.days.books import SERIAL, at, close
from tests.transactions.pushing import draw_all, endpoint, open_findings, say
from transactions import tasks
from transactions.models import SafeDay, Transaction
from transactions.reconciliation.days.closing import mark_due
from transactions.recording.rulings import rule

pytestmark = pytest.mark.django_db

KIND = "missing_end_of_day"
# Chicago is five hours behind in March: the 15th begins at 06:00 there, and six hours later its grace is over.
JUDGED = dt.datetime(2026, 3, 15, 17, tzinfo=dt.UTC)
BEFORE = JUDGED - dt.timedelta(minutes=1)


@pytest.fixture
def key():
    place_safe(SERIAL, SiteFactory.create(code="CHI"))
    return endpoint()


def missing() -> dict[int, Decimal | None]:
    """Cash at stake by the day of March."""
    mark_due()
    open_findings()
    found = Finding.objects.filter(kind=KIND, state="open")
    return {one.business_date.day: one.cash_at_stake for one in found if one.business_date}


def test_a_day_without_a_close_is_found_when_the_grace_is_over_and_not_before(key):
    with at_moment(BEFORE):
        say(key, [at("13 12:00"), close("14 00:01"), at("14 12:00", amount="70"), at("14 13:00", "CoinDispense", "9")])
        assert missing() == {}
        assert SafeDay.objects.get(business_date=dt.date(2026, 3, 14)).close_due_at == JUDGED
    with at_moment(JUDGED):
        assert missing() == {14: Decimal(70)}
        assert SafeDay.objects.filter(close_due_at__isnull=False).count() == 0


def test_it_closes_by_itself_with_the_close(key):
    with at_moment(JUDGED):
        say(key, [close("14 00:01"), at("14 12:00")])
        assert list(missing()) == [14]
        say(key, [close("15 00:01")])
        assert missing() == {}
        assert Finding.objects.get(kind=KIND).closed_by == "system"


def test_a_safe_of_which_no_close_was_ever_seen_is_never_asked_for_one(key):
    with at_moment(JUDGED + dt.timedelta(days=30)):
        say(key, [at("14 12:00"), at("15 12:00")])
        assert missing() == {}


def test_the_first_close_of_a_safe_makes_one_due_on_all_its_days_and_its_withdrawal_on_none(key):
    with at_moment(JUDGED + dt.timedelta(days=30)):
        say(key, [at("12 12:00"), at("13 12:00"), at("14 12:00")])
        assert missing() == {}
        say(key, [close("14 00:01"), close("15 00:01")])
        assert list(missing()) == [12]
        for one in Transaction.objects.filter(type="EndOfDay"):
            rule((one.safe_id, one.local_time, bytes(one.key_digest)), 0, "A test of the clock.", None)
        assert missing() == {}


def test_nothing_is_due_on_a_day_without_cash(key):
    with at_moment(JUDGED + dt.timedelta(days=30)):
        say(key, [close("14 00:01"), at("14 12:00", "Placeholder", "0"), at("14 12:30", "FooBar", "5")])
        assert 14 not in missing()


def test_what_only_a_test_endpoint_saw_closes_nothing(key):
    trial = endpoint("trial", environment="test")
    with at_moment(JUDGED):
        say(key, [close("14 00:01"), at("14 12:00")])
        say(trial, [close("15 00:01")], name="trial")
        assert list(missing()) == [14]


@pytest.mark.parametrize("late", [False, True])
def test_the_order_of_arrival_makes_no_difference(key, late):
    pushes = [[at("12 12:00"), at("14 12:00")], [close("14 00:01")], [at("13 12:00")]]
    with at_moment(JUDGED + dt.timedelta(days=30)):
        for rows in pushes[::-1] if late else pushes:
            say(key, rows)
            draw_all()
        assert sorted(missing()) == [12, 14]


def test_the_clock_comes_round_for_it(key, settings):
    with at_moment(BEFORE):
        say(key, [close("14 00:01"), at("14 12:00")])
        draw_all()
    with at_moment(JUDGED):
        tasks.follow_the_clock()
        assert Finding.objects.filter(kind=KIND, state="open").count() == 1
    assert tasks.follow_the_clock.name in {entry["task"] for entry in TIMETABLE.values()}
    assert tasks.follow_the_clock.name in app.conf.task_routes


def test_the_grace_is_what_was_arranged(key, settings):
    settings.CLOSE_GRACE = dt.timedelta(0)
    with at_moment(JUDGED - dt.timedelta(hours=6)):
        say(key, [close("14 00:01"), at("14 12:00")])
        assert list(missing()) == [14]
