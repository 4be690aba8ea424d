"""A replay replaces what a delivery's earlier reading said. DOMAIN.md section 1, "Replay".

What is played is a mended reader: it is the one thing put in place of the real one, and reads as the real one but for
what the test says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from copy import copy
from decimal import Decimal
from typing import Protocol

import pytest

from tests.transactions.pushing import counted, draw_all, drop, endpoint, open_findings, say
from transactions.catalogue import Kind
from transactions.deliveries import record_delivery
from transactions.models import AuditEvent, Delivery, Repeat, Transaction
from transactions.recording.rows import Key
from transactions.recording.rulings import rule, withdraw_ruling
from transactions.wire import push_json
from transactions.wire.records import Record
from transactions.wire.values import BadRow

pytestmark = pytest.mark.django_db

A, B, C = "08:00:01", "08:00:02", "08:00:03"
AT = dt.datetime.fromisoformat("2026-03-14T08:00:00")
Change = Callable[[Record], Record | None]


class Mend(Protocol):
    def __call__(self, change: Change, *, within: bytes = b"") -> None: ...


@pytest.fixture
def mend(monkeypatch: pytest.MonkeyPatch) -> Mend:
    """Have records of bodies that contain certain bytes read otherwise from now on, or with None not at all."""
    read_message = push_json.read_message

    def mend(change: Change, *, within: bytes = b"") -> None:
        def read(body: bytes) -> push_json.Message:
            message = read_message(body)
            if within in body:
                message.records = [changed for record in message.records if (changed := change(record)) is not None]
            return message

        monkeypatch.setattr(push_json, "read_message", read)

    return mend


def without(second: int) -> Change:
    return lambda record: None if record.local_time.second == second else record


def otherwise(record: Record, **properties: object) -> Record:
    changed = copy(record)
    for name, value in properties.items():
        setattr(changed, name, value)
    return changed


def replayed(delivery: Delivery) -> Delivery:
    again = record_delivery(delivery.pk, again=True)
    assert again.error == ""
    return again


def key(second: int) -> Key:
    row = Transaction.objects.get(local_time=AT + dt.timedelta(seconds=second), occurrence=1)
    return row.safe_id, row.local_time, bytes(row.key_digest)


def test_a_replay_changes_nothing_that_is_right():
    shown = endpoint()
    delivery = say(shown, [drop(1), drop(1), drop(2), {"bad": "row"}, drop(3, TransactionType="DoorOpened")])
    rows = list(Transaction.objects.order_by("pk").values()) + list(AuditEvent.objects.values())
    findings = open_findings()
    again = replayed(delivery)
    assert list(Transaction.objects.order_by("pk").values()) + list(AuditEvent.objects.values()) == rows
    assert open_findings() == findings
    told = [(d.status, d.received, d.created, d.known, d.quarantined) for d in (delivery, again)]
    assert told[0] == told[1]


def test_a_row_that_no_delivery_shows_any_more_is_kept_and_counted_nowhere(mend: Mend):
    delivery = say(endpoint(), [drop(1), drop(2)])
    mend(without(2))
    replayed(delivery)
    assert counted() == [A]
    gone = Transaction.objects.get(counted=False)
    assert (gone.push_message_id, gone.seen_by_push) == (None, None)


def test_read_as_before_the_row_counts_again(mend: Mend, monkeypatch: pytest.MonkeyPatch):
    delivery = say(endpoint(), [drop(1), drop(2)])
    mend(without(2))
    replayed(delivery)
    monkeypatch.undo()
    replayed(delivery)
    assert counted() == [A, B]
    assert Transaction.objects.count() == 2


def test_a_row_that_another_message_shows_is_that_message_s_now(mend: Mend):
    shown = endpoint()
    first, second = say(shown, [drop(1), drop(2)]), say(shown, [drop(2), drop(3)])
    draw_all()
    assert list(open_findings()) == [("possible_twin", "SR10042 2026-03-14"), ("unknown_safe", "SR10042")]
    mend(without(2), within=A.encode())
    replayed(first)
    assert counted() == [A, B, C]
    promoted = Transaction.objects.get(local_time=AT + dt.timedelta(seconds=2))
    assert promoted.push_message_id == second.message_id
    assert promoted.seen_by_push == second.received_at
    assert not Repeat.objects.exists()
    assert ("possible_twin", "SR10042 2026-03-14") not in open_findings()


def test_a_twin_is_withdrawn_alone(mend: Mend):
    delivery = say(endpoint(), [drop(1), drop(1)])
    dropped: list[Record] = []
    mend(lambda record: record if dropped else dropped.append(record))
    replayed(delivery)
    assert counted() == [A]


def test_a_row_read_otherwise_is_another_row(mend: Mend):
    delivery = say(endpoint(), [drop(1)])
    mend(lambda record: otherwise(record, amount=Decimal(41)))
    replayed(delivery)
    assert [row.amount for row in Transaction.objects.filter(counted=True)] == [Decimal(41)]
    assert open_findings() == {("unknown_safe", "SR10042"): Decimal(41)}


def test_another_body_of_the_message_still_shows_what_this_one_does_not(mend: Mend):
    shown = endpoint()
    first = say(shown, [drop(1), drop(2)], "m-1")
    say(shown, [drop(2), drop(3)], "M-1")
    mend(lambda record: None, within=A.encode())
    replayed(first)
    assert counted() == [B, C]


def test_a_message_id_read_otherwise_moves_the_body_to_that_message(monkeypatch: pytest.MonkeyPatch):
    shown = endpoint()
    first, second = say(shown, [drop(1)], "m-1"), say(shown, [drop(1)], "m-2")
    assert ("possible_twin", "SR10042 2026-03-14") in open_findings()
    read_message = push_json.read_message

    def read(body: bytes) -> push_json.Message:
        message = read_message(body)
        message.message_id = "m-2"
        return message

    monkeypatch.setattr(push_json, "read_message", read)
    assert replayed(first).message_id == second.message_id
    assert counted() == [A]
    assert ("possible_twin", "SR10042 2026-03-14") not in open_findings()


def test_a_type_that_was_learnt_gives_its_rows_their_kind(mend: Mend):
    delivery = say(endpoint(), [drop(1, TransactionType="FooBar")])
    assert open_findings() == {("unknown_safe", "SR10042"): Decimal(0), ("unknown_type", "SR10042 FooBar"): Decimal(40)}
    mend(lambda record: otherwise(record, kind=Kind.VALIDATED))
    replayed(delivery)
    assert Transaction.objects.get().kind == "validated"
    assert open_findings() == {("unknown_safe", "SR10042"): Decimal(40)}


def test_a_type_that_was_learnt_to_be_an_audit_event_moves_there(mend: Mend):
    delivery = say(endpoint(), [drop(1, TransactionType="DoorTickled")])
    mend(lambda record: otherwise(record, kind=Kind.AUDIT))
    replayed(delivery)
    assert counted() == []
    assert AuditEvent.objects.get().counted


def test_a_ruling_outlives_the_reading_it_was_made_on(mend: Mend):
    """A ruling replaces Stored, whether it was made before the row was withdrawn or after."""
    delivery = say(endpoint(), [drop(1), drop(2)])
    first = rule(key(2), 2, "Two bags were found.", None)
    mend(without(2))
    replayed(delivery)
    assert counted() == [A, B, B]
    withdraw_ruling(first, None)
    assert counted() == [A]
    rule(key(2), 2, "Two bags were found.", None)
    assert counted() == [A, B, B]


def test_a_close_that_is_withdrawn_gives_its_day_back(mend: Mend):
    shown = endpoint()
    close = say(shown, [drop(2, TransactionType="EndOfDay")])
    say(shown, [drop(3)])
    assert [str(row.business_date) for row in Transaction.objects.filter(type="CashIn")] == ["2026-03-15"]
    mend(without(2))
    replayed(close)
    assert [str(row.business_date) for row in Transaction.objects.filter(type="CashIn")] == ["2026-03-14"]


def test_a_row_that_can_be_read_by_now_leaves_quarantine(monkeypatch: pytest.MonkeyPatch):
    delivery = say(endpoint(), [drop(1), drop(2)])
    read_message = push_json.read_message

    def worse(body: bytes) -> push_json.Message:
        message = read_message(body)
        bad = message.records.pop()
        message.bad_rows.append(BadRow(2, "It was not understood.", "", bad.serial_number, bad.amount))
        return message

    monkeypatch.setattr(push_json, "read_message", worse)
    again = replayed(delivery)
    assert (again.received, again.quarantined) == (2, 1)
    assert open_findings()["quarantined_row", f"delivery {delivery.pk}"] == Decimal(40)
    monkeypatch.undo()
    again = replayed(delivery)
    assert (again.received, again.quarantined, again.quarantined_rows.count()) == (2, 0, 0)
    assert ("quarantined_row", f"delivery {delivery.pk}") not in open_findings()
