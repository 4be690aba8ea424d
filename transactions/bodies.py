"""Raw bodies at rest: compressed with Zstandard, in the database, or where they are large in the storage "bodies"."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing, suppress
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, cast

import zstandard
from django.core.files import File
from django.core.files.storage import storages
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet, Sum
from django.db.models.functions import Length

from transactions.models import Delivery, DeliveryBody

LEVEL = 1
# What is larger than this, compressed, is no row of a table any more.
_LARGEST_IN_DATABASE = 4 << 20
_IN_MEMORY = 1 << 20


class Purged(ValueError):
    """A raw body that retention has deleted, so that it can be read no more."""


class Missing(ValueError):
    """A raw body that should lie in the storage and does not."""


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

    Raises Purged when retention has deleted them, Missing when the storage has lost them.
    """
    try:
        body = DeliveryBody.objects.get(pk=delivery.repeat_of_id or delivery.pk)
    except DeliveryBody.DoesNotExist:
        raise Purged(f"The body of delivery {delivery.pk} was purged; only its digest is kept.") from None
    unpack = zstandard.ZstdDecompressor()
    with ExitStack() as stack:
        packed = stack.enter_context(_packed(body))
        whole = stack.enter_context(closing(scratch()))
        unpack.copy_stream(packed, whole)
        whole.seek(0)
        stack.pop_all()
        packed.close()
    return whole


def _packed(body: DeliveryBody) -> IO[bytes]:
    if not body.stored_as:
        return BytesIO(bytes(body.content))
    try:
        return cast(IO[bytes], storages["bodies"].open(body.stored_as))
    except FileNotFoundError:
        raise Missing(
            f"The body of delivery {body.pk} should lie in the storage of bodies as {body.stored_as}, and does not: "
            "restore that storage from its backup."
        ) from None


def forget_bodies(bodies: QuerySet[DeliveryBody]) -> tuple[int, int]:
    """Delete bodies, wherever they lie; how many, and the bytes they took. Within a transaction.

    What lies in the storage goes first: after a crash its row is still there, and the next purge finds it.
    """
    taken = bodies.aggregate(size=Sum(Length("content")))["size"] or 0
    storage = storages["bodies"]
    for name in bodies.exclude(stored_as="").values_list("stored_as", flat=True):
        with suppress(FileNotFoundError):
            taken += storage.size(name)
        storage.delete(name)
    deleted, _ = bodies.delete()
    return deleted, taken


def missing_bodies(database: BaseDatabaseWrapper) -> list[str]:
    """Names of the bodies that should lie in the storage, as a database says, and do not."""
    with database.cursor() as cursor:
        cursor.execute(
            f"SELECT stored_as FROM {DeliveryBody._meta.db_table} WHERE stored_as <> '' ORDER BY delivery_id"
        )
        return [name for (name,) in cursor.fetchall() if not storages["bodies"].exists(name)]


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
