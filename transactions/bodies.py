"""Raw bodies at rest: compressed with Zstandard, in the database, or where they are large in the storage "bodies"."""

from __future__ import annotations

import os
import shutil
from tempfile import SpooledTemporaryFile
from typing import IO, cast

import zstandard
from django.core.files import File
from django.core.files.storage import storages

from transactions.models import Delivery, DeliveryBody

LEVEL = 1
# What is larger than this, compressed, is no row of a table any more.
_LARGEST_IN_DATABASE = 4 << 20
_IN_MEMORY = 1 << 20
_CHUNK = 128 << 10


class Purged(ValueError):
    """A raw body that retention has deleted, so that it can be read no more."""


def pack(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=LEVEL).compress(body)


def keep_body(delivery: Delivery, source: IO[bytes]) -> None:
    """Keep the bytes of a delivery that is being stored, on disk before this returns; ``source`` from its beginning."""
    with scratch() as packed:
        source.seek(0)
        zstandard.ZstdCompressor(level=LEVEL).copy_stream(source, packed)
        size = packed.tell()
        packed.seek(0)
        if size <= _LARGEST_IN_DATABASE:
            DeliveryBody.objects.create(delivery=delivery, content=packed.read())
        else:
            DeliveryBody.objects.create(delivery=delivery, content=b"", stored_as=_save(delivery, packed))


def raw_body(delivery: Delivery) -> bytes:
    """All of ``open_body`` at once: for pushes, which are small."""
    with open_body(delivery) as content:
        return content.read()


def open_body(delivery: Delivery) -> IO[bytes]:
    """The exact bytes that came, with the key masked, to be read and sought in; the caller closes it.

    Raises Purged when retention has deleted them.
    """
    try:
        body = DeliveryBody.objects.get(pk=delivery.repeat_of_id or delivery.pk)
    except DeliveryBody.DoesNotExist:
        raise Purged(f"The body of delivery {delivery.pk} was purged; only its digest is kept.") from None
    unpacked = scratch()
    unpack = zstandard.ZstdDecompressor()
    if body.stored_as:
        with storages["bodies"].open(body.stored_as) as packed:
            unpack.copy_stream(packed, unpacked)
    else:
        with unpack.stream_reader(bytes(body.content)) as packed:
            shutil.copyfileobj(packed, unpacked, _CHUNK)
    unpacked.seek(0)
    return unpacked


def forget_body(body: DeliveryBody) -> None:
    """Delete a body, wherever it lies."""
    if body.stored_as:
        storages["bodies"].delete(body.stored_as)
    body.delete()


def scratch() -> IO[bytes]:
    """A file for bytes on their way, in memory as long as they are few."""
    return cast(IO[bytes], SpooledTemporaryFile(max_size=_IN_MEMORY))


def _save(delivery: Delivery, packed: IO[bytes]) -> str:
    storage = storages["bodies"]
    digest = bytes(delivery.digest).hex()
    name = f"{digest[:2]}/{digest}-{delivery.feed_id}.zst"
    # A crash may have left one that was never finished: no delivery of this feed refers to it.
    storage.delete(name)
    kept = storage.save(name, File(packed))
    try:
        path = storage.path(kept)
    except NotImplementedError:
        return kept  # not on a disk of ours
    with open(path, "rb") as written:
        os.fsync(written.fileno())
    return kept
