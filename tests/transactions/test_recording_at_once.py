"""Overlapping deliveries by many at once, each with a connection of its own: no deadlock, and the right answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pytest

from safes.estate import add_site, place_safe, save_site
from safes.models import Finding, Safe
from tests.transactions.at_once import at_once
from tests.transactions.pushing import (
    body,
    counted,
    draw_all,
    drop,
    endpoint,
    open_findings,
    say,
    say_body,
    store,
)
from transactions.deliveries import record_delivery
from transactions.models import Delivery, Message, Transaction
from transactions.tasks import record_pending

pytestmark = pytest.mark.usefixtures("transactional_db")

TELLERS = 8


def rows(seconds: Iterable[int], safes: int = 5) -> list[Any]:
    """Drops of some seconds, spread over some safes that nobody knows."""
    return [drop(second, SerialNumber=f"SR{second % safes}") for second in seconds]


@pytest.mark.parametrize("size", [20, 300])
def test_overlapping_messages_from_eight_at_once_are_counted_once(size):
    """Small ones look before they store, large ones store before they look; both meet halves of each other's rows."""
    shown = endpoint()
    parts = [range(number * size // 2, number * size // 2 + size) for number in range(TELLERS)]
    # Every other one backwards, so that their locks would cross if they were taken in the order of the rows.
    deliveries = at_once(
        *[
            lambda part=part, turn=turn: say(shown, rows(part)[::turn])
            for part, turn in zip(parts, [1, -1] * (TELLERS // 2), strict=True)
        ]
    )
    assert {delivery.status for delivery in deliveries} == {"accepted"}
    last = (TELLERS + 1) * size // 2
    assert len(counted()) == last
    assert Transaction.objects.filter(occurrence=1).count() == last
    assert sum(delivery.created for delivery in deliveries) == last
    # The same second in two messages, at one endpoint: half of each neighbouring pair may be twins.
    at_stake = sum(cash or 0 for (kind, _), cash in open_findings().items() if kind == "possible_twin")
    assert at_stake == (TELLERS - 1) * size // 2 * 40


def test_the_same_bytes_from_eight_at_once_are_one_delivery_and_seven_repeats():
    shown = endpoint()
    sent = body(rows(range(30)))
    deliveries = at_once(*[lambda: say_body(shown, sent)] * TELLERS)
    assert sorted(delivery.status for delivery in deliveries) == ["accepted"] + ["duplicate"] * (TELLERS - 1)
    assert len(counted()) == 30
    assert Message.objects.count() == 1


def test_eight_bodies_of_one_message_at_once_are_one_message():
    shown = endpoint()
    at_once(*[lambda copies=copies: say(shown, rows([1]) * copies, "m-1") for copies in range(1, TELLERS + 1)])
    assert len(counted()) == TELLERS
    assert Message.objects.count() == 1
    assert not any(kind == "possible_twin" for kind, _ in open_findings())


def test_one_delivery_recorded_by_eight_at_once_is_recorded_once():
    endpoint()
    delivery = store(body(rows(range(20))))
    at_once(*[lambda: record_delivery(delivery)] * TELLERS)
    recorded = Delivery.objects.get()
    assert (recorded.status, recorded.created, recorded.attempts) == ("accepted", 20, 1)


def test_eight_workers_share_what_is_pending_without_harm():
    endpoint()
    for number in range(12):
        store(body(rows(range(number * 5, number * 5 + 20))))
    Delivery.objects.update(next_attempt_at=None)
    at_once(*[record_pending] * TELLERS)
    assert set(Delivery.objects.values_list("status", flat=True)) == {"accepted"}
    assert len(counted()) == 75


def test_safes_are_placed_and_sites_edited_while_their_transactions_come():
    shown = endpoint()
    sites = [
        add_site(f"S{number}", name=f"Store {number}", time_zone="America/Chicago", currency="USD")
        for number in range(2)
    ]

    def edit(number: int) -> None:
        sites[number].time_zone, sites[number].currency = "Asia/Kathmandu", "NPR"
        save_site(sites[number])

    at_once(
        *[lambda part=part: say(shown, rows(range(part * 10, part * 10 + 60))) for part in range(4)],
        lambda: [place_safe(f"SR{number}", sites[0]) for number in range(3)],
        lambda: [place_safe(f"SR{number}", sites[1]) for number in (4, 3)],
        lambda: edit(0),
        lambda: edit(1),
    )
    assert set(Transaction.objects.values_list("currency", flat=True)) == {"NPR"}
    kathmandu = dt.timezone(dt.timedelta(hours=5, minutes=45))
    for row in Transaction.objects.all():
        assert row.occurred_at == row.local_time.replace(tzinfo=kathmandu)
    assert set(Safe.objects.values_list("status", flat=True)) == {"active"}
    draw_all()
    assert not Finding.objects.filter(kind="unknown_safe", state="open").exists()
