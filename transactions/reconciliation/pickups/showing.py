"""What a pickup is made of: its lines of drops, its servicings, and its denominations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Q

from transactions.catalogue import Kind
from transactions.models import Book, Drops, Pickup, Transaction


def servicings_of(pickup: Pickup) -> list[Transaction]:
    """The servicings that it was taken by, in whichever currency, in the order of time."""
    if not pickup.servicing_count:
        return []
    rows = Transaction.objects.filter(safe=pickup.safe_id, kind=Kind.PICKUP, book=Book.PRODUCTION, counted=True)
    if pickup.pickup_group_id is not None:
        rows = rows.filter(pickup_group_id=pickup.pickup_group_id)
    else:
        rows = rows.filter(pickup_group_id=None, local_time=pickup.serviced_without_group)
    return list(rows.select_related("safe").order_by("business_date", "local_time", "pk"))


def lines_of(pickup: Pickup, servicings: Iterable[Transaction]) -> list[Drops]:
    """Its drops by business date: those of its group, and those without a group that left with it."""
    times = {one.local_time: one.business_date for one in servicings}
    without = Q(pickup_group_id=None, taken_at__in=times, leaves_on__in=set(times.values()))
    if pickup.pickup_group_id is not None:
        mine = Q(pickup_group_id=pickup.pickup_group_id) | without
    elif times:
        mine = without
    else:
        mine = Q(pickup_group_id=None, taken_at=None)
    rows = Drops.objects.filter(mine, safe=pickup.safe_id, currency=pickup.currency, counted_on=None)
    found = rows.order_by("business_date", "first_local_time", "pk")
    return [row for row in found if row.is_opening or row.count]


def pieces_of(lines: Iterable[Drops]) -> list[tuple[Decimal, int]]:
    """How many of each unit value the machine counted, or people did for an opening; in the order of values."""
    found: dict[Decimal, int] = defaultdict(int)
    for line in lines:
        for unit, count in line.denominations:
            found[Decimal(unit)] += count
    return sorted(found.items())
