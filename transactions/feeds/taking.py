"""Taking one file in: fetched, its bytes committed, recorded. Each step can be the last before a crash.

The bytes are on disk here before anything reads them, as with a push; what the file says is recorded by the same code.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO

from django.conf import settings
from django.db.transaction import atomic
from django.utils import timezone

from safes.remote import Place, PlaceError
from safes.remote.errors import told
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
    """Bring a settled file's bytes here and commit them. False when there is nothing to take yet, or any more.

    Raises PlaceError when the place cannot give it, or it cannot be kept here.
    """
    if file.size > settings.FEED_MAX_FILE_BYTES:
        raise PlaceError(
            f"{file.name} has {file.size:,} bytes. {settings.FEED_MAX_FILE_BYTES:,} are the most that is fetched "
            "(FEED_MAX_FILE_BYTES): raise that, or move the file away."
        )
    file.started_at = timezone.now()
    file.progress = 0
    file.save(update_fields=["started_at", "progress"])
    with told(f"keep the file {file.name}"), scratch() as content:
        if not _fetched(file, place, content):
            return False
        now = timezone.now()
        if now - file.still_since < _GROWING and not is_complete(content):
            _wait(file, now, "The file does not come to its end. It is taken when it does, or as it is after an hour.")
            return False
        with atomic():
            delivery = store_file(file.feed, file.name, content)
            file.digest, file.delivery, file.progress = delivery.digest, delivery, file.size
            file.state, file.error, file.next_attempt_at = State.FETCHED, "", None
            file.save()
    return True


def _fetched(file: FeedFile, place: Place, content: IO[bytes]) -> bool:
    """Whether all of a file came; otherwise it has been renamed, or is growing, since the folder was listed."""
    try:
        came = place.fetch(file.name, content, most=settings.FEED_MAX_FILE_BYTES, tell=_progress(file))
    except PlaceError as error:
        if error.broken or place.find(file.name) is not None:
            raise
        file.delete()
        return False
    if came == file.size:
        return True
    there = place.find(file.name)
    if there is not None and (there.size, there.modified_at) == (file.size, file.modified_at):
        raise PlaceError(f"{file.name} came with {came:,} bytes, and the server says that it has {file.size:,}.")
    now = timezone.now()
    file.still_since = now
    _wait(file, now, "The file grew while it was fetched. It is taken when it stands still.")
    return False


def _wait(file: FeedFile, now: dt.datetime, why: str) -> None:
    file.state, file.error = State.SEEN, why
    file.next_attempt_at = now + dt.timedelta(seconds=file.feed.settle_seconds)
    file.save()


@atomic
def store_file(feed: Feed, name: str, content: IO[bytes]) -> Delivery:
    """The delivery of a file's bytes, committed with the caller's transaction; of bytes that came before a repeat.

    Where a repeat brings two messages together, its first delivery is left to be recorded once more, which joins them.
    """
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
    elif name != first.file_name and _is_news(delivery):
        # One that is just being recorded is waited for: it may not have seen this one yet.
        known = Delivery.objects.filter(pk=first.pk, recorded_at__isnull=False)
        known.update(status=Delivery.Status.STORED, next_attempt_at=None)
    settle_changed_file(feed, name)
    return delivery


def _is_news(repeat: Delivery) -> bool:
    """Whether known bytes come for the first time under a name that other bytes have too."""
    named = Delivery.objects.filter(feed=repeat.feed, file_name=repeat.file_name).exclude(pk=repeat.pk)
    came_before = named.filter(digest=repeat.digest).exists()
    return not came_before and named.exists()


def record_file(file: FeedFile) -> None:
    """Record a fetched file, as often as it takes: nothing is recorded twice."""
    if file.delivery is None:
        raise ValueError(f"{file.name} has not been fetched.")
    delivery = record_delivery(file.delivery.repeat_of_id or file.delivery.pk)
    if file.delivery.repeat_of_id is None:
        file.delivery = delivery
    else:
        file.delivery.repeat_of = delivery
    file.state = {
        Delivery.Status.ACCEPTED: State.RECORDED,
        Delivery.Status.QUARANTINED: State.QUARANTINED,
    }.get(Delivery.Status(delivery.status), State.FETCHED)
    file.error = delivery.error if file.state == State.FETCHED else ""
    file.next_attempt_at = delivery.next_attempt_at
    file.done_at = timezone.now() if file.state != State.FETCHED else None
    file.save()


def put_away(file: FeedFile, place: Place) -> None:
    """Move or delete at the far end what is committed here, unless it has changed there since."""
    there = place.find(file.name)
    if there is not None and (there.size, there.modified_at) == (file.size, file.modified_at):
        if file.feed.after == Feed.After.DELETE:
            place.delete(file.name)
        else:
            place.move(file.name, file.feed.archive_folder, otherwise=_other_name(file))
    file.state, file.error, file.next_attempt_at = State.ARCHIVED, "", None
    file.save()


def _other_name(file: FeedFile) -> str:
    """For an archive that has a file of this name: other bytes under another name, the same bytes under the same."""
    name = PurePosixPath(file.name)
    return f"{name.stem}.{bytes(file.digest or b'').hex()[:12]}{name.suffix}"


def _progress(file: FeedFile) -> Callable[[int], None]:
    """Notes how far fetching has come, about fifty times a file."""
    step = max(file.size // 50, _CHUNK)
    noted = 0

    def tell(came: int) -> None:
        nonlocal noted
        if came - noted >= step:
            noted = file.progress = came
            file.save(update_fields=["progress"])

    return tell


def _digest(content: IO[bytes]) -> tuple[bytes, int]:
    content.seek(0)
    found, size = hashlib.sha256(), 0
    while data := content.read(_CHUNK):
        found.update(data)
        size += len(data)
    content.seek(0)
    return found.digest(), size
