"""Many dispatches, several workers, far ends that are silent: each goes out once, and none waits for another."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Iterator

import pytest
from django.db.transaction import atomic

from incidents.models import Attempt, Dispatch, Incident
from incidents.outbox import outcomes, sending
from incidents.outbox.claiming import LANES, LANES_OF_AN_ACCOUNT, claim
from incidents.outbox.sending import begin_to_end, drain
from incidents.proving import lock
from tests.incidents.outbox.telling import account_of, dispatch, queued, state, tries
from tests.incidents.transports.far_end import Asked, far_end, says
from tests.transactions.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


class Stuck:
    """A far end that holds the requests for some references until it is let go, and takes all others."""

    def __init__(self, held: set[str] | None = None) -> None:
        self.held, self.let_go = held, threading.Event()
        self.lock, self.now, self.most = threading.Lock(), 0, 0

    def __call__(self, line: socket.socket, asked: Asked) -> None:
        if self.held is None or asked.reference in self.held:
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            while not (self.let_go.wait(0.02) or asked.stop.is_set()):
                pass
            with self.lock:
                self.now -= 1
        says(200)(line, asked)


@pytest.fixture
def stuck(settings) -> Iterator[Stuck]:
    settings.INCIDENT_TIMEOUT_SECONDS = 60
    made = Stuck()
    yield made
    made.let_go.set()


def test_200_in_a_burst_go_out_once_each_while_one_is_stuck(stuck):
    with far_end(stuck) as there:
        account = account_of("atm", there.url)
        first = queued(account)
        stuck.held = {first.reference}
        others = {queued(account).reference for _ in range(199)}

        def let_go_when_all_others_are_there() -> None:
            while set(there.references) < {first.reference, *others}:
                if there.stop.wait(0.02):
                    return
            stuck.let_go.set()

        watcher = threading.Thread(target=let_go_when_all_others_are_there)
        watcher.start()
        assert drain() is False
        watcher.join()
    assert sorted(there.references) == sorted([first.reference, *others])
    assert there.references[0] == first.reference
    assert set(Incident.objects.values_list("state", flat=True)) == {"sent"}
    # It ended last: nobody waited for it.
    last = Attempt.objects.order_by("-ended_at").first()
    assert last is not None
    assert last.dispatch.incident == first


def test_a_far_end_that_is_silent_has_half_of_the_lanes_and_others_go_past_it(stuck):
    with far_end(stuck) as silent, far_end(says(200)) as well:
        there, elsewhere = account_of("atm", silent.url, "silent"), account_of("safepoint", well.url, "well")
        waiting = [queued(there) for _ in range(2 * LANES)]
        after = [queued(elsewhere) for _ in range(LANES)]

        def let_go_when_the_others_are_through() -> None:
            while len(well.asked) < len(after) or stuck.now < LANES_OF_AN_ACCOUNT:
                if well.stop.wait(0.02):
                    return
            stuck.let_go.set()

        watcher = threading.Thread(target=let_go_when_the_others_are_through)
        watcher.start()
        at_once(drain, drain)
        watcher.join()
    assert stuck.most == LANES_OF_AN_ACCOUNT == LANES // 2
    assert {state(one) for one in [*waiting, *after]} == {"sent"}
    assert len(silent.references) == len(set(silent.references)) == len(waiting)


def test_workers_at_once_never_send_one_dispatch_twice():
    with far_end(says(200)) as there:
        account = account_of("safepoint", there.url)
        references = {queued(account).reference for _ in range(40)}
        at_once(*[drain] * 4)
    assert sorted(there.references) == sorted(references)
    assert Attempt.objects.count() == len(references)


def test_claims_at_once_are_of_different_dispatches():
    account = account_of("atm", "http://127.0.0.1:9/")
    for _ in range(LANES_OF_AN_ACCOUNT + 3):
        queued(account)
    claimed = [one for one in at_once(*[claim] * (LANES_OF_AN_ACCOUNT + 3)) if one is not None]
    assert len({one.reference for one in claimed}) == len(claimed) == LANES_OF_AN_ACCOUNT
    assert set(Attempt.objects.values_list("may_have_arrived", flat=True)) == {True}


def test_an_incident_that_somebody_is_at_is_passed_over():
    with far_end(says(200)) as there:
        account = account_of("safepoint", there.url)
        busy, free = queued(account), queued(account)
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with atomic():
                lock(busy.pk)
                held.set()
                done.wait()

        def send() -> None:
            held.wait()
            try:
                drain()
            finally:
                done.set()

        at_once(hold, send)
        assert there.references == [free.reference]
        drain()
    assert there.references == [free.reference, busy.reference]


def test_what_is_queued_while_a_drain_is_busy_goes_out_with_it(stuck):
    with far_end(stuck) as there:
        account = account_of("atm", there.url)
        first = queued(account)
        stuck.held = {first.reference}

        def queue_another() -> str:
            while not there.asked:
                there.stop.wait(0.01)
            reference = queued(account).reference
            while reference not in there.references:
                there.stop.wait(0.01)
            stuck.let_go.set()
            return reference

        _, later = at_once(drain, queue_another)
    assert there.references == [first.reference, later]


def test_a_bug_with_one_leaves_the_others_alone_and_its_own_to_the_sweep(monkeypatch, caplog):
    with far_end(says(200)) as there:
        account = account_of("atm", there.url)
        bad, good = queued(account), queued(account)
        step = outcomes._note_reach

        def breaks(incident, result, now):
            if incident.pk == bad.pk:
                raise RuntimeError("a bug")
            step(incident, result, now)

        monkeypatch.setattr(outcomes, "_note_reach", breaks)
        drain()
    assert (state(good), state(bad)) == ("sent", "queued")
    # Nothing of its outcome was written down: it is a try under way, until the sweep finds it.
    assert (dispatch(bad).state, tries(bad)) == ("claimed", [""])
    assert "incident_try_failed" in caplog.text


def test_a_worker_that_is_to_end_claims_nothing_more(monkeypatch):
    with far_end(says(200)) as there:
        account = account_of("atm", there.url)
        queued(account)
        begin_to_end()
        try:
            assert drain() is False
        finally:
            sending._ending[0] = 0
        assert there.asked == []
        drain()
        assert len(there.asked) == 1


def test_a_drain_whose_turn_is_over_says_so_and_leaves_the_rest(monkeypatch):
    monkeypatch.setattr(sending, "LONGEST_TURN", -1)
    with far_end(says(200)) as there:
        incident = queued(account_of("atm", there.url))
        assert drain() is True
    assert (there.asked, state(incident)) == ([], "queued")


def test_the_one_that_has_been_due_longest_goes_first():
    with far_end(says(200)) as there:
        account = account_of("atm", there.url)
        first, second = queued(account), queued(account)
        Dispatch.objects.filter(incident=second).update(next_attempt_at=first.created_at - dt.timedelta(seconds=1))
        claimed = claim()
    assert claimed is not None
    assert claimed.reference == second.reference
    assert dispatch(second).claimed_at is not None
    assert (dispatch(second).next_attempt_at, dispatch(first).state) == (None, "due")
