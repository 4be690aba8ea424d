"""From a stored delivery to what it says: recorded in a transaction of its own, as often as it takes.

The raw bytes are committed before anything here runs. A bug or a broken database here leaves the delivery where the
worker finds it again; it never loses it and never changes what Loomis was told. See docs/decisions/0002.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

import structlog
from django.db import OperationalError
from django.db.models import Q
from django.db.transaction import atomic
from django.utils import timezone

from transactions.bodies import Purged
from transactions.metrics import count_failed, count_recorded
from transactions.models import Delivery
from transactions.quarantine import keep_bad_rows
from transactions.reading.files import join_names, record_file
from transactions.reading.pushes import record_push

log = structlog.get_logger(__name__)

# Serialization failure and deadlock: the only errors after which the same statements may simply be run again.
_TRY_AGAIN = {"40001", "40P01"}
_TRIES = 3
_BACKOFF = [dt.timedelta(seconds=seconds) for seconds in (15, 60, 300, 900, 3600)]


def record_delivery(
    delivery_id: int, *, again: bool = False, body: bytes | None = None, tell: Callable[[int], None] = lambda read: None
) -> Delivery:
    """Read a stored delivery and record what it says; with ``again``, also one that was recorded before (a replay).

    ``body`` is the stored body where the caller has it at hand, which saves fetching it. ``tell`` hears how many bytes
    of a file have been read so far.
    Whatever goes wrong is kept on the delivery, which is then tried again later: this never raises for bad input.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            with atomic():
                # The weaker lock, so that a repeat, which refers to this row, is stored without waiting.
                locked = Delivery.objects.select_for_update(of=("self",), no_key=True)
                delivery = locked.select_related("endpoint", "feed").get(pk=delivery_id)
                before = (delivery.recorded_at, delivery.created or 0)
                if again or delivery.status in (
                    Delivery.Status.STORED,
                    Delivery.Status.FAILED,
                ):
                    if again or delivery.recorded_at is None:
                        _record(delivery, body, tell)
                    else:
                        _join(delivery)
            count_recorded(delivery, *before)
            return delivery
        except OperationalError as error:
            if _sqlstate(error) in _TRY_AGAIN and attempt < _TRIES:
                continue
            return _failed(delivery_id, error)
        except Purged:
            raise
        except Exception as error:  # noqa: BLE001 - a bug here must cost neither the delivery nor Loomis its 200
            return _failed(delivery_id, error)
    raise AssertionError("unreachable")


def to_record(limit: int = 100) -> list[int]:
    """Ids of deliveries that are stored but not recorded, and due: after a crash, or after a failure and its wait."""
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=timezone.now())
    waiting = Delivery.objects.filter(due, status__in=[Delivery.Status.STORED, Delivery.Status.FAILED])
    return list(waiting.order_by("next_attempt_at", "pk").values_list("pk", flat=True)[:limit])


def _record(delivery: Delivery, body: bytes | None, tell: Callable[[int], None]) -> None:
    first_time = delivery.recorded_at is None
    read = record_push(delivery, body) if delivery.channel == Delivery.Channel.PUSH else record_file(delivery, tell)
    keep_bad_rows(delivery, read.bad_rows)
    delivery.message = read.message
    delivery.received = read.received
    delivery.quarantined = read.received - read.records
    delivery.created = read.created + (delivery.created or 0 if not first_time else 0)
    delivery.known = max(read.records - delivery.created, 0)
    delivery.status = Delivery.Status.ACCEPTED if read.records else Delivery.Status.QUARANTINED
    delivery.notes = read.notes
    delivery.error = ""
    delivery.attempts += first_time
    delivery.next_attempt_at = None
    delivery.recorded_at = timezone.now()
    delivery.save()


def _join(delivery: Delivery) -> None:
    """A file that was recorded, and whose bytes came since under a name that other bytes have too."""
    delivery.message = join_names(delivery)
    understood = (delivery.received or 0) > (delivery.quarantined or 0)
    delivery.status = Delivery.Status.ACCEPTED if understood else Delivery.Status.QUARANTINED
    delivery.error = ""
    delivery.next_attempt_at = None
    delivery.save()


def _failed(delivery_id: int, error: Exception) -> Delivery:
    """Leave a delivery to be tried again. With the database away it stays as stored, which is the same."""
    log.exception("delivery_not_recorded", delivery=delivery_id, exc_info=error)
    with atomic():
        delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
        wait = _BACKOFF[min(delivery.attempts, len(_BACKOFF) - 1)]
        delivery.attempts += 1
        if delivery.recorded_at is None:
            delivery.status = Delivery.Status.FAILED
            delivery.next_attempt_at = timezone.now() + wait
            delivery.error = f"Recording failed ({type(error).__name__}); it is tried again by itself."
        else:
            if delivery.status == Delivery.Status.STORED:  # its names are still to be joined
                delivery.next_attempt_at = timezone.now() + wait
            delivery.error = f"Reading it again failed ({type(error).__name__}); what was recorded before stands."
        delivery.save()
    count_failed(delivery)
    return delivery


def _sqlstate(error: OperationalError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


def deliveries_to_replay(
    *, ids: Iterable[int] = (), failed: bool = False, since: dt.datetime | None = None
) -> list[int]:
    """Ids of first deliveries (not repeats) to read again, oldest first."""
    wanted = Q(pk__in=list(ids))
    if failed:
        wanted |= Q(status=Delivery.Status.FAILED)
    if since is not None:
        wanted |= Q(received_at__gte=since)
    return list(Delivery.objects.filter(wanted, repeat_of__isnull=True).order_by("pk").values_list("pk", flat=True))
