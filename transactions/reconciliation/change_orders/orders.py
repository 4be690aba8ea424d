"""Change orders from what was ordered, and which load may be the delivery of which. Pure: no ORM, no clock.

DOMAIN.md section 2, "Change orders". Times are readings of the safe's clock, money in the currency named.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

# What comes later than this is the delivery of something else.
LOOKED_AHEAD = dt.timedelta(days=31)

OrderKey = tuple[str, str]
"""Reference and currency, at one safe."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """One transaction that orders change; ``number`` is empty where none was sent."""

    local_time: dt.datetime
    business_date: dt.date
    amount: Decimal
    currency: str
    number: str
    digest: bytes
    occurrence: int

    @property
    def reference(self) -> str:
        """The number, or what stands for this one transaction and stays the same however often it is told."""
        return self.number or f"{self.local_time.isoformat()}/{self.digest.hex()[:8]}/{self.occurrence}"


@dataclass(frozen=True, slots=True)
class Order:
    """All that was ordered under one reference in one currency; ordered when its first transaction was."""

    ordered: dt.datetime
    business_date: dt.date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Load:
    """Money put into the safe that may have been ordered."""

    local_time: dt.datetime
    amount: Decimal
    currency: str


def orders(purchases: Iterable[Purchase]) -> dict[OrderKey, Order]:
    found: dict[OrderKey, Order] = {}
    for one in purchases:
        key = (one.reference, one.currency)
        order = found.get(key)
        if order is None:
            found[key] = Order(one.local_time, one.business_date, one.amount)
            continue
        ordered, date = min((order.ordered, order.business_date), (one.local_time, one.business_date))
        found[key] = replace(order, ordered=ordered, business_date=date, amount=order.amount + one.amount)
    return found


def suggest(waiting: Mapping[OrderKey, Order], loads: Iterable[Load]) -> dict[OrderKey, dt.datetime]:
    """The load that may be each order's delivery: the first later one of its amount that no earlier order has.

    Each load goes to the order that waits longest, of those made before it and no more than LOOKED_AHEAD before.
    """
    queues: dict[tuple[str, Decimal], deque[tuple[dt.datetime, OrderKey]]] = defaultdict(deque)
    for key, order in sorted(waiting.items(), key=lambda item: (item[1].ordered, item[0])):
        queues[key[1], order.amount].append((order.ordered, key))
    found: dict[OrderKey, dt.datetime] = {}
    for load in sorted(loads, key=lambda load: load.local_time):
        queue = queues[load.currency, load.amount]
        while queue and queue[0][0] + LOOKED_AHEAD < load.local_time:
            queue.popleft()
        if queue and queue[0][0] < load.local_time:
            found[queue.popleft()[1]] = load.local_time
    return found
