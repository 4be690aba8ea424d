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
from transactions.drawing import draw_touched
from transactions.models import (
    Delivery,
    DeliveryBody,
    OtherCash,
    PhysicalCount,
    SafeDay,
    SiteDay,
    Taking,
    TouchedDay,
    TouchedSiteDay,
)
from transactions.quarantine import keep_bad_rows
from transactions.reading.files import record_file
from transactions.reading.messages import Reading
from transactions.reading.pushes import record_push
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
    """Draw all that is marked. Raises ValueError, with a sentence, when something cannot be drawn."""
    with scratch.inside():
        # In a transaction of its own: drawing holds a lock that this one waits for.
        follow_arranged()
    drawn = 0
    while True:
        with scratch.inside():
            left = TouchedDay.objects.count() + TouchedSiteDay.objects.count()
            tell("days drawn", drawn, drawn + left)
            now = draw_touched(_DAYS)
            left = TouchedDay.objects.count() + TouchedSiteDay.objects.count()
        drawn += now
        if not now:
            break
    if left:
        raise ValueError(f"{left} days could not be drawn, so nothing can be compared; the log says why.")


def mark_said(scratch: Scratch) -> None:
    """Mark the days that people said something of: there may be nothing that was delivered of them."""
    with scratch.inside():
        touch(set(PhysicalCount.objects.values_list("safe_id", "business_date")))
        touch_sites(set(Taking.objects.values_list("register__site_id", "business_date")))
        touch_sites(set(OtherCash.objects.values_list("site_id", "business_date")))


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
