"""What a file is packed in, by its content: gzip, zip or nothing. Pure: no ORM, no clock."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from transactions.wire.values import BodyError, FileTruncated

# Many times what a year of a large retailer's transactions takes in one file.
MOST_BYTES = 8 << 30
# Rows of transactions pack thirty to one; what packs a thousand to one is made to fill disks.
_MOST_RATIO = 400
_FREE_BYTES = 64 << 20


def unpacked(source: IO[bytes], chunk: int) -> Iterator[bytes]:
    """The bytes of a file in chunks, unpacked. Raises BodyError, with a sentence, for a broken pack or a bomb."""
    start = source.read(4)
    source.seek(0)
    try:
        if start.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=source, mode="rb") as packed:
                yield from _counted(packed, source, chunk)
        elif start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            with _archive(source) as archive, archive.open(_only_file(archive)) as packed:
                yield from _counted(packed, source, chunk)
        else:
            while data := source.read(chunk):
                yield data
    except EOFError:
        raise FileTruncated("The packed file ends before it is complete.") from None
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise BodyError(f"The file is packed, but cannot be unpacked: {str(error)[:200]}.") from None


def _archive(source: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except zipfile.BadZipFile as error:
        # The list of what is in it stands at its end: without one it may still be growing.
        raise FileTruncated(f"The packed file ends before it is complete: {error}.") from None


def _only_file(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    files = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(files) != 1:
        raise BodyError(f"The zip holds {len(files)} files; it must hold one.")
    return files[0]


def _counted(packed: IO[bytes] | gzip.GzipFile, source: IO[bytes], chunk: int) -> Iterator[bytes]:
    came = 0
    while data := packed.read(chunk):
        came += len(data)
        if came > MOST_BYTES or came > _FREE_BYTES + _MOST_RATIO * source.tell():
            raise BodyError(f"The file unpacks to more than {came:,} bytes, which no file of transactions does.")
        yield data
