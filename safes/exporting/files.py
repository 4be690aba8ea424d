"""Where files lie: in the storage "exports", and beside it what is on its way there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from django.core.files import File
from django.core.files.storage import storages

from safes.models import Export


def name_of(export: Export) -> str:
    return f"{export.pk}.{export.format}"


@contextmanager
def scratch_of(export: Export) -> Iterator[Path]:
    """An empty directory for an export that is being written; one that a killed worker left is emptied first.

    It lies where files lie if that is on a disk of ours, since there is room, else where temporary files lie.
    """
    try:
        beside = Path(storages["exports"].path("."))
    except NotImplementedError:
        beside = Path(tempfile.gettempdir())
    scratch = beside / f".export-{export.pk}"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700, parents=True)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def keep(export: Export, file: IO[bytes]) -> str:
    """Put a whole file into the storage, from its beginning, and say by which name it is found there."""
    storage = storages["exports"]
    file.seek(0)
    storage.delete(name_of(export))  # of a worker that died after it had kept it, and before it could say so
    return storage.save(name_of(export), File(file))


def open_file(export: Export) -> IO[bytes]:
    """Raises FileNotFoundError when it is gone."""
    if not export.stored_as:
        raise FileNotFoundError(name_of(export))
    return cast(IO[bytes], storages["exports"].open(export.stored_as))


def delete(export: Export) -> None:
    storages["exports"].delete(export.stored_as)
