"""A folder elsewhere: what lies in it, fetched, put, moved and deleted."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from fsspec import AbstractFileSystem
from fsspec.implementations.ftp import FTPFileSystem
from fsspec.implementations.sftp import SFTPFileSystem

from safes.remote.address import Address
from safes.remote.errors import PlaceError, told
from safes.remote.file_systems import file_system
from safes.remote.host_keys import pinned_fingerprint

# A server that says nothing for so long is taken for away, seconds.
PATIENCE = 30.0
# Folders are listed whole; what lies in one that holds more is not for us.
MOST_ENTRIES = 200_000


@dataclass(frozen=True)
class Entry:
    """A file in a place: its size in bytes, and when it was last changed (UTC) as far as the server tells."""

    name: str
    size: int
    modified_at: dt.datetime | None


class _Counted:
    """Writes into a file, and tells how much has come so far; refuses more than there should be."""

    def __init__(self, into: IO[bytes], most: int, tell: Callable[[int], None]) -> None:
        self.into, self.most, self.tell, self.came = into, most, tell, 0

    def write(self, data: bytes) -> int:
        self.came += len(data)
        if self.came > self.most:
            raise PlaceError(f"The file is larger than {self.most:,} bytes, the most that is fetched.")
        self.into.write(data)
        self.tell(self.came)
        return len(data)


class Place:
    """An open connection to the folder of an address. Every method raises PlaceError, with a sentence."""

    def __init__(self, address: Address, files: AbstractFileSystem) -> None:
        self.address = address
        self._files = files

    def entries(self) -> list[Entry]:
        """The files in the folder (not in folders within it), by name."""
        with told(f"list the folder {self.address.path}"):
            listed = self._files.ls(self.address.path, detail=True)
        if len(listed) > MOST_ENTRIES:
            raise PlaceError(
                f"The folder {self.address.path} has {len(listed):,} entries; {MOST_ENTRIES:,} are the most that is "
                "looked through. Move what is done with elsewhere."
            )
        entries = [
            Entry(str(one["name"]).rpartition("/")[2], int(one["size"] or 0), _modified_at(one))
            for one in listed
            if one["type"] == "file"
        ]
        return sorted(entries, key=lambda entry: entry.name)

    def fetch(self, name: str, into: IO[bytes], *, most: int, tell: Callable[[int], None] = lambda came: None) -> int:
        """Write a file's bytes to ``into``; returns how many. ``tell`` hears how many came so far."""
        path, counted = self._path(name), _Counted(into, most, tell)
        with told(f"fetch the file {name}"):
            match self._files:
                case FTPFileSystem(ftp=ftp):
                    ftp.retrbinary(f"RETR {path}", counted.write, blocksize=1 << 18)
                case SFTPFileSystem(ftp=sftp):
                    # Not ahead of what was asked: a file of any size is fetched in little memory.
                    sftp.getfo(path, counted, max_concurrent_prefetch_requests=64)
                case files:
                    with files.open(path, "rb") as source:
                        shutil.copyfileobj(source, counted, 1 << 18)
        return counted.came

    def put(self, name: str, source: IO[bytes]) -> None:
        """Upload under a temporary name, then rename: whoever looks sees the whole file or none. Again is the same."""
        path, part = self._path(name), self._path(f".{name}.part")
        with told(f"upload the file {name}"):
            match self._files:
                case FTPFileSystem(ftp=ftp):
                    ftp.storbinary(f"STOR {part}", source, blocksize=1 << 18)
                case files:
                    with files.open(part, "wb") as target:
                        shutil.copyfileobj(source, target, 1 << 18)
            self._replace(part, path)

    def move(self, name: str, folder: str) -> None:
        """Move a file to a folder within this one, which is made if need be; one of that name there is replaced."""
        target = self._path(folder)
        with told(f"move the file {name} to {folder}"):
            if not self._files.isdir(target):
                self._files.mkdir(target, create_parents=False)
            self._replace(self._path(name), f"{target}/{name}")

    def delete(self, name: str) -> None:
        with told(f"delete the file {name}"):
            self._files.rm_file(self._path(name))

    def has(self, name: str) -> bool:
        return any(entry.name == name for entry in self.entries())

    def close(self) -> None:
        match self._files:
            case FTPFileSystem(ftp=ftp):
                ftp.close()
            case SFTPFileSystem(client=client):
                client.close()

    def _path(self, name: str) -> str:
        if "/" in name or "\\" in name or name in ("", ".", "..") or any(c < " " for c in name):
            raise PlaceError(f"“{name[:60]}” is no name of a file in a folder: it is left where it is.")
        return f"{self.address.path.rstrip('/')}/{name}"

    def _replace(self, source: str, target: str) -> None:
        match self._files:
            case SFTPFileSystem(ftp=sftp):
                try:
                    sftp.posix_rename(source, target)
                except OSError:
                    # Not every server knows that extension; without it a file that is there has to go first.
                    if self._files.exists(target):
                        sftp.remove(target)
                    sftp.rename(source, target)
            case files:
                files.mv(source, target)


@contextmanager
def connect(address: Address, *, password: str = "", host_key: str = "", seconds: float = PATIENCE) -> Iterator[Place]:
    """Reach the folder of an address. ``host_key`` pins an SFTP server's: a fingerprint, or its public key.

    Raises PlaceError when it cannot be reached, HostKeyRefused for a server that is not the pinned one.
    """
    with told(f"reach {address.host or address.path}"):
        files = file_system(address, password, pinned_fingerprint(host_key), seconds)
    place = Place(address, files)
    try:
        yield place
    finally:
        place.close()


def _modified_at(listed: dict[str, Any]) -> dt.datetime | None:
    """SFTP and folders give ``mtime``, FTP (RFC 3659) ``modify``, in UTC; a listing in words gives neither for sure."""
    moment = listed.get("mtime")
    if isinstance(moment, dt.datetime):
        return moment
    if isinstance(moment, int | float):
        return dt.datetime.fromtimestamp(moment, dt.UTC)
    stamp = str(listed.get("modify", ""))[:14]
    if len(stamp) == 14 and stamp.isdigit():
        try:
            return dt.datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
        except ValueError:
            return None
    return None
