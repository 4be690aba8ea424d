"""Reading stored deliveries again. DOMAIN.md section 1, "Replay": changes nothing that is right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from transactions.bodies import Purged
from transactions.deliveries import deliveries_to_replay, record_delivery
from transactions.drawing import draw_touched
from transactions.models import Delivery


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading one delivery again; ``error`` is a sentence where it could not be read or recorded."""

    delivery: int
    status: str
    received: int | None
    created: int | None
    known: int | None
    quarantined: int | None
    error: str

    @property
    def went_well(self) -> bool:
        return not self.error


def replay(*, ids: Iterable[int] = (), failed: bool = False, since: dt.datetime | None = None) -> Iterator[Reading]:
    """Read deliveries again, oldest first, each in a transaction of its own, then draw what they touched.

    A repeat stands for the delivery it repeats. Raises ValueError, before anything is read, for an id nobody knows.
    """
    chosen = deliveries_to_replay(ids=_first_ones(ids), failed=failed, since=since)
    return _read(chosen)


def _read(chosen: list[int]) -> Iterator[Reading]:
    try:
        for delivery_id in chosen:
            yield replay_one(delivery_id)
    finally:
        draw_all()


def replay_one(delivery_id: int) -> Reading:
    """Read one delivery again, without drawing what it touched."""
    try:
        delivery = record_delivery(delivery_id, again=True)
    except Purged as error:
        delivery = Delivery.objects.get(pk=delivery_id)
        delivery.error = str(error)
    return Reading(
        delivery.pk,
        delivery.status,
        delivery.received,
        delivery.created,
        delivery.known,
        delivery.quarantined,
        delivery.error,
    )


def draw_all() -> None:
    """Draw touched days until none is left."""
    while draw_touched():
        pass


def _first_ones(ids: Iterable[int]) -> list[int]:
    wanted = sorted(set(ids))
    found = dict(Delivery.objects.filter(pk__in=wanted).values_list("pk", "repeat_of_id"))
    missing = [str(pk) for pk in wanted if pk not in found]
    if missing:
        word = "delivery" if len(missing) == 1 else "deliveries"
        raise ValueError(f"There is no {word} {', '.join(missing[:10])}. The admin lists them under Deliveries.")
    return [repeat_of or pk for pk, repeat_of in found.items()]
