"""When recording fails, by a bug or a crash: Loomis has its 200, the bytes are kept, and it is tried again."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.transactions.pushing import body, counted, counts, drop, endpoint, say, store, told
from transactions.bodies import raw_body
from transactions.models import Delivery, Transaction
from transactions.tasks import record_pending
from transactions.wire import push_json

pytestmark = pytest.mark.django_db


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A reader with a bug; ``undo()`` mends it."""

    def read(body: bytes) -> push_json.Message:
        raise ZeroDivisionError

    monkeypatch.setattr(push_json, "read_message", read)
    return monkeypatch


def test_a_push_that_a_bug_keeps_from_being_recorded_is_stored_and_answered_200(bug: pytest.MonkeyPatch):
    key, sent = endpoint(), body([drop(1)])
    assert counts(told(key, sent)) == ("stored", None, None, None, None)
    delivery = Delivery.objects.get()
    assert delivery.status == "failed"
    assert delivery.error.endswith(".")
    assert "ZeroDivisionError" in delivery.error
    assert "Traceback" not in delivery.error
    assert raw_body(delivery) == sent
    assert not Transaction.objects.exists()


def test_it_is_tried_again_after_its_wait_and_not_before(bug: pytest.MonkeyPatch):
    told(endpoint(), body([drop(1)]))
    bug.undo()
    assert record_pending() == 0
    waits = Delivery.objects.get().next_attempt_at
    assert waits is not None
    assert dt.timedelta(0) < waits - timezone.now() < dt.timedelta(minutes=1)
    Delivery.objects.update(next_attempt_at=timezone.now())
    assert record_pending() == 1
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.error, delivery.next_attempt_at) == ("accepted", "", None)
    assert counted() == ["08:00:01"]


def test_each_wait_is_longer_than_the_one_before(bug: pytest.MonkeyPatch):
    told(endpoint(), body([drop(1)]))
    waits = []
    for _ in range(4):
        due = Delivery.objects.get().next_attempt_at
        assert due is not None
        waits.append(due - timezone.now())
        Delivery.objects.update(next_attempt_at=timezone.now())
        assert record_pending() == 1
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]


def test_a_repeat_of_it_records_it_at_once(bug: pytest.MonkeyPatch):
    key, sent = endpoint(), body([drop(1)])
    told(key, sent)
    bug.undo()
    assert counts(told(key, sent)) == ("duplicate", 1, 0, 1, 0)
    assert counted() == ["08:00:01"]


def test_what_a_crash_left_behind_is_recorded_by_the_worker():
    endpoint()
    store(body([drop(1)]))
    assert record_pending() == 0  # it may be under way yet
    Delivery.objects.update(next_attempt_at=timezone.now())
    assert record_pending() == 1
    assert counted() == ["08:00:01"]


def test_what_a_crash_left_behind_is_recorded_by_a_repeat():
    key, sent = endpoint(), body([drop(1)])
    store(sent)
    assert counts(told(key, sent)) == ("duplicate", 1, 0, 1, 0)
    assert counted() == ["08:00:01"]


def test_one_that_fails_keeps_no_other_from_being_recorded(monkeypatch: pytest.MonkeyPatch):
    endpoint()
    for second in (1, 2, 3):
        store(body([drop(second)], f"m-{second}"))
    read_message = push_json.read_message

    def read(body: bytes) -> push_json.Message:
        message = read_message(body)
        if message.message_id == "m-2":
            raise ZeroDivisionError
        return message

    monkeypatch.setattr(push_json, "read_message", read)
    Delivery.objects.update(next_attempt_at=None)
    record_pending()
    assert counted() == ["08:00:01", "08:00:03"]


def statements(key: str, rows: int, first: int) -> int:
    """How many statements a push takes whose drops, of one safe and one day, nobody has sent before."""
    sent = [drop(first + second) for second in range(rows)]
    with CaptureQueriesContext(connection) as captured:
        assert say(key, sent).created == rows
    return len(captured)


# All of it: key, endpoint, raw body, message, locks, rows, closes, rulings, marks, delivery; and, since the days it
# touched are few, their figures and findings: lines, pickups, balances, sessions, orders, doors, and the site's day.
MOST = 100


def test_the_number_of_statements_does_not_grow_with_the_number_of_rows():
    key = endpoint()
    statements(key, 1, 0)  # the safe is made, the key is used for the first time
    ten, hundred, thousand = (statements(key, rows, rows * 10) for rows in (10, 100, 1000))
    assert hundred == thousand
    # A large message looks at a few of its rows first, within a savepoint; that is all the difference.
    assert ten <= thousand <= min(ten + 5, MOST)
