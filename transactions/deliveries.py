"""From a stored delivery to what it says: recorded in a transaction of its own, as often as it takes.

The raw bytes are committed before anything here runs. A bug or a broken database here leaves the delivery where the
worker finds it again; it never loses it and never changes what Loomis was told. See docs/decisions/0002.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

import structlog
import zstandard
from django.db import OperationalError, connection
from django.db.models import Q
from django.db.transaction import atomic
from django.utils import timezone

from transactions.catalogue import classify
from transactions.identity import key_digest
from transactions.metrics import count_failed, count_recorded
from transactions.models import Book, Delivery, DeliveryBody, Message, PushEndpoint
from transactions.models.endpoint import Environment
from transactions.quarantine import keep_bad_rows
from transactions.recording.writer import Outcome, record
from transactions.wire import push_json
from transactions.wire.records import Record
from transactions.wire.values import BadRow, BodyError

log = structlog.get_logger(__name__)

# Serialization failure and deadlock: the only errors after which the same statements may simply be run again.
_TRY_AGAIN = {"40001", "40P01"}
_TRIES = 3
_BACKOFF = [dt.timedelta(seconds=seconds) for seconds in (15, 60, 300, 900, 3600)]

_ZSTD_LEVEL = 1
MAX_UNPACKED = 1 << 31


class Purged(ValueError):
    """A raw body that retention has deleted, so that it can be read no more."""


def pack(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(body)


def raw_body(delivery: Delivery) -> bytes:
    """The exact bytes that were sent, with the key masked. Raises Purged when retention has deleted them."""
    try:
        packed = DeliveryBody.objects.get(pk=delivery.repeat_of_id or delivery.pk).content
    except DeliveryBody.DoesNotExist:
        raise Purged(f"The body of delivery {delivery.pk} was purged; only its digest is kept.") from None
    return zstandard.ZstdDecompressor().decompress(bytes(packed), max_output_size=MAX_UNPACKED)


def record_delivery(delivery_id: int, *, again: bool = False, body: bytes | None = None) -> Delivery:
    """Read a stored delivery and record what it says; with ``again``, also one that was recorded before (a replay).

    ``body`` is the stored body where the caller has it at hand, which saves fetching it.
    Whatever goes wrong is kept on the delivery, which is then tried again later: this never raises for bad input.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            with atomic():
                # The weaker lock, so that a repeat, which refers to this row, is stored without waiting.
                locked = Delivery.objects.select_for_update(of=("self",), no_key=True)
                delivery = locked.select_related("endpoint").get(pk=delivery_id)
                before = (delivery.recorded_at, delivery.created or 0)
                if again or delivery.status in (
                    Delivery.Status.STORED,
                    Delivery.Status.FAILED,
                ):
                    _record(delivery, body)
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


def _record(delivery: Delivery, body: bytes | None) -> None:
    first_time = delivery.recorded_at is None
    earlier = delivery.message
    try:
        read = push_json.read_message(raw_body(delivery) if body is None else body)
    except BodyError as error:
        read = push_json.Message()
        bad_rows = [BadRow(0, str(error), "")]
    else:
        bad_rows = read.bad_rows or ([] if read.records else [BadRow(0, "The message has no transactions.", "")])
    key = f"id:{read.message_id}" if read.message_id else f"sha256:{bytes(delivery.digest).hex()}"
    delivery.message = _message(delivery.endpoint_id, key)
    if earlier is not None and earlier != delivery.message:
        # Read again it belongs to another message: the earlier one no longer shows what this body said.
        _show(earlier, [], without=delivery, replace=True)
    outcome = _show(delivery.message, read.records, without=delivery, replace=not first_time)

    keep_bad_rows(delivery, bad_rows)
    delivery.received = read.received
    delivery.quarantined = len(read.bad_rows)
    delivery.created = outcome.created + (delivery.created or 0 if not first_time else 0)
    delivery.known = max(len(read.records) - delivery.created, 0)
    delivery.status = Delivery.Status.ACCEPTED if read.records else Delivery.Status.QUARANTINED
    delivery.notes = _oddities(delivery.endpoint, read) if delivery.endpoint else []
    delivery.error = ""
    delivery.attempts += first_time
    delivery.next_attempt_at = None
    delivery.recorded_at = timezone.now()
    delivery.save()


def _message(endpoint_id: int | None, key: str) -> Message:
    """The message of that key, locked: two of its bodies are recorded one after the other."""
    table = Message._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (endpoint_id, key) VALUES (%s, %s) ON CONFLICT (endpoint_id, key) "
            "DO UPDATE SET key = excluded.key RETURNING id",
            [endpoint_id, key],
        )
        return Message(pk=cursor.fetchone()[0], endpoint_id=endpoint_id, key=key)


def _show(message: Message, records: list[Record], *, without: Delivery, replace: bool) -> Outcome:
    """Record what a message shows: these records, and the most copies that any other body of it showed."""
    others = message.deliveries.filter(repeat_of__isnull=True, recorded_at__isnull=False).exclude(pk=without.pk)
    merged = records
    if replace:
        for other in others.order_by("pk"):
            try:
                merged = _union(merged, push_json.read_message(raw_body(other)).records)
            except BodyError:
                continue
    return record(
        message.pk,
        merged,
        channel="push",
        book=_book(without.endpoint),
        seen_at=without.received_at,
        replace=replace,
    )


def _union(one: list[Record], other: list[Record]) -> list[Record]:
    """The most copies of each record that either list has."""
    spare = Counter(key_digest(entry) for entry in one)
    merged = list(one)
    for entry in other:
        digest = key_digest(entry)
        if spare[digest]:
            spare[digest] -= 1
        else:
            merged.append(entry)
    return merged


def _book(endpoint: PushEndpoint | None) -> Book:
    return Book.TEST if endpoint is not None and endpoint.environment == Environment.TEST else Book.PRODUCTION


def _oddities(endpoint: PushEndpoint, read: push_json.Message) -> list[str]:
    """What is not as arranged with Loomis and yet no reason to refuse anything."""
    notes = []
    sent = {name.lower(): value for name, value in read.metadata.items()}
    for name, value in endpoint.expected_metadata.items():
        if name.lower() not in sent:
            notes.append(f"The metadata “{name}” is missing.")
        elif sent[name.lower()] != value:
            notes.append(f"The metadata “{name}” is not the expected “{value}”.")
    if endpoint.types:
        asked = {classify(name)[0] for name in endpoint.types}
        unasked = sorted({record.type for record in read.records} - asked)
        notes += [f"{name} came, though Loomis was not asked to send it here." for name in unasked]
    if read.received > endpoint.batch_limit:
        notes.append(f"{read.received} rows came, more than the {endpoint.batch_limit} arranged.")
    return notes


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
