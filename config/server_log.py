"""What the embedded servers write: one file each under the data directory's logs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from config.data_dir import DataDir, make_private_dir

LARGEST = 10 * 1024 * 1024  # bytes; beyond it the file is put aside at the next start, the one before is dropped


@contextmanager
def open_log(data_dir: DataDir, name: str) -> Iterator[int]:
    """A descriptor that appends to the server's log, for the life of the block (the server keeps its own copy)."""
    make_private_dir(data_dir.logs)
    path = data_dir.logs / f"{name}.log"
    if path.exists() and path.stat().st_size > LARGEST:
        path.replace(path.with_suffix(".log.1"))
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def tail(data_dir: DataDir, name: str, lines: int = 15) -> str:
    path = data_dir.logs / f"{name}.log"
    if not path.exists():
        return "(nothing)"
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
