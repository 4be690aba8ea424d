"""The simulated story: a function of its seed, as odd as the real thing, and readable without loss."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from decimal import Decimal

import pytest

from tests.transactions.simulated import BEGIN, story, told_fact
from transactions.catalogue import KIND_OF
from transactions.identity import key_digest
from transactions.simulation.collecting import collected, facts_between
from transactions.simulation.estate import is_pickup_day, make_estate
from transactions.simulation.messages import Message
from transactions.simulation.trade import UNKNOWN_TYPES, day_of
from transactions.wire.push_json import read_message

DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def long_story() -> list[Message]:
    return story(seed=3, safes=12, days=8)


@pytest.fixture(scope="module")
def text(long_story: list[Message]) -> str:
    return b"\n".join(message.body for message in long_story).decode()


def test_the_same_seed_tells_the_same_again():
    day_of.cache_clear()
    first = story()
    day_of.cache_clear()
    assert [message.body for message in story()] == [message.body for message in first]


def test_another_seed_tells_of_other_safes():
    told = [{what.serial for message in story(seed) for what in message.happenings} for seed in (1, 2)]
    assert not told[0] & told[1]
    assert all(serial.startswith("SIM1-") for serial in told[0])


def test_what_happened_does_not_depend_on_when_one_begins_to_tell():
    estate = make_estate(1, 2, 3)
    whole = collected(estate, BEGIN, BEGIN + 4 * DAY)
    parts = [collected(estate, BEGIN + number * DAY, BEGIN + (number + 1) * DAY) for number in range(4)]
    assert Counter(what for _, what in whole) == Counter(what for part in parts for _, what in part)


def test_the_wire_format_reads_all_of_it_without_loss(long_story: list[Message]):
    """Each record as often as some message showed it: what must be stored, if equal records stayed together."""
    most: Counter[bytes] = Counter()
    facts: dict[bytes, tuple[object, ...]] = {}
    for message in long_story:
        read = read_message(message.body)
        assert (read.received, len(read.bad_rows)) == (message.rows, message.broken_rows)
        here = Counter(key_digest(record) for record in read.records)
        most |= here
        facts |= {key_digest(record): told_fact(record) for record in read.records}
    found = Counter({facts[digest]: count for digest, count in most.items()})
    transactions, audit_events = facts_between(make_estate(3, 3, 12), BEGIN, BEGIN + 8 * DAY)
    assert found == Counter(transactions | audit_events)


def test_every_way_of_telling_comes(long_story: list[Message]):
    assert set(Counter(message.about for message in long_story)) == {"new", "again", "respelt", "overlapping"}
    dues = [message.due for message in long_story]
    assert dues != sorted(dues)
    assert any(message.broken_rows for message in long_story)
    assert any(what.copies > 1 for message in long_story for what in message.happenings)


def test_every_known_type_and_an_unknown_one_come():
    types = Counter(
        message.type for safe in make_estate(5, 3, 6) for n in range(60) for message in day_of(safe, day(n))
    )
    assert set(types) >= set(KIND_OF)
    assert set(types) & set(UNKNOWN_TYPES)


def day(number: int) -> dt.date:
    return dt.date(2026, 3, 1) + number * DAY


@pytest.mark.parametrize(
    "oddity",
    [
        r'"TransactionDateTime": "[^"]+\.\d{7}"',
        r'"TransactionDateTime": "[^"]+\.\d{6}"',
        r'"TransactionDateTime": "[^"]+-\d\d:00"',
        r'"RetrievedOn": "[^"]+\d{7}Z"',
        r'"RetrievedOn": "[^"]+-\d\d:00"',
        r'"Register": null',
        r'"Denominations": null',
        r'"TransactionType": "DoorOpened", "Amount": 0[,}]',
        r'"transactiontype": ',
        r'"FirmwareVersion": ',
        r'"TubeCount": 1, "TubeColumn": \d',
        r'"TubeCount": "1"',
        r'"UnitValue": 20\.0000',
        r'"TransactionType": "ValidatedCashIn"',
        r'"TransactionType": "Login"',
        r'^{\n"CustomerTransaction": {.*},\n"CustomerTransaction": ',
        r'^{"Transactions": ',
    ],
)
def test_a_published_oddity_comes(text: str, oddity: str):
    assert re.search(oddity, text, re.MULTILINE)


def test_a_retrieval_before_its_transaction_comes(long_story: list[Message]):
    moments = {(what.serial, what.wall): what.moment for message in long_story for what in message.happenings}
    records = [record for message in long_story for record in read_message(message.body).records]
    assert any(r.retrieved_on and r.retrieved_on < moments[r.serial_number, r.local_time] for r in records)


def test_changes_of_clocks_show_an_hour_twice_and_an_hour_that_never_was():
    safes = [safe for safe in make_estate(1, 2, 8) if safe.site.closes == 24]
    autumn = [what.wall for safe in safes if not safe.slow_clock for what in day_of(safe, dt.date(2026, 11, 1))]
    spring = [what.wall for safe in safes if safe.slow_clock for what in day_of(safe, dt.date(2027, 3, 14))]
    assert {wall.hour for wall in spring} >= {2}
    assert not autumn or autumn != sorted(autumn)


def test_a_servicing_takes_what_was_dropped_in_its_group_and_reports_less_now_and_then():
    safe = make_estate(1, 1, 1)[0]
    days = [happening for number in range(90) for happening in day_of(safe, day(number))]
    groups = {what.group for what in days if what.type == "Servicing"}
    dropped = Counter[int]()
    taken = {}
    for what in days:
        if what.type in ("CashIn", "ManualCashTransaction"):
            dropped[what.group] += int(what.amount * 100) * what.copies
        elif what.type == "Servicing":
            taken[what.group] = int(what.amount * Decimal(100))
    whole = sorted(groups)[1:]
    short = [dropped[group] - taken[group] for group in whole]
    assert set(short) <= {0, 100, 500, 2000, 10000}  # cents: a note that was stuck, a bag that was miscounted
    assert 0 < len([cents for cents in short if cents]) < len(short) / 5
    assert sum(is_pickup_day(safe, day(number)) for number in range(90)) == len(groups)


def test_equal_records_are_never_parted_by_the_cut():
    for message in story(safes=6, days=3, step=DAY, batch=25):
        shown = Counter(key_digest(record) for record in read_message(message.body).records)
        assert message.rows <= 26 + message.broken_rows
        assert sum(shown.values()) == sum(what.copies for what in message.happenings)


def test_bodies_are_json_but_for_the_shape_that_repeats_a_name(long_story: list[Message]):
    for message in long_story:
        if message.body.startswith(b'{"'):
            assert set(json.loads(message.body)) <= {"Metadata", "Transactions"}
