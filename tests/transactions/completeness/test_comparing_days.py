"""What one channel told and the other did not: found when the grace is over, gone when the other catches up."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

import pytest

from config.celery import TIMETABLE, app
from safes.estate import place_safe
from safes.models import Finding
from tests.factories import SiteFactory
from tests.transactions.completeness.comparing import AFTER, DAY, GRACE_ENDS, IN_GRACE, at, missing, turn, verdicts
from tests.transactions.feeds.filing import feed, file_in, xml
from tests.transactions.pushing import draw_all, drop, endpoint, open_findings, say
from transactions import tasks
from transactions.completeness.covering import follow_arranged
from transactions.models import ChannelCompleteness, PushEndpoint, TouchedDay
from transactions.recording.marks import touch

pytestmark = pytest.mark.django_db

IN_PUSH = ("missing_in_push", "SR10042 2026-03-14")
IN_FILE = ("missing_in_file", "SR10042 2026-03-14")


def test_a_day_that_both_told_of_alike_is_complete():
    rows = [drop(number) for number in range(3)]
    with at(AFTER):
        say(endpoint(), rows)
        file_in(feed(), "day.xml", xml(rows))
        assert verdicts() == {"SR10042 2026-03-14": "complete"}
        assert missing() == {}
    row = ChannelCompleteness.objects.get()
    told = (row.count, row.push_count, row.file_count, row.both_count)
    assert told == (3, 3, 3, 3)
    assert (row.cash, row.push_cash, row.file_cash, row.both_cash) == (Decimal(120),) * 4


def test_what_a_file_lacks_is_found_with_its_cash_and_listed():
    with at(AFTER):
        say(endpoint(), [drop(1), drop(2, "75.50"), drop(3, "4.50", TransactionType="ManualCashTransaction")])
        file_in(feed(), "day.xml", xml([drop(1)]))
        assert missing() == {IN_FILE: Decimal("80.00")}
    finding = Finding.objects.get(kind="missing_in_file")
    assert finding.business_date == DAY
    assert finding.detail["transaction_count"] == 2
    assert finding.detail["transactions"][0] == {
        "local_time": "2026-03-14T08:00:02",
        "type": "CashIn",
        "amount": "75.5000",
        "currency": "",
        "user": "ANNA BECK",
    }


def test_what_the_pushes_lack_is_found_too_and_each_of_both():
    with at(AFTER):
        say(endpoint(), [drop(1), drop(2, "10")])
        file_in(feed(), "day.xml", xml([drop(1), drop(3, "7"), drop(4, "8")]))
        assert missing() == {IN_FILE: Decimal(10), IN_PUSH: Decimal(15)}
        assert verdicts() == {"SR10042 2026-03-14": "missing_in_both"}


def test_nothing_is_asked_before_the_grace_is_over_and_all_of_it_then():
    with at(IN_GRACE):
        say(endpoint(), [drop(1), drop(2)])
        file_in(feed(), "day.xml", xml([drop(1)]))
        assert missing() == {}
        assert verdicts() == {"SR10042 2026-03-14": "waiting"}
    with at(GRACE_ENDS):
        assert missing() == {IN_FILE: Decimal(40)}
        assert verdicts() == {"SR10042 2026-03-14": "missing_in_file"}


def test_the_grace_ends_at_noon_where_the_safe_stands():
    place_safe("SR10042", SiteFactory.create(time_zone="America/Chicago"))
    noon_there = dt.datetime(2026, 3, 16, 17, tzinfo=dt.UTC)
    with at(IN_GRACE):
        say(endpoint(), [drop(1), drop(2)])
        file_in(feed(), "day.xml", xml([drop(1)]))
    with at(noon_there - dt.timedelta(seconds=1)):
        assert missing() == {}
    with at(noon_there):
        assert missing() == {IN_FILE: Decimal(40)}


def test_the_other_channel_catching_up_closes_it_at_once():
    source = feed()
    with at(AFTER):
        key = endpoint()
        say(key, [drop(1), drop(2)])
        file_in(source, "day.xml", xml([drop(1), drop(3)]))
        assert set(missing()) == {IN_FILE, IN_PUSH}
        file_in(source, "late.xml", xml([drop(2)]))
        assert set(open_findings()) - {("unknown_safe", "SR10042")} == {IN_PUSH}
        say(key, [drop(3)])
        draw_all()
        assert verdicts() == {"SR10042 2026-03-14": "complete"}
        assert missing() == {}
    assert Finding.objects.get(kind="missing_in_file").closed_by == "system"


def test_an_estate_with_one_channel_alone_is_asked_nothing():
    with at(AFTER):
        say(endpoint(), [drop(1)])
        assert missing() == {}
        assert verdicts() == {"SR10042 2026-03-14": "not_compared"}
        feed()  # arranged, and nothing came by it yet
        assert missing() == {}


def test_files_alone_are_asked_nothing_either():
    with at(AFTER):
        endpoint()
        file_in(feed(), "day.xml", xml([drop(1)]))
        assert missing() == {}


def _on(date: str, second: int, amount: str = "40.00"):
    row = drop(second, amount)
    return row | {"TransactionDateTime": date + row["TransactionDateTime"][10:]}


def test_a_channel_is_expected_from_the_first_date_it_showed_for_a_safe():
    with at(AFTER):
        key = endpoint()
        say(key, [_on("2026-03-12", 1), _on("2026-03-14", 1), _on("2026-03-15", 1)])
        file_in(feed(), "day.xml", xml([_on("2026-03-14", 1)]))
        assert missing() == {("missing_in_file", "SR10042 2026-03-15"): Decimal(40)}
        # Another safe that no file ever told of is nobody's business.
        say(key, [_on("2026-03-15", 1) | {"SerialNumber": "SR2"}])
        assert set(missing()) == {("missing_in_file", "SR10042 2026-03-15")}


def test_older_history_that_arrives_moves_that_date():
    source = feed()
    with at(AFTER):
        say(endpoint(), [_on(f"2026-03-{day}", 1) for day in range(10, 16)])
        file_in(source, "day.xml", xml([_on("2026-03-14", 1), _on("2026-03-15", 1)]))
        assert missing() == {}
        file_in(source, "old.xml", xml([_on("2026-03-12", 1)]))
        assert set(missing()) == {("missing_in_file", "SR10042 2026-03-13")}


ROWS = [_on("2026-03-13", 1), _on("2026-03-14", 1), _on("2026-03-14", 2, "11"), _on("2026-03-15", 3, "5")]
DELIVERIES = [
    ("push", [ROWS[1], ROWS[2]]),
    ("push", [ROWS[3], _on("2026-03-16", 1)]),
    ("file", [ROWS[0]]),
    ("file", [ROWS[1], _on("2026-03-15", 9, "2"), _on("2026-03-16", 1)]),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::2])
def test_every_order_of_pushes_and_files_comes_to_the_same(order):
    source = feed()
    key = endpoint()
    with at(AFTER):
        for number, place in enumerate(order):
            channel, rows = DELIVERIES[place]
            if channel == "push":
                say(key, rows)
            else:
                file_in(source, f"{place}.xml", xml(rows))
            if number % 2:
                turn()
        assert missing() == {
            ("missing_in_file", "SR10042 2026-03-14"): Decimal(11),
            ("missing_in_file", "SR10042 2026-03-15"): Decimal(5),
            ("missing_in_push", "SR10042 2026-03-15"): Decimal(2),
        }
        assert verdicts() == {
            "SR10042 2026-03-13": "not_compared",
            "SR10042 2026-03-14": "missing_in_file",
            "SR10042 2026-03-15": "missing_in_both",
            "SR10042 2026-03-16": "complete",
        }


def test_types_that_pushes_were_not_asked_for_are_not_missed():
    with at(AFTER):
        key = endpoint(types=["ValidatedCashIn", "EndOfDay"])
        say(key, [drop(1), drop(5)])
        servicing = drop(2, "500", TransactionType="Servicing")
        file_in(feed(), "day.xml", xml([drop(1), servicing, drop(3, "9"), drop(5)]))
        assert missing() == {IN_PUSH: Decimal(9)}
        (listed,) = Finding.objects.get(kind="missing_in_push").detail["transactions"]
        assert listed["type"] == "CashIn"


def test_another_endpoint_or_another_arrangement_is_followed():
    with at(AFTER):
        key = endpoint(types=["CashIn"])
        say(key, [drop(1)])
        file_in(feed(), "day.xml", xml([drop(1), drop(2, "500", TransactionType="Servicing")]))
        assert missing() == {}
        endpoint("trial", environment="test")
        assert missing() == {}
        endpoint("second", types=["Servicing"])
        assert missing() == {IN_PUSH: Decimal(500)}
        PushEndpoint.objects.filter(name="second").update(active=False)
        assert missing() == {}
        PushEndpoint.objects.filter(name="loomis").update(types=[])
        assert missing() == {IN_PUSH: Decimal(500)}


def test_a_channel_that_was_switched_off_is_not_expected_any_more():
    source = feed()
    with at(AFTER):
        say(endpoint(), [drop(1), drop(2)])
        file_in(source, "day.xml", xml([drop(1)]))
        assert set(missing()) == {IN_FILE}
        source.active = False
        source.save()
        assert missing() == {}
        assert verdicts() == {"SR10042 2026-03-14": "not_compared"}


def test_test_sources_are_in_no_figures():
    with at(AFTER):
        say(endpoint(), [drop(1)])
        file_in(feed(environment="test"), "day.xml", xml([drop(1), drop(2)]))
        assert missing() == {}
        row = ChannelCompleteness.objects.get()
        assert (row.count, row.file_count) == (1, 0)


def test_markers_count_and_bear_no_cash_and_unknown_types_neither():
    with at(AFTER):
        end = drop(4, "9", TransactionType="EndOfDay")
        odd = drop(3, "77", TransactionType="Levitation")
        say(endpoint(), [drop(1), end, odd])
        file_in(feed(), "day.xml", xml([drop(1), drop(2, "-15")]))
        assert missing() == {IN_FILE: Decimal(0), IN_PUSH: Decimal(15)}
        row = ChannelCompleteness.objects.get()
        assert (row.count, row.cash, row.push_count, row.push_cash) == (4, Decimal(55), 3, Decimal(40))


def test_each_currency_has_figures_of_its_own_and_the_day_one_finding():
    def in_(currency: str, second: int, amount: str):
        return drop(second, amount, Denominations=[{"UnitValue": float(amount), "Count": 1, "Currency": currency}])

    with at(AFTER):
        say(endpoint(), [in_("USD", 1, "20"), in_("CAD", 2, "5")])
        file_in(feed(), "day.xml", xml([in_("USD", 1, "20")]))
        assert verdicts() == {"SR10042 2026-03-14 USD": "complete", "SR10042 2026-03-14 CAD": "missing_in_file"}
        assert missing() == {IN_FILE: Decimal(5)}
        assert Finding.objects.get(kind="missing_in_file").currency == "CAD"


@pytest.mark.parametrize("file_first", [True, False])
@pytest.mark.parametrize("cut", [True, False])
def test_a_pair_cut_over_two_pushes_is_missing_nowhere_when_a_file_shows_both(cut, file_first):
    def push():
        key = endpoint()
        for rows in [[drop(1)], [drop(1)]] if cut else [[drop(1), drop(1)]]:
            say(key, rows)

    with at(AFTER):
        if not file_first:
            push()
        file_in(feed(), "day.xml", xml([drop(1), drop(1)]))
        if file_first:
            push()
        assert missing() == {}
        row = ChannelCompleteness.objects.get()
        assert (row.count, row.push_count, row.file_count, row.both_count, row.push_cash) == (2, 2, 2, 2, Decimal(80))


def test_near_matches_count_once_and_are_missing_nowhere():
    with at(AFTER):
        say(endpoint(), [drop(1, PickupGroupId=1), drop(2)])
        file_in(feed(), "day.xml", xml([drop(1, PickupGroupId=2), drop(2)]))
        assert missing() == {}
        row = ChannelCompleteness.objects.get()
        assert (row.count, row.both_count, row.cash) == (2, 2, Decimal(80))


def test_two_hundred_are_listed_and_all_are_summed():
    with at(AFTER):
        say(endpoint(), [drop(number, "1") for number in range(250)] + [drop(9000)])
        file_in(feed(), "day.xml", xml([drop(9000)]))
        assert missing() == {IN_FILE: Decimal(250)}
    detail = Finding.objects.get(kind="missing_in_file").detail
    assert (detail["transaction_count"], len(detail["transactions"])) == (250, 200)


def test_rows_that_were_dropped_are_drawn_again_as_they_were():
    with at(AFTER):
        say(endpoint(), [drop(1), _on("2026-03-15", 2)])
        file_in(feed(), "day.xml", xml([drop(1)]))
        turn()
        before = list(ChannelCompleteness.objects.order_by("business_date").values())
        days = set(ChannelCompleteness.objects.values_list("safe_id", "business_date"))
        ChannelCompleteness.objects.all().delete()
        touch(days)
        turn()
        after = list(ChannelCompleteness.objects.order_by("business_date").values())
    assert [row | {"id": 0} for row in after] == [row | {"id": 0} for row in before]


def test_the_clock_looks_at_waiting_days_alone_and_changes_nothing_twice(django_assert_max_num_queries):
    with at(AFTER):
        key, source = endpoint(), feed()
        for day in range(10, 28):
            say(key, [_on(f"2026-03-{day}", 1)])
            file_in(source, f"{day}.xml", xml([_on(f"2026-03-{day}", 1)]))
        turn()
        assert not follow_arranged()
        with django_assert_max_num_queries(6):
            turn()
        assert not TouchedDay.objects.exists()


def test_the_workers_do_it_by_the_clock_and_the_timetable_has_them():
    with at(AFTER):
        say(endpoint(), [drop(1), drop(2)])
        file_in(feed(), "day.xml", xml([drop(1)]))
        tasks.follow_the_clock()
        assert IN_FILE in open_findings()
        assert tasks.listen_for_silence() == 0
    timed = {entry["task"]: entry["schedule"] for entry in TIMETABLE.values()}
    for task in (tasks.follow_the_clock, tasks.listen_for_silence):
        assert timed[task.name] <= dt.timedelta(minutes=1)
        assert app.conf.task_routes[task.name] == {"queue": "derive"}
