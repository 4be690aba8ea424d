"""Workers killed at each point between claim and result: the reference never changes, nothing is lost or doubled."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone

from config.data_dir import CHECKOUT
from incidents.intake import apply_pending, take_in
from incidents.models import Attempt, Dispatch, Incident, IncidentMessage, LoomisAccount
from incidents.outbox.outcomes import conclude
from incidents.outbox.sweeping import sweep
from incidents.outbox.waits import lease
from incidents.raising import send_again
from incidents.transports.judging import Outcome, Result
from tests.incidents.outbox.telling import account_of, dispatch, next_turn, queued, state, tries
from tests.incidents.outbox.worker import EVENTS, POINTS, STEPS
from tests.incidents.transports.far_end import Asked, far_end, says

pytestmark = pytest.mark.django_db(transaction=True)

# What Loomis has by then, and what we know of it.
NOTHING_BEGUN = ["committing the claim"]
NOT_THERE = ["sending", "sending the body"]
ANSWER_KEPT = ["taking in the answer", "applying the answer", "saying that the answer was taken in"]
IN_DOUBT = [point for point in POINTS if point not in (*NOTHING_BEGUN, *NOT_THERE, *ANSWER_KEPT)]


class Loomis:
    """Acknowledges, once a reference; for ATMs a second one is a duplicate, for safes another incident."""

    def __init__(self, dialect: str) -> None:
        self.dialect, self.known = dialect, set[str]()

    def __call__(self, line: socket.socket, asked: Asked) -> None:
        is_new = asked.reference not in self.known or self.dialect == "safepoint"
        self.known.add(asked.reference)
        says(200, self.ack(asked.reference) if is_new else self.duplicate(asked.reference))(line, asked)

    def ack(self, reference: str) -> str:
        number = {"IncidentNumber" if self.dialect == "atm" else "IncidentId": "INC1"}
        return json.dumps({"MessageType": "ACK", "IncidentReference": reference, "Status": "Open", **number})

    @staticmethod
    def duplicate(reference: str) -> str:
        return json.dumps({"MessageType": "NAK", "IncidentReference": reference, "ResponseCode": "Duplicate"})


def kill_a_worker(point: str) -> None:
    settings = connection.settings_dict
    place = f"/{settings['HOST']}" if settings["HOST"].startswith("/") else f"{settings['HOST']}:{settings['PORT']}"
    url = f"postgres://{settings['USER']}:{quote(settings['PASSWORD'])}@{place}/{settings['NAME']}"
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    words = [sys.executable, "-m", "tests.incidents.outbox.worker", point]
    done = subprocess.run(words, check=False, cwd=CHECKOUT, env=environment, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


def as_if_long_ago() -> None:
    """The lease of what was claimed has run out, and so has the patience with answers that were not taken in."""
    long_ago = timezone.now() - lease(60, is_file=True)
    Dispatch.objects.filter(state="claimed").update(claimed_at=long_ago)
    Attempt.objects.filter(answer_waits=True).update(ended_at=long_ago)
    IncidentMessage.objects.filter(applied_at__isnull=True).update(next_try_at=long_ago)


def go_on() -> None:
    """What the clock does."""
    as_if_long_ago()
    sweep()
    apply_pending()
    next_turn()
    next_turn()


def test_the_points_are_all_of_them():
    assert sorted([*NOTHING_BEGUN, *NOT_THERE, *IN_DOUBT, *ANSWER_KEPT]) == sorted(POINTS)
    assert len(IN_DOUBT) == len(POINTS) - 6
    assert {*STEPS, *EVENTS} < set(POINTS)


@pytest.mark.parametrize("point", POINTS)
def test_an_atm_whose_worker_was_killed_is_sent_again_with_the_same_reference(point):
    loomis = Loomis("atm")
    with far_end(loomis) as there:
        incident = queued(account_of("atm", there.url))
        kill_a_worker(point)
        assert len(there.asked) == (point in (*IN_DOUBT, *ANSWER_KEPT))
        go_on()
    assert set(there.references) == {incident.reference}
    assert len({asked.body for asked in there.asked}) == 1
    if point in IN_DOUBT:
        # The second was a duplicate of the first, as far as Loomis says: its ACK is awaited.
        assert (state(incident), dispatch(incident).state) == ("unconfirmed", "unknown")
        assert tries(incident) == ["unknown", "delivered"]
        heard(incident, loomis.ack)
    assert (state(incident), dispatch(incident).state) == ("acknowledged", "done")
    assert Incident.objects.get().loomis_number == "INC1"
    assert not Attempt.objects.filter(ended_at__isnull=True).exists()
    assert not Attempt.objects.filter(answer_waits=True).exists()


@pytest.mark.parametrize("point", POINTS)
def test_a_safe_whose_worker_was_killed_waits_for_a_person_where_it_may_have_arrived(point):
    loomis = Loomis("safepoint")
    with far_end(loomis) as there:
        incident = queued(account_of("safepoint", there.url))
        kill_a_worker(point)
        go_on()
        if point in (*IN_DOUBT, *NOT_THERE):
            assert (state(incident), dispatch(incident).state) == ("unconfirmed", "unknown")
            assert "worker that sent it died" in dispatch(incident).error
            assert len(there.asked) == (point in IN_DOUBT)
            send_again(incident.pk)
            next_turn()
        else:
            assert len(there.asked) == 1
    assert set(there.references) == {incident.reference}
    assert (state(incident), dispatch(incident).state) == ("acknowledged", "done")


def heard(incident: Incident, said: Callable[[str], str]) -> None:
    account = LoomisAccount.objects.get()
    take_in(account, said(incident.reference).encode(), IncidentMessage.Via.UPDATE)


def test_what_is_under_way_is_no_lost_try():
    with far_end(says(200)) as there:
        incident = queued(account_of("atm", there.url))
        kill_a_worker("sending")
        assert sweep() == 0
    assert (dispatch(incident).state, tries(incident)) == ("claimed", [""])


def test_sweeping_twice_and_by_two_is_sweeping_once():
    with far_end(says(200)) as there:
        incident = queued(account_of("atm", there.url))
        kill_a_worker("sending")
        as_if_long_ago()
        assert (sweep(), sweep()) == (1, 0)
    assert (dispatch(incident).failures, tries(incident)) == (1, ["unknown"])
    assert LoomisAccount.objects.get().failures == 0  # of that nobody knows anything


@pytest.mark.parametrize("dialect", ["atm", "safepoint"])
def test_a_worker_that_was_only_slow_is_believed_when_it_says_what_came_of_it(dialect):
    with far_end(says(200)) as there:
        incident = queued(account_of(dialect, there.url))
        kill_a_worker("sending")
        as_if_long_ago()
        sweep()
        assert state(incident) == "unconfirmed"
        conclude(Attempt.objects.get().pk, Result(Outcome.DELIVERED, status=200), dt.timedelta(seconds=99))
        next_turn()
        assert there.asked == []
    # Nothing goes back: what was in doubt is settled by Loomis's word alone.
    assert (state(incident), dispatch(incident).state, tries(incident)) == ("unconfirmed", "done", ["delivered"])


@pytest.mark.parametrize("dialect", ["atm", "safepoint"])
def test_a_slow_worker_whose_try_surely_did_not_arrive_has_it_made_again(dialect):
    with far_end(says(200)) as there:
        incident = queued(account_of(dialect, there.url))
        kill_a_worker("sending")
        as_if_long_ago()
        sweep()
        conclude(Attempt.objects.get().pk, Result(Outcome.NOT_ARRIVED, "Refused."), dt.timedelta(seconds=99))
        assert state(incident) == "unconfirmed"
        next_turn()
        assert there.references == [incident.reference]
    assert (state(incident), dispatch(incident).state) == ("unconfirmed", "done")
