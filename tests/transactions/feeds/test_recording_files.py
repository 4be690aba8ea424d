"""What a file says, recorded once and beside what pushes said. DOMAIN.md section 1, "Identity"."""

from __future__ import annotations

import datetime as dt
import gzip
import os
from decimal import Decimal

import pytest

from tests.transactions.feeds.filing import feed, file_in, xml
from tests.transactions.pushing import counted, draw_all, drop, endpoint, open_findings, say
from transactions.bodies import raw_body
from transactions.deliveries import record_delivery
from transactions.models import AuditEvent, Book, Delivery, Message, QuarantinedRow, Repeat, Transaction
from transactions.reading import files
from transactions.wire.file_xml import read_rows

pytestmark = pytest.mark.django_db


def test_a_file_and_a_push_of_the_same_records_are_stored_once_and_seen_by_both():
    rows = [drop(number) for number in range(5)]
    say(endpoint(), rows)
    delivery = file_in(feed(), "day.xml", xml(rows))
    assert (delivery.status, delivery.received, delivery.created, delivery.known) == ("accepted", 5, 0, 5)
    assert Transaction.objects.count() == 5
    assert not Transaction.objects.filter(seen_by_push=None).exists()
    assert not Transaction.objects.filter(seen_by_file=None).exists()
    assert not Repeat.objects.exists()
    assert open_findings() == {("unknown_safe", "SR10042"): Decimal("200.00")}


def test_the_file_may_come_first():
    rows = [drop(number) for number in range(5)]
    file_in(feed(), "day.xml", xml(rows))
    assert Transaction.objects.filter(seen_by_push=None, seen_by_file__isnull=False).count() == 5
    assert say(endpoint(), rows).known == 5
    assert not Transaction.objects.filter(seen_by_push=None).exists()


def test_twins_are_counted_over_the_whole_file():
    twin = drop(1)
    others = [drop(number) for number in range(2, 3000)]
    delivery = file_in(feed(), "day.xml", xml([twin, *others, twin]))
    assert delivery.created == 3000
    assert sorted(Transaction.objects.filter(local_time=_time(twin)).values_list("occurrence", flat=True)) == [1, 2]


def test_audit_events_of_a_file_are_kept_apart():
    file_in(feed(), "day.xml", xml([drop(1), drop(2, TransactionType="DoorOpened", Amount=0, DoorName="Vault")]))
    assert (Transaction.objects.count(), AuditEvent.objects.count()) == (1, 1)


def test_the_same_bytes_again_change_nothing_under_whatever_name():
    source = feed()
    content = xml([drop(1)])
    first = file_in(source, "day.xml", content)
    for name in ("day.xml", "copy.xml"):
        again = file_in(source, name, content)
        assert (again.status, again.repeat_of_id) == ("duplicate", first.pk)
    assert Message.objects.count() == 1
    assert Transaction.objects.count() == 1


def test_the_same_name_with_other_bytes_is_one_message_and_a_finding():
    source = feed()
    file_in(source, "day.xml", xml([drop(1), drop(2)]))
    changed = file_in(source, "day.xml", xml([drop(2), drop(3)]))
    assert changed.created == 1
    assert len(counted()) == 3
    assert not Repeat.objects.exists()
    assert ("file_changed", "daily: day.xml") in open_findings()


def test_a_file_that_breaks_off_records_nothing_and_says_how_far_it_came():
    content = xml([drop(number) for number in range(50)])
    delivery = file_in(feed(), "day.xml", content[: len(content) // 2])
    assert (delivery.status, delivery.received, delivery.created) == ("quarantined", 0, 0)
    assert not Transaction.objects.exists()
    (row,) = QuarantinedRow.objects.all()
    assert "ends before it is complete" in row.reason
    assert "rows" in row.reason
    assert [kind for kind, _ in open_findings()] == ["quarantined_row"]


def test_one_bad_record_among_many_is_quarantined_with_its_cash():
    delivery = file_in(feed(), "day.xml", xml([drop(1), drop(2, TransactionDateTime="never", Amount=75), drop(3)]))
    assert (delivery.status, delivery.received, delivery.created, delivery.quarantined) == ("accepted", 3, 2, 1)
    (row,) = QuarantinedRow.objects.all()
    assert (row.position, row.amount) == (2, Decimal(75))
    assert "<TransactionDateTime>never</TransactionDateTime>" in row.content


def test_a_file_of_a_test_feed_stays_out_of_the_books():
    file_in(feed(environment="test"), "day.xml", xml([drop(1)]))
    assert Transaction.objects.get().book == Book.TEST


def test_the_raw_bytes_come_back_and_a_large_file_lies_in_the_storage(settings, tmp_path):
    bodies = settings.STORAGES["bodies"] | {"OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = settings.STORAGES | {"bodies": bodies}
    content = xml(drop(number, Note=os.urandom(3000).hex()) for number in range(1500))
    packed = gzip.compress(xml([drop(2000)]))
    small = file_in(feed(), "small.xml.gz", packed)
    large = file_in(feed("other"), "large.xml", content)
    assert raw_body(small) == packed
    assert not small.body.stored_as
    assert raw_body(large) == content
    assert (tmp_path / large.body.stored_as).is_file()
    assert len(counted()) == 1501


def test_a_replay_of_a_file_changes_nothing_that_is_right():
    rows = [drop(number) for number in range(5)]
    say(endpoint(), rows[:3])
    delivery = file_in(feed(), "day.xml", xml([*rows, rows[0]]))
    before = list(Transaction.objects.order_by("pk").values())
    record_delivery(delivery.pk, again=True)
    draw_all()
    assert list(Transaction.objects.order_by("pk").values()) == before
    delivery.refresh_from_db()
    assert (delivery.created, delivery.known) == (3, 3)


def test_a_replay_withdraws_what_a_file_was_wrongly_taken_to_show(monkeypatch):
    delivery = file_in(feed(), "day.xml", xml([drop(1), drop(2)]))
    monkeypatch.setattr(files, "read_rows", lambda content: list(read_rows(content))[:1])
    record_delivery(delivery.pk, again=True)
    assert len(counted()) == 1
    monkeypatch.setattr(files, "read_rows", read_rows)
    record_delivery(delivery.pk, again=True)
    assert len(counted()) == 2


def _time(row: dict[str, str]) -> dt.datetime:
    return dt.datetime.fromisoformat(row["TransactionDateTime"])


def test_a_delivery_of_a_file_names_its_feed_and_no_endpoint():
    delivery = file_in(feed(), "day.xml", xml([drop(1)]))
    assert (delivery.channel, delivery.endpoint_id, delivery.file_name) == (Delivery.Channel.FILE, None, "day.xml")
