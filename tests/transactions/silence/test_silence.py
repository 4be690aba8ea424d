"""Safes, endpoints and feeds that fall silent: found by the clock, closed when they are heard from."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import pytest
import time_machine

from safes.estate import place_safe
from safes.models import Finding, Safe
from tests.factories import SiteFactory
from tests.transactions.feeds.filing import feed, file_in, xml
from tests.transactions.pushing import draw_all, drop, endpoint, say
from transactions.models import Delivery, Feed, PushEndpoint, SafeRhythm, Transaction
from transactions.silence.listening import listen

pytestmark = pytest.mark.django_db

CHICAGO = zoneinfo.ZoneInfo("America/Chicago")
# A Monday; the clocks there do not change in these weeks.
START = dt.date(2026, 8, 3)
TODAY = dt.date(2026, 9, 28)  # a Monday, eight weeks later
HOURS = range(9, 20)


def there(date: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(date.year, date.month, date.day, hour, minute, tzinfo=CHICAGO)


def at(moment: dt.datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


def silent(moment: dt.datetime) -> dict[str, str]:
    """Kind and severity of what is open at that moment, by subject."""
    with at(moment):
        listen()
    found = Finding.objects.filter(state="open", kind__startswith="silent_")
    return {finding.subject: finding.severity for finding in found}


def row(moment: dt.datetime, serial: str = "SR10042") -> dict[str, Any]:
    return drop(SerialNumber=serial, TransactionDateTime=f"{moment:%Y-%m-%dT%H:%M:%S}")


def days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]


def shop(first: dt.date, last: dt.date, serial: str = "SR10042") -> list[dict[str, Any]]:
    """Drops at half past each hour it is open; never on Sundays."""
    return [row(there(date, hour, 30), serial) for date in days(first, last) if date.weekday() < 6 for hour in HOURS]


@pytest.fixture
def key():
    place_safe("SR10042", SiteFactory.create(time_zone="America/Chicago"))
    return endpoint()


@pytest.fixture
def traded(key):
    """Eight weeks of trade until this noon, pushed at once just now."""
    with at(there(TODAY, 12, 31)):
        say(key, [*shop(START, TODAY - dt.timedelta(days=1)), *(row(there(TODAY, hour, 30)) for hour in range(9, 13))])
    return key


def test_a_safe_that_falls_silent_while_its_shop_is_open_is_found_within_hours(traded):
    # An hour is usual; half as much again, and two hours of patience.
    assert silent(there(TODAY, 15, 59)) == {}
    assert silent(there(TODAY, 16, 1)) == {"SR10042": "warning"}
    finding = Finding.objects.get(kind="silent_safe")
    assert finding.detail["last_heard"] == "2026-09-28T12:30:00"
    assert finding.site is not None
    assert "60 minutes" in finding.summary


def test_it_stays_found_at_night_and_grows_more_severe(traded):
    assert silent(there(TODAY, 23)) == {"SR10042": "warning"}
    assert silent(there(TODAY + dt.timedelta(days=1), 16, 1))["SR10042"] == "critical"
    finding = Finding.objects.get(kind="silent_safe")
    # That it lasts is no news: one line for its opening, whatever the number of looks.
    assert list(finding.notes.values_list("what", flat=True)) == ["opened"]


def test_it_closes_when_the_safe_speaks_and_opens_for_the_next_silence(traded):
    assert "SR10042" in silent(there(TODAY, 17))
    with at(there(TODAY, 17, 31)):
        say(traded, [row(there(TODAY, 17, 30))])
    assert silent(there(TODAY, 17, 32)) == {}
    assert "SR10042" in silent(there(TODAY + dt.timedelta(days=1), 15))
    finding = Finding.objects.get(kind="silent_safe")
    assert list(finding.notes.values_list("what", flat=True)) == ["opened", "closed", "reopened"]


def test_nights_and_sundays_are_usual(key):
    saturday = TODAY - dt.timedelta(days=2)
    with at(there(saturday, 19, 31)):
        say(key, shop(START, saturday))
    for hours in range(1, 38):
        assert "SR10042" not in silent(there(saturday, 19, 31) + dt.timedelta(hours=hours))
    assert "SR10042" in silent(there(TODAY, 13))


def test_the_order_of_things_told_is_nothing(key):
    rows = [*shop(START, TODAY - dt.timedelta(days=1)), row(there(TODAY, 12, 30))]
    with at(there(TODAY, 12, 31)):
        for part in (rows[400:], rows[:100], rows[100:400]):
            say(key, part)
            listen()
    assert silent(there(TODAY, 15, 59)) == {}
    with at(there(TODAY, 16, 1)):
        SafeRhythm.objects.all().delete()  # it is learnt again
    assert silent(there(TODAY, 16, 1)) == {"SR10042": "warning"}


def test_a_file_that_tells_of_it_too_ends_the_silence(traded):
    assert "SR10042" in silent(there(TODAY, 17))
    with at(there(TODAY, 17, 31)):
        file_in(feed(), "day.xml", xml([row(there(TODAY, 17, 15))]))
    assert "SR10042" not in silent(there(TODAY, 17, 32))


def test_the_young_the_unregistered_and_the_retired_are_not_listened_for(key):
    young = shop(TODAY - dt.timedelta(days=15), TODAY - dt.timedelta(days=1))
    with at(there(TODAY, 12, 31)):
        say(key, young)
        say(key, shop(START, TODAY - dt.timedelta(days=1), "STRANGE"))
        place_safe("OLD", SiteFactory.create(time_zone="America/Chicago"))
        say(key, shop(START, TODAY - dt.timedelta(days=1), "OLD"))
    later = there(TODAY + dt.timedelta(days=3), 12)
    assert silent(later).keys() == {"OLD", "loomis"}
    Safe.objects.filter(serial_number="OLD").update(status=Safe.Status.RETIRED)
    assert silent(later).keys() == {"loomis"}


def test_safes_that_files_alone_tell_of_lag_by_a_day_and_are_left_to_the_feed(key):
    with at(there(TODAY, 12)):
        file_in(feed(), "all.xml", xml(shop(START, TODAY - dt.timedelta(days=1))))
    assert "SR10042" not in silent(there(TODAY + dt.timedelta(days=2), 12))


def test_a_safe_whose_clock_is_years_ahead_does_not_hide_behind_it(traded):
    with at(there(TODAY, 12, 40)):
        say(traded, [row(there(TODAY, 12) + dt.timedelta(days=900))])
    assert silent(there(TODAY, 16, 1)) == {"SR10042": "warning"}


def test_trials_are_not_listened_to(key):
    trial = endpoint("trial", environment="test")
    with at(there(TODAY, 12, 31)):
        say(trial, shop(START, TODAY - dt.timedelta(days=1)), name="trial")
        say(key, [row(there(TODAY, 12, 30))])
        feed("trial", environment="test")
    found = silent(there(TODAY + dt.timedelta(days=5), 12))
    assert found.keys() == {"loomis"}


def test_a_look_costs_the_same_for_many_silent_safes(key, django_assert_max_num_queries):
    site = SiteFactory.create(time_zone="America/Chicago")
    for number in range(12):
        place_safe(f"N{number}", site)
        with at(there(TODAY, 12, 31)):
            say(key, shop(START + dt.timedelta(days=28), TODAY - dt.timedelta(days=1), f"N{number}"))
    with at(there(TODAY, 16, 31)):
        listen()
        with django_assert_max_num_queries(30):
            listen()
    assert Finding.objects.filter(kind="silent_safe", state="open").count() == 12


def test_a_look_at_safes_that_speak_reads_no_history(traded, django_assert_max_num_queries):
    with at(there(TODAY, 13)):
        listen()
        with django_assert_max_num_queries(14):
            listen()


# --- endpoints


def pushed(name: str, moments: list[dt.datetime]) -> None:
    """Arrivals at these moments."""
    source = PushEndpoint.objects.get(name=name)
    Delivery.objects.bulk_create(
        Delivery(
            channel="push", endpoint=source, received_at=moment, digest=number.to_bytes(32, "big"), size=1,
            status="accepted",
        )
        for number, moment in enumerate(moments)
    )  # fmt: skip


def test_an_endpoint_is_silent_by_its_own_rhythm_and_says_how_long_is_left(key):
    moments = [there(date, hour, 5) for date in days(START, TODAY) if date.weekday() < 6 for hour in HOURS]
    pushed("loomis", [moment for moment in moments if moment < there(TODAY, 12)])
    assert silent(there(TODAY, 14, 30)) == {}
    assert silent(there(TODAY, 15, 0)) == {"loomis": "warning"}
    finding = Finding.objects.get(kind="silent_endpoint")
    assert "20 h" in finding.summary
    assert finding.detail["discarded_from"] == "2026-09-29T16:05:00+00:00"
    assert silent(there(TODAY, 23, 30)) == {"loomis": "critical"}
    silent(there(TODAY, 23, 30) + dt.timedelta(days=2))
    finding.refresh_from_db()
    assert "only its files bring that back" in finding.summary
    with at(there(TODAY, 23, 31)):
        say(key, [row(there(TODAY, 12, 30))])
    assert silent(there(TODAY, 23, 32)) == {}
    finding.refresh_from_db()
    assert (finding.state, finding.closed_by) == ("closed", "system")


def test_what_was_turned_away_is_known_to_wait_from_then_on(key):
    pushed("loomis", [there(TODAY, 0)])
    PushEndpoint.objects.update(rejected_since=there(TODAY, 6), rejected_count=3)
    assert silent(there(TODAY, 16)) == {"loomis": "warning"}
    assert Finding.objects.get(kind="silent_endpoint").detail["discarded_from"] == "2026-09-29T11:00:00+00:00"


def test_an_endpoint_without_a_rhythm_has_a_night_and_one_never_pushed_to_as_long(key):
    PushEndpoint.objects.update(created_at=there(TODAY, 0))
    assert silent(there(TODAY, 15, 59)) == {}
    assert silent(there(TODAY, 16)) == {"loomis": "warning"}
    assert "ever" in Finding.objects.get(kind="silent_endpoint").summary
    with at(there(TODAY, 17)):
        say(key, [row(there(TODAY, 17))])
    assert silent(there(TODAY, 18)) == {}
    # Eight hours are left then.
    assert silent(there(TODAY + dt.timedelta(days=1), 9)) == {"loomis": "critical"}


def test_nobody_waits_for_an_inactive_endpoint_a_trial_or_where_no_safe_is_in_service(key):
    PushEndpoint.objects.update(created_at=there(TODAY, 0))
    endpoint("trial", environment="test")
    PushEndpoint.objects.filter(name="trial").update(created_at=there(START, 0))
    assert silent(there(TODAY, 20)).keys() == {"loomis"}
    PushEndpoint.objects.filter(name="loomis").update(active=False)
    assert silent(there(TODAY, 20)) == {}
    PushEndpoint.objects.filter(name="loomis").update(active=True)
    Safe.objects.update(status=Safe.Status.RETIRED)
    assert silent(there(TODAY, 20)) == {}


# --- feeds


@pytest.fixture
def daily():
    """A file every morning but Sundays, and the last one on Saturday."""
    source = feed()
    mornings = [there(date, 5) for date in days(START, TODAY - dt.timedelta(days=1)) if date.weekday() < 6]
    Delivery.objects.bulk_create(
        Delivery(
            channel="file", feed=source, file_name=f"{moment:%Y%m%d}.xml", received_at=moment, size=1,
            digest=number.to_bytes(32, "big"), status="accepted",
        )
        for number, moment in enumerate(mornings)
    )  # fmt: skip
    return source


def test_a_feed_without_its_daily_file_is_found_hours_after_its_usual_time(daily):
    assert silent(there(TODAY, 10, 59)) == {}  # it was Sunday, and it is late
    assert silent(there(TODAY, 11)) == {"daily": "warning"}
    assert silent(there(TODAY + dt.timedelta(days=1), 11)) == {"daily": "critical"}
    with at(there(TODAY + dt.timedelta(days=1), 12)):
        file_in(daily, "late.xml", xml([drop(1)]))
        listen()
    assert silent(there(TODAY + dt.timedelta(days=1), 13)) == {}


def test_a_copy_of_an_old_file_is_no_new_one(daily):
    with at(there(TODAY, 9)):
        first = Delivery.objects.filter(feed=daily).earliest("pk")
        Delivery.objects.create(
            channel="file", feed=daily, file_name="copy.xml", received_at=there(TODAY, 9), size=1,
            digest=first.digest, status="duplicate", repeat_of=first,
        )  # fmt: skip
    assert silent(there(TODAY, 11)) == {"daily": "warning"}


def test_a_new_feed_has_a_day_and_files_by_hand_a_whole_life(db):
    source = feed()
    feed("manual", url="")
    feed("trial", environment="test")
    Feed.objects.update(created_at=there(TODAY, 0))
    assert silent(there(TODAY + dt.timedelta(days=1), 5, 59)) == {}
    assert silent(there(TODAY + dt.timedelta(days=1), 6)) == {"daily": "warning"}
    source.active = False
    source.save()
    assert silent(there(TODAY + dt.timedelta(days=1), 7)) == {}


def test_everything_here_is_in_the_books_alone(traded):
    draw_all()
    assert set(Transaction.objects.values_list("book", flat=True)) == {1}
