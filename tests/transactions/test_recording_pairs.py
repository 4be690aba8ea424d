"""What pushes and files tell alike but for the pickup group or the fraction of the second counts once.

DOMAIN.md section 1, "Identity": at once, in sorted order, shown to staff where the group differs, parted by a ruling.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from safes.finding_work import comment
from safes.findings import settle_by_person
from safes.models import Finding
from tests.transactions.feeds.filing import feed, file_in, xml
from tests.transactions.pushing import drop, endpoint, open_findings, say
from transactions import drawing
from transactions.deliveries import record_delivery
from transactions.models import DayClose, Delivery, Feed, Transaction
from transactions.reading import files
from transactions.recording.rows import Key
from transactions.recording.rulings import rule, withdraw_ruling

pytestmark = pytest.mark.django_db

MISMATCH = ("pickup_group_mismatch", "SR10042 2026-03-14")


@pytest.fixture
def both() -> tuple[str, Feed]:
    """A key to push with, and a feed."""
    return endpoint(), feed()


def at(fraction: str, **more: Any) -> dict[str, Any]:
    return drop(1, TransactionDateTime=f"2026-03-14T08:00:01.{fraction}", **more)


def group(number: int | None, **more: Any) -> dict[str, Any]:
    return drop(1, PickupGroupId=number, **more)


def told() -> list[tuple[int | None, str, bool, bool]]:
    """What counts: group, fraction, seen by push, seen by file."""
    rows = Transaction.objects.filter(counted=True).order_by("local_time", "pickup_group_id", "occurrence")
    return [
        (row.pickup_group_id, f"{row.local_time:%f}", row.seen_by_push is not None, row.seen_by_file is not None)
        for row in rows
    ]


def pairs() -> list[tuple[Any, Any]]:
    """Group and fraction, as pushed and as filed; the two name each other, and only the file's counts."""
    found: list[tuple[Any, Any]] = []
    for filed in Transaction.objects.filter(paired_with__isnull=False, push_message=None).order_by("pk"):
        assert filed.paired_with is not None
        pushed = Transaction.objects.get(pk=filed.paired_with)
        assert (pushed.paired_with, pushed.file_message_id) == (filed.pk, None)
        assert (pushed.counted, filed.counted) == (False, True)
        assert (pushed.seen_by_push, pushed.seen_by_file) == (filed.seen_by_push, filed.seen_by_file)
        found.append((_group_and_fraction(pushed), _group_and_fraction(filed)))
    return sorted(found, key=repr)


def _group_and_fraction(row: Transaction) -> tuple[int | None, str]:
    return row.pickup_group_id, f"{row.local_time:%f}"


def key(**chosen: Any) -> Key:
    row = Transaction.objects.get(occurrence=1, **chosen)
    return row.safe_id, row.local_time, bytes(row.key_digest)


@pytest.mark.parametrize("file_first", [False, True])
def test_another_group_counts_once_as_the_file_tells_it_and_is_shown_with_its_cash(both, file_first):
    said = [lambda: say(both[0], [group(7)]), lambda: file_in(both[1], "day.xml", xml([group(8)]))]
    for tell in reversed(said) if file_first else said:
        tell()
    assert told() == [(8, "000000", True, True)]
    assert pairs() == [((7, "000000"), (8, "000000"))]
    assert open_findings()[MISMATCH] == Decimal(40)
    (listed,) = Finding.objects.get(kind="pickup_group_mismatch").detail["pairs"]
    assert (listed["pushed_group"], listed["filed_group"], listed["amount"]) == (7, 8, "40.0000")


def test_another_fraction_counts_once_and_is_no_finding(both):
    say(both[0], [at("25")])
    file_in(both[1], "day.xml", xml([at("5")]))
    assert told() == [(51200311, "500000", True, True)]
    assert MISMATCH not in open_findings()


def test_a_missing_group_is_another_group_than_any(both):
    say(both[0], [group(None)])
    file_in(both[1], "day.xml", xml([group(8)]))
    assert pairs() == [((None, "000000"), (8, "000000"))]


@pytest.mark.parametrize(
    "filed",
    [
        at("5", PickupGroupId=8),
        at("25", Amount=41.0),
        at("25", UserName="BEN", PickupGroupId=8),
        at("25", Register="1", PickupGroupId=8),
        at("25", TransactionType="ManualCashTransaction", PickupGroupId=8),
        at("25", Denominations=[{"UnitValue": 20, "Count": 2}], PickupGroupId=8),
        at("25", DepositReferenceNumber="D1", PickupGroupId=8),
        at("25", SerialNumber="SR10043", PickupGroupId=8),
        drop(2),
    ],
    ids=["group and fraction", "amount", "user", "register", "type", "denominations", "reference", "safe", "second"],
)
def test_what_differs_in_more_than_one_of_them_or_in_anything_else_are_two(both, filed):
    say(both[0], [at("25")])
    file_in(both[1], "day.xml", xml([filed]))
    assert pairs() == []
    assert len(told()) == 2


def test_rows_of_one_channel_are_never_paired(both):
    say(both[0], [group(7), group(8)])
    file_in(both[1], "day.xml", xml([drop(2, PickupGroupId=7), drop(2, PickupGroupId=8)]))
    assert pairs() == []
    assert len(told()) == 4


def test_groups_come_before_fractions_and_each_in_sorted_order(both):
    pushed = [("1", 9), ("1", 5), ("1", None), ("3", 7), ("2", 7)]
    filed = [("1", 7), ("1", 6), ("4", 7)]
    say(both[0], [at(fraction, PickupGroupId=number) for fraction, number in pushed])
    file_in(both[1], "day.xml", xml([at(fraction, PickupGroupId=number) for fraction, number in filed]))
    assert pairs() == [
        ((5, "100000"), (7, "100000")),
        ((7, "200000"), (7, "400000")),
        ((None, "100000"), (6, "100000")),
    ]
    alone = [row for row in told() if not row[3]]
    assert alone == [(9, "100000", True, False), (7, "300000", True, False)]


def test_twins_pair_one_by_one(both):
    say(both[0], [group(7)] * 3)
    file_in(both[1], "day.xml", xml([group(8)] * 2))
    assert len(pairs()) == 2
    assert told() == [(7, "000000", True, False), (8, "000000", True, True), (8, "000000", True, True)]
    assert open_findings()[MISMATCH] == Decimal(80)


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_in_whatever_order_it_comes_the_pairs_are_the_same(both, order):
    steps = [
        lambda: say(both[0], [group(7), group(9)], "m-1"),
        lambda: file_in(both[1], "day.xml", xml([group(8)])),
        lambda: say(both[0], [group(5)], "m-2"),
        lambda: file_in(both[1], "next.xml", xml([group(9)])),
    ]
    for number in order:
        steps[number]()
    assert pairs() == [((5, "000000"), (8, "000000"))]
    assert told() == [(7, "000000", True, False), (8, "000000", True, True), (9, "000000", True, True)]


def test_when_the_other_channel_catches_up_the_pair_is_none_any_more(both):
    say(both[0], [group(7)])
    file_in(both[1], "day.xml", xml([group(8)]))
    say(both[0], [group(8)])
    assert told() == [(7, "000000", True, False), (8, "000000", True, True)]
    assert pairs() == []
    assert not Transaction.objects.filter(paired_with__isnull=False).exists()
    assert MISMATCH not in open_findings()
    file_in(both[1], "next.xml", xml([group(7)]))
    assert told() == [(7, "000000", True, True), (8, "000000", True, True)]


@pytest.mark.parametrize("group_ruled", [7, 8])
def test_a_ruling_on_either_parts_them_and_withdrawn_they_are_paired_again(both, group_ruled):
    say(both[0], [group(7)])
    file_in(both[1], "day.xml", xml([group(8)]))
    before = list(Transaction.objects.order_by("pk").values())
    ruling = rule(key(pickup_group_id=group_ruled), 1, "Two drops, the till says.", None)
    assert MISMATCH not in open_findings()
    assert told() == [(7, "000000", True, False), (8, "000000", False, True)]
    assert pairs() == []
    withdraw_ruling(ruling, None)
    assert open_findings()[MISMATCH] == Decimal(40)
    assert list(Transaction.objects.order_by("pk").values()) == before


def test_a_ruling_that_it_never_happened_leaves_the_other_counted(both):
    say(both[0], [group(7)])
    file_in(both[1], "day.xml", xml([group(8)]))
    rule(key(pickup_group_id=8), 0, "The file is wrong.", None)
    open_findings()
    assert told() == [(7, "000000", True, False)]


def test_a_replay_that_takes_the_file_back_leaves_the_push_counted(both, monkeypatch):
    say(both[0], [group(7)])
    delivery = file_in(both[1], "day.xml", xml([group(8)]))
    monkeypatch.setattr(files, "read_rows", lambda content: [])
    record_delivery(delivery.pk, again=True)
    assert MISMATCH not in open_findings()
    assert told() == [(7, "000000", True, False)]
    monkeypatch.undo()
    record_delivery(delivery.pk, again=True)
    assert open_findings()[MISMATCH] == Decimal(40)
    assert told() == [(8, "000000", True, True)]


def test_the_close_that_the_file_tells_decides_the_day(both):
    """The pushed close is a little later than the drop, the filed one a little before: the drop is the next day's."""
    close = {"TransactionType": "EndOfDay", "Amount": 0, "UserName": None}
    say(both[0], [at("5", **close), at("4", Denominations=[{"UnitValue": 20, "Count": 1}])])
    assert Transaction.objects.get(type="CashIn").business_date == dt.date(2026, 3, 14)
    filed = file_in(both[1], "day.xml", xml([at("3", **close)]))
    assert Transaction.objects.get(type="CashIn").business_date == dt.date(2026, 3, 15)
    assert ("amount_mismatch", "SR10042 2026-03-15") in open_findings()
    assert DayClose.objects.get().closed_at == dt.datetime.fromisoformat("2026-03-14T08:00:01.3")
    rule(key(type="EndOfDay", file_message=None), 1, "The safe was closed twice.", None)
    assert ("amount_mismatch", "SR10042 2026-03-14") in open_findings()
    assert ("amount_mismatch", "SR10042 2026-03-15") not in open_findings()
    assert Transaction.objects.get(type="CashIn").business_date == dt.date(2026, 3, 14)
    assert Delivery.objects.get(pk=filed.pk).status == "accepted"


def test_a_pair_over_two_business_days_is_drawn_from_either(both):
    """A close within the second puts the push's row on one day and the file's on the next."""
    close = {"TransactionType": "EndOfDay", "Amount": 0, "UserName": None}
    say(both[0], [at("2")])
    file_in(both[1], "day.xml", xml([at("3", **close), at("4")]))
    assert len(pairs()) == 1
    assert len(set(Transaction.objects.filter(type="CashIn").values_list("business_date"))) == 2
    rule(key(type="CashIn", file_message=None), 1, "Two drops.", None)
    open_findings()
    assert len(told()) == 3
    assert pairs() == []


def test_staff_who_settle_it_are_not_asked_again_while_nothing_changes(both):
    say(both[0], [group(7)])
    filed = file_in(both[1], "day.xml", xml([group(8)]))
    finding = Finding.objects.get(kind="pickup_group_mismatch")
    settle_by_person(finding.pk, "ana", "One and the same: the group was closed while it was dropped.")
    comment(finding.pk, "ana", "Seen again.")
    record_delivery(filed.pk, again=True)
    assert MISMATCH not in open_findings()
    say(both[0], [drop(5, PickupGroupId=7)])
    file_in(both[1], "next.xml", xml([drop(5, PickupGroupId=8)]))
    assert open_findings()[MISMATCH] == Decimal(80)


def test_a_test_book_is_left_alone(both):
    trial = feed("trial", environment="test")
    say(both[0], [group(7)])
    file_in(trial, "day.xml", xml([group(8)]))
    assert pairs() == []
    assert len(told()) == 2


def test_without_a_file_pairing_is_one_question(both):
    say(both[0], [drop(number) for number in range(50)])
    row = Transaction.objects.earliest("pk")
    with CaptureQueriesContext(connection) as asked:
        drawing.draw(row.safe_id, [row.business_date])
    assert not [query for query in asked if "by_fraction" in query["sql"]]
    assert len([query for query in asked if "count(*) > 0" in query["sql"]]) == 1
