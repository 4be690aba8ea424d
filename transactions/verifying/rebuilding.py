"""Rebuilding the books within a scratch schema: every delivery is read again, every touched day is drawn."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from django.db import connection
from django.utils import timezone

from safes.estate import lock_safes
from transactions.bodies import Missing, Purged
from transactions.completeness.covering import follow_arranged
from transactions.drawing import draw
from transactions.models import (
    Delivery,
    DeliveryBody,
    OtherCash,
    PhysicalCount,
    SafeDay,
    SignOff,
    SiteDay,
    Taking,
    TouchedDay,
    TouchedSiteDay,
)
from transactions.quarantine import keep_bad_rows
from transactions.reading.files import record_file
from transactions.reading.messages import Reading
from transactions.reading.pushes import record_push
from transactions.reconciliation.sites.drawing import draw_site_day
from transactions.reconciliation.sites.marks import touch_sites
from transactions.recording.derivation import derive_again
from transactions.recording.marks import touch
from transactions.recording.rulings import hold_rulings
from transactions.verifying.purged import take_over
from transactions.verifying.scratch import TO_READ, Scratch

Tell = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and how much there is."""

# A transaction in the scratch schema holds locks that others wait for, if only on names of feeds: it is a short one.
_SECONDS = 0.5
_BATCH = 200
_DAYS = 31


@dataclass(slots=True)
class Rebuilt:
    """How much was read, and what could not be: bodies that were purged, and bodies that are missing."""

    deliveries: int = 0
    purged: int = 0
    missing: list[int] = field(default_factory=list)


def read_again(scratch: Scratch, rebuilt: Rebuilt, tell: Tell) -> None:
    """Read the deliveries that are in the books and were not read here yet, in the order in which they came."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {scratch.schema}.{TO_READ} WHERE NOT read")
        total = rebuilt.deliveries + cursor.fetchone()[0]
    while True:
        tell("deliveries read again", rebuilt.deliveries, total)
        with scratch.inside():
            read = _read_some(scratch, rebuilt)
        if not read:
            return
        rebuilt.deliveries += read


def _read_some(scratch: Scratch, rebuilt: Rebuilt) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {TO_READ} WHERE NOT read ORDER BY id LIMIT {_BATCH}")
        ids = [pk for (pk,) in cursor.fetchall()]
    begun = time.monotonic()
    done: list[int] = []
    for delivery in Delivery.objects.filter(pk__in=ids).select_related("endpoint", "feed").order_by("pk"):
        _read(scratch, delivery, rebuilt)
        done.append(delivery.pk)
        if time.monotonic() - begun > _SECONDS:
            break
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TO_READ} SET read = true WHERE id = ANY(%s)", [done])
    return len(done)


def _read(scratch: Scratch, delivery: Delivery, rebuilt: Rebuilt) -> None:
    try:
        read = record_push(delivery, None) if delivery.channel == Delivery.Channel.PUSH else record_file(delivery)
    except (Purged, Missing):
        if delivery.purged_at is None or DeliveryBody.objects.filter(pk=delivery.pk).exists():
            rebuilt.missing.append(delivery.pk)
        else:
            rebuilt.purged += 1
        take_over(scratch, delivery)
    else:
        _keep(delivery, read)
    delivery.recorded_at = timezone.now()
    delivery.save(update_fields=["message", "received", "quarantined", "recorded_at"])


def _keep(delivery: Delivery, read: Reading) -> None:
    keep_bad_rows(delivery, read.bad_rows)
    delivery.message = read.message
    delivery.received = read.received
    delivery.quarantined = read.received - read.records


def draw_again(scratch: Scratch, tell: Tell) -> None:
    """Draw all that is marked: safe by safe, and the days of sites once all of their safes are drawn."""
    with scratch.inside():
        # In a transaction of its own: drawing holds a lock that this one waits for.
        follow_arranged()
    for what, draw_some, marks in (
        ("days of safes", _draw_safe, TouchedDay),
        ("days of sites", _draw_site, TouchedSiteDay),
    ):
        drawn, now = 0, 1
        while now:
            with scratch.inside():
                now = draw_some()
                left = marks._default_manager.count()
            drawn += now
            tell(f"{what} drawn", drawn, drawn + left)


def _draw_safe() -> int:
    """Draw some days of the first safe that has marks, and say how many."""
    marks = TouchedDay.objects.order_by("safe_id", "business_date").values_list("safe_id", "business_date")[:_DAYS]
    safe_id = marks[0][0] if marks else 0
    dates = [date for of_safe, date in marks if of_safe == safe_id]
    if dates:
        draw(safe_id, dates)
    return len(dates)


def _draw_site() -> int:
    marks = TouchedSiteDay.objects.order_by("site_id", "business_date").values_list("site_id", "business_date")[:_DAYS]
    site_id = marks[0][0] if marks else 0
    dates = [date for of_site, date in marks if of_site == site_id]
    if dates:
        draw_site_day(site_id, dates)
    return len(dates)


def mark_said(scratch: Scratch) -> None:
    """Mark the days that people said something of: there may be nothing that was delivered of them."""
    with scratch.inside():
        touch(set(PhysicalCount.objects.values_list("safe_id", "business_date")))
        touch_sites(set(Taking.objects.values_list("register__site_id", "business_date")))
        touch_sites(set(OtherCash.objects.values_list("site_id", "business_date")))
        touch_sites(set(SignOff.objects.values_list("site_id", "business_date")))


def begin_again(scratch: Scratch, safes: Collection[int], sites: Collection[int]) -> None:
    """Mark all days of these for another look: what people say of them may be otherwise than it was at the first."""
    for safe_id in sorted(safes):
        with scratch.inside():
            lock_safes([safe_id])
            hold_rulings(safe_id)
            touch(derive_again([safe_id]))
            touch(set(SafeDay.objects.filter(safe=safe_id).values_list("safe_id", "business_date")))
            touch(set(PhysicalCount.objects.filter(safe=safe_id).values_list("safe_id", "business_date")))
    with scratch.inside():
        touch_sites(set(SiteDay.objects.filter(site__in=sites).values_list("site_id", "business_date")))
        takings = Taking.objects.filter(register__site__in=sites)
        touch_sites(set(takings.values_list("register__site_id", "business_date")))
        touch_sites(set(OtherCash.objects.filter(site__in=sites).values_list("site_id", "business_date")))
        touch_sites(set(SignOff.objects.filter(site__in=sites).values_list("site_id", "business_date")))
