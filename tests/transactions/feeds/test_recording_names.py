"""A file is the message of its name, and equal bytes under another name are that same message, whatever came first.

DOMAIN.md section 1, "Identity", "Message". What hangs on it is Claimed: two messages that show one drop claim two.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from io import BytesIO
from itertools import permutations, product

import pytest
from django.db.transaction import atomic
from django.utils import timezone

from tests.transactions.feeds.filing import feed, file_in, xml
from tests.transactions.pushing import draw_all, drop, endpoint, open_findings, say
from transactions.deliveries import record_delivery, to_record
from transactions.feeds.taking import store_file
from transactions.models import AuditEvent, Delivery, DeliveryBody, Message, Repeat, Transaction
from transactions.recording.rulings import rule
from transactions.retention import purge
from transactions.tasks import record_pending

pytestmark = pytest.mark.django_db

DOOR = drop(9, TransactionType="DoorOpened", Amount=0)
# Every body shows drop 1: apart they would claim it more often than it is stored.
A, B, C = (xml([drop(1), drop(number), DOOR]) for number in (2, 3, 4))
CHANGED_B = ("file_changed", "daily: b.xml")
TWIN = ("possible_twin", "SR10042 2026-03-14")


def shown() -> list[tuple[object, ...]]:
    """Every row with what of the one message stands in it."""
    return [
        (row.local_time, row.occurrence, row.counted, row.file_message_id)
        for table in (Transaction, AuditEvent)
        for row in table.objects.order_by("local_time", "occurrence")
    ]


@pytest.mark.parametrize("order", list(permutations([("a.xml", A), ("b.xml", A), ("b.xml", B)])), ids=range(6))
def test_names_that_share_bytes_are_one_message_in_whatever_order_they_come(order):
    source = feed()
    for name, content in order:
        file_in(source, name, content)
    message = Message.objects.get()
    assert not Repeat.objects.exists()
    assert {row[2:] for row in shown()} == {(True, message.pk)}
    assert Transaction.objects.count() == 3
    assert set(Delivery.objects.filter(repeat_of=None).values_list("message", flat=True)) == {message.pk}
    assert not to_record()
    assert set(Delivery.objects.values_list("status", flat=True)) == {"accepted", "duplicate"}
    found = open_findings()
    assert TWIN not in found
    assert [subject for kind, subject in found if kind == "file_changed"] == ["daily: b.xml"]


@pytest.mark.parametrize(
    "order",
    list(permutations([("a.xml", A), ("b.xml", A), ("b.xml", B), ("c.xml", B), ("c.xml", C)]))[::7],
    ids=lambda order: "-".join(f"{name[0]}{'ABC'[[A, B, C].index(content)]}" for name, content in order),
)
def test_a_chain_of_names_is_one_message(order):
    source = feed()
    for name, content in order:
        file_in(source, name, content)
    assert Message.objects.count() == 1
    assert not Repeat.objects.exists()
    assert TWIN not in open_findings()


def test_names_that_share_nothing_are_messages_of_their_own_and_so_are_other_feeds():
    daily, other = feed(), feed("other")
    file_in(daily, "a.xml", A)
    file_in(daily, "b.xml", B)
    file_in(other, "a.xml", A)
    file_in(other, "b.xml", A)
    assert Message.objects.count() == 3
    assert open_findings()[TWIN] == Decimal(40)


def test_joining_leaves_what_other_messages_showed():
    """The most copies that either showed are what the one message shows; another message keeps its own."""
    source = feed()
    key = endpoint()
    say(key, [drop(1)] * 2, "m-1")
    say(key, [drop(1)], "m-2")
    file_in(source, "a.xml", A)
    file_in(source, "c.xml", xml([drop(1)] * 3))
    file_in(source, "b.xml", xml([drop(1)] * 2))
    assert open_findings()[TWIN] == (1 + 3 + 2 - 3) * Decimal(40)
    file_in(source, "b.xml", A)
    assert open_findings()[TWIN] == (2 + 3 - 3) * Decimal(40)
    assert Transaction.objects.filter(counted=True).count() == 4
    rows = Transaction.objects.filter(push_message__isnull=False)
    assert set(rows.values_list("push_message__key", flat=True)) == {"id:m-1"}


def test_a_ruling_stands_when_messages_are_joined():
    source = feed()
    file_in(source, "a.xml", A)
    file_in(source, "b.xml", B)
    row = Transaction.objects.earliest("local_time")
    rule((row.safe_id, row.local_time, bytes(row.key_digest)), 2, "Seen twice.", None)
    file_in(source, "b.xml", A)
    assert Transaction.objects.filter(local_time=row.local_time, counted=True).count() == 2


@pytest.mark.parametrize("crashes", list(product([False, True], repeat=3)), ids=str)
def test_a_crash_before_they_are_joined_is_finished_by_the_worker(crashes):
    source = feed()
    for crash, (name, content) in zip(crashes, [("a.xml", A), ("b.xml", B), ("b.xml", A)], strict=True):
        if crash:
            with atomic():
                store_file(source, name, BytesIO(content))
        else:
            file_in(source, name, content)
    while record_pending():
        pass
    draw_all()
    assert Message.objects.count() == 1
    assert TWIN not in open_findings()


def test_they_are_joined_though_the_bytes_were_purged():
    source = feed()
    first = file_in(source, "a.xml", A)
    file_in(source, "b.xml", B)
    DeliveryBody.objects.filter(delivery=first).delete()
    file_in(source, "b.xml", A)
    assert Message.objects.count() == 1
    first.refresh_from_db()
    assert (first.status, first.received, first.created) == ("accepted", 3, 3)


def test_a_replay_of_either_body_takes_nothing_back_of_the_other():
    source = feed()
    deliveries = [file_in(source, name, content) for name, content in [("a.xml", A), ("b.xml", A), ("b.xml", B)]]
    before = shown()
    for delivery in (deliveries[0], deliveries[2]):
        assert record_delivery(delivery.pk, again=True).error == ""
        assert shown() == before


def test_the_same_bytes_without_any_others_are_recorded_once_and_not_again():
    source = feed()
    first = file_in(source, "a.xml", A)
    for _ in range(2):
        with atomic():
            store_file(source, "b.xml", BytesIO(A))
        first.refresh_from_db()
        assert first.status == "accepted"
    assert not to_record()


def test_a_name_is_remembered_when_old_repeats_are_purged():
    source = feed()
    for name in ("a.xml", "a.xml", "b.xml"):
        file_in(source, name, A)
    Delivery.objects.update(received_at=timezone.now() - dt.timedelta(days=100))
    assert purge(60).repeats == 1
    file_in(source, "b.xml", B)
    assert Message.objects.count() == 1
    assert TWIN not in open_findings()
