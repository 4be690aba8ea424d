"""Misses are limited, hits never: by account, and by account and value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine

from loyalty import throttle
from loyalty.models import MissCount
from loyalty.tasks import forget_old_misses
from tests.loyalty.door.till import Till, key
from tests.loyalty.making import NUMBER, PHONE, card, contact
from tests.transactions.at_once import at_once

NOWHERE = "4000999900000000"
NOON = dt.datetime(2031, 3, 3, 12, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Ten seconds into a minute."""
    with time_machine.travel(NOON + dt.timedelta(seconds=10), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def limits(settings):
    settings.LOYALTY_MISS_LIMIT = "10/min"
    settings.LOYALTY_SAME_MISS_LIMIT = "3/min"


def misses(till: Till, *values: int) -> list[int]:
    """The statuses of look-ups of numbers that are not there."""
    return [till.get(f"balance/by/{int(NOWHERE) + value}").status_code for value in values]


@pytest.mark.django_db
class TestLimits:
    def test_misses_over_the_limit_are_answered_429_until_the_window_ends(self, clock):
        till = Till()
        assert misses(till, *range(10)) == [200] * 10
        answer = till.get(f"balance/by/{int(NOWHERE) + 10}")
        assert key(answer, 429) == "TooManyRequests"
        assert answer["Retry-After"] == "50"
        clock.shift(dt.timedelta(seconds=49))
        answer = till.get(f"balance/by/{int(NOWHERE) + 11}")
        assert (answer.status_code, answer["Retry-After"]) == (429, "1")
        clock.shift(dt.timedelta(seconds=1))
        assert misses(till, 12) == [200]

    def test_a_hit_is_never_refused_and_writes_nothing(self, clock, django_assert_num_queries):
        card(of=contact())
        till = Till()
        misses(till, *range(20))
        counted = list(MissCount.objects.values_list("pk", "count"))
        for _ in range(30):
            for path in (NUMBER, "C100001", f"phone/{PHONE}"):
                assert key(till.get(f"balance/by/{path}")) == "OK"
        assert key(till.get(f"active?Number={NUMBER}")) == "OK"
        with django_assert_num_queries(2):
            till.get(f"balance/by/{NUMBER}")
        assert list(MissCount.objects.values_list("pk", "count")) == counted

    def test_one_value_again_and_again_is_refused_by_itself_and_leaves_the_rest_to_others(self, clock):
        till = Till()
        assert misses(till, *[0] * 50) == [200] * 3 + [429] * 47
        assert misses(till, *range(1, 8)) == [200] * 7
        assert misses(till, 8) == [429]

    def test_one_account_does_not_use_up_anothers(self, clock):
        first, second = Till(name="first"), Till(name="second")
        misses(first, *range(15))
        assert misses(second, *range(10)) == [200] * 10
        assert misses(first, 99) == [429]

    def test_every_kind_of_miss_counts_and_what_is_malformed_or_there_does_not(self, clock):
        card(of=contact())
        director = Till("director")
        for _ in range(20):
            director.get("balance/by/x")
            director.get(f"issue?Number={NUMBER}")
            director.post("bindto")
        assert not MissCount.objects.exists()
        for number, ask in enumerate(
            [
                lambda: director.get(f"balance/by/{NOWHERE}"),
                lambda: director.get("balance/by/C999999"),
                lambda: director.get("balance/by/phone/+12015550100"),
                lambda: director.get(f"issue?Number={NOWHERE}"),
                lambda: director.get(f"active?Number={NOWHERE}"),
                lambda: director.post("bindto", Number=NOWHERE, MobileNumber=PHONE),
                lambda: director.post("bindto", Number=NUMBER, MobileNumber="+12015550100"),
                lambda: director.post("block", Number=NOWHERE, BlockReasonCode="0"),
                lambda: director.post("unblock", ContactMobileNumber="+12015550100", UnBlockReasonCode="0"),
            ],
            start=1,
        ):
            assert ask().status_code == 200
            assert MissCount.objects.get(value=b"").count == number

    def test_a_phone_is_the_same_however_it_is_written(self, clock):
        till = Till()
        spelt = ["+12015550100", "2015550100", "(201) 555-0100", "201.555.0100"]
        assert [till.get(f"balance/by/phone/{one}").status_code for one in spelt] == [200, 200, 200, 429]

    def test_values_are_kept_as_digests_that_the_secret_makes(self, clock, settings):
        till = Till()
        misses(till, 0)
        (first,) = MissCount.objects.exclude(value=b"").values_list("value", flat=True)
        assert len(bytes(first)) == 16
        assert NOWHERE.encode() not in bytes(first)
        settings.SECRET_KEY = "another" * 10
        misses(till, 0)
        assert MissCount.objects.exclude(value=b"").count() == 2

    def test_whoever_tries_them_all_fills_no_table(self, clock):
        misses(Till(), *range(100))
        assert MissCount.objects.count() == 11
        assert MissCount.objects.get(value=b"").count == 100

    def test_counts_are_forgotten_after_two_days(self, clock):
        till = Till()
        misses(till, 0)
        clock.shift(dt.timedelta(days=2))
        misses(till, 1)
        assert forget_old_misses() == 2
        assert MissCount.objects.count() == 2

    def test_windows_of_an_hour(self, clock, settings):
        settings.LOYALTY_MISS_LIMIT = "2/hour"
        till = Till()
        assert misses(till, 1, 2, 3) == [200, 200, 429]
        assert till.get(f"balance/by/{NOWHERE}")["Retry-After"] == "3590"


@pytest.mark.usefixtures("transactional_db")
def test_of_many_at_once_exactly_as_many_as_the_limit_are_answered(settings):
    # A window that ends while they are at it would begin anew.
    settings.LOYALTY_MISS_LIMIT, settings.LOYALTY_SAME_MISS_LIMIT = "10/hour", "3/hour"
    with time_machine.travel(NOON, tick=False):
        till = Till()

        def ask(value: int) -> int:
            return throttled(till, value)

        statuses = at_once(*(lambda value=value: ask(value) for value in range(25)))
        assert sorted(statuses) == [200] * 10 + [429] * 15
        other = Till(name="other")
        statuses = at_once(*(lambda: throttled(other, 0) for _ in range(20)))
        assert sorted(statuses) == [200] * 3 + [429] * 17
    assert MissCount.objects.get(account=other.account, value=b"").count == 3


def throttled(till: Till, value: int) -> int:
    wait = throttle.count_miss(till.account, str(value))
    return 200 if wait is None else 429


@pytest.mark.parametrize(("text", "limit"), [("300/min", (300, 60)), ("5/Second", (5, 1)), (" 7/h ", (7, 3600))])
def test_limits_are_read(text, limit):
    assert throttle.read_limit(text) == limit


@pytest.mark.parametrize(
    "text", ["", "300", "/min", "0/min", "-1/min", "1.5/min", "9/day", "9/week", "٩/min", "9/min/x"]
)
def test_what_is_no_limit_is_told(text):
    with pytest.raises(ValueError, match=r"300/min.*\.$"):
        throttle.read_limit(text)
