"""What operators see of the outbox: counts of tries, what waits, what is stuck."""

from __future__ import annotations

import pytest

from incidents.metrics import TRIES, gauges
from incidents.models import LoomisAccount
from incidents.outbox.claiming import claim
from incidents.outbox.sending import drain
from incidents.raising import request_cancel
from safes.counters import take
from tests.incidents.outbox.telling import account_of, next_turn, queued
from tests.incidents.transports.far_end import far_end, in_turn, says

pytestmark = pytest.mark.django_db(transaction=True)


def figures() -> dict[tuple[str, ...], float]:
    return {(gauge.name, *labels): number for gauge in gauges() for labels, number in gauge.samples}


def test_an_empty_outbox_says_zero_of_everything():
    assert set(figures().values()) == {0.0}
    assert ("strongroom_outbox_waiting", "due") in figures()


def test_what_waits_and_what_is_stuck_is_told_by_its_state():
    with far_end(in_turn(says(401), says(500))) as there:
        account = account_of("safepoint", there.url)
        queued(account), queued(account)
        for _ in range(2):
            drain()
        request_cancel(account.incidents.filter(state="unconfirmed").get().pk, "A mistake.", "anna")
        queued(account), queued(account)
        claim()
    found = figures()
    waiting = [found["strongroom_outbox_waiting", state] for state in ("due", "claimed", "held")]
    stuck = [found["strongroom_outbox_stuck", state] for state in ("unknown", "dead")]
    assert (waiting, stuck) == ([1, 1, 1], [1, 1])
    assert found["strongroom_outbox_lag_seconds",] > 0
    assert found["strongroom_loomis_account_failing", account.name] == 1
    LoomisAccount.objects.update(active=False)
    assert ("strongroom_loomis_account_failing", account.name) not in figures()


def test_tries_are_counted_by_what_came_of_them():
    take()
    with far_end(in_turn(says(429), says(200))) as there:
        queued(account_of("atm", there.url))
        drain()
        next_turn()
    counted = {series[1:]: number for series, number in take().items() if series[0] == TRIES.name}
    assert counted == {("dispatch", "not_arrived"): 1, ("dispatch", "delivered"): 1}
