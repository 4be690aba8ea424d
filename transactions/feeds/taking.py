"""Taking one file in: fetched, its bytes committed, recorded. Each step can be the last before a crash.

The bytes are on disk here before anything reads them, as with a push; what the file says is recorded by the same code.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import IO

from django.conf import settings
from django.db.transaction import atomic
from django.utils import timezone

from safes.remote import Place, PlaceError
from transactions.bodies import keep_body, scratch
from transactions.deliveries import record_delivery
from transactions.feeds.findings import settle_changed_file
from transactions.models import Delivery, Feed, FeedFile
from transactions.wire.file_xml import is_complete

State = FeedFile.State
# How long a file that has not come to its end is waited for, from when it last grew.
_GROWING = dt.timedelta(hours=1)
_CHUNK = 1 << 20


def fetch(file: FeedFile, place: Place) -> bool:
    """Bring a settled file's bytes here and commit them. False when it has not come to its end yet.

    Raises PlaceError when the place cannot give it.
    """
    file.started_at = file.started_at or timezone.now()
    with scratch() as content:
        came = place.fetch(file.name, content, most=settings.FEED_MAX_FILE_BYTES, tell=_progress(file))
        if came != file.size:
            raise PlaceError(f"{file.name} came with {came:,} bytes and was listed with {file.size:,}: it is growing.")
        now = timezone.now()
        if now - file.still_since < _GROWING and not is_complete(content):
            file.state = State.SEEN
            file.error = "The file does not come to its end. It is taken when it does, or as it is after an hour."
            file.next_attempt_at = now + dt.timedelta(seconds=file.feed.settle_seconds)
            file.save()
            return False
        with atomic():
            delivery = store_file(file.feed, file.name, content)
            file.digest, file.delivery, file.progress = delivery.digest, delivery, came
            file.state, file.error = State.FETCHED, ""
            file.save()
    return True


@atomic
def store_file(feed: Feed, name: str, content: IO[bytes]) -> Delivery:
    """The delivery of a file's bytes, committed with the caller's transaction; of bytes that came before a repeat."""
    Feed.objects.select_for_update(no_key=True).get(pk=feed.pk)
    digest, size = _digest(content)
    first = Delivery.objects.filter(feed=feed, digest=digest, repeat_of=None).first()
    delivery = Delivery.objects.create(
        channel=Delivery.Channel.FILE,
        feed=feed,
        file_name=name,
        received_at=timezone.now(),
        status=Delivery.Status.DUPLICATE if first else Delivery.Status.STORED,
        repeat_of=first,
        digest=digest,
        size=size,
    )
    if first is None:
        keep_body(delivery, content)
        settle_changed_file(feed, name)
    return delivery


def record_file(file: FeedFile) -> None:
    """Record a fetched file, as often as it takes: nothing is recorded twice."""
    if file.delivery is None:
        raise ValueError(f"{file.name} has not been fetched.")
    delivery = record_delivery(file.delivery.repeat_of_id or file.delivery.pk)
    file.state = {
        Delivery.Status.ACCEPTED: State.RECORDED,
        Delivery.Status.QUARANTINED: State.QUARANTINED,
    }.get(Delivery.Status(delivery.status), State.FETCHED)
    file.error, file.next_attempt_at = delivery.error, delivery.next_attempt_at
    file.done_at = timezone.now() if file.state != State.FETCHED else None
    file.save()


def put_away(file: FeedFile, place: Place) -> None:
    """Move or delete at the far end what is committed here, unless it has changed there since."""
    there = next((entry for entry in place.entries() if entry.name == file.name), None)
    if there is not None and (there.size, there.modified_at) == (file.size, file.modified_at):
        if file.feed.after == Feed.After.DELETE:
            place.delete(file.name)
        else:
            place.move(file.name, file.feed.archive_folder)
    file.state = State.ARCHIVED
    file.save()


def _progress(file: FeedFile) -> Callable[[int], None]:
    """Notes how far fetching has come, about fifty times a file."""
    step = max(file.size // 50, _CHUNK)

    def tell(came: int) -> None:
        if came - file.progress >= step:
            file.progress = came
            file.save(update_fields=["progress"])

    file.progress = 0
    return tell


def _digest(content: IO[bytes]) -> tuple[bytes, int]:
    content.seek(0)
    found, size = hashlib.sha256(), 0
    while data := content.read(_CHUNK):
        found.update(data)
        size += len(data)
    content.seek(0)
    return found.digest(), size
