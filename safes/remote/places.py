"""A folder elsewhere: what lies in it, fetched, put, moved and deleted."""

from __future__ import annotations

import datetime as dt
import ftplib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from fsspec import AbstractFileSystem
from fsspec.implementations.ftp import FTPFileSystem

from safes.remote.address import Address
from safes.remote.errors import PlaceError, is_breaking, told
from safes.remote.file_systems import file_system
from safes.remote.host_keys import pinned_fingerprint

# A server that says nothing for so long is taken for away, seconds.
PATIENCE = 30.0
# How an FTP server says that it does not know a command.
_UNKNOWN_COMMAND = ("500", "501", "502", "504")
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

    def __init__(self, address: Address, open_files: Callable[[], AbstractFileSystem]) -> None:
        self.address = address
        self._open_files = open_files
        self._opened = open_files()
        self._out_of_step = False
        self._folders: set[str] = set()

    @property
    def _files(self) -> AbstractFileSystem:
        if self._out_of_step:
            self.close()
            self._opened, self._out_of_step = self._open_files(), False
        return self._opened

    def entries(self) -> list[Entry]:
        """The files in the folder (not in folders within it), by name."""
        with told(f"list the folder {self.address.path}"):
            listed = self._files.ls(self.address.path, detail=True)
        if len(listed) > MOST_ENTRIES:
            raise PlaceError(
                f"The folder {self.address.path} has {len(listed):,} entries; {MOST_ENTRIES:,} are the most that is "
                "looked through. Move what is done with elsewhere."
            )
        entries = [_entry(str(one["name"]).rpartition("/")[2], one) for one in listed if one["type"] == "file"]
        return sorted(entries, key=lambda entry: entry.name)

    def find(self, name: str) -> Entry | None:
        """One file as ``entries`` would give it now, without listing the others; None where there is none."""
        with told(f"look at the file {name}"):
            found = self._lying_at(self._path(name))
        return _entry(name, found) if found is not None and found["type"] == "file" else None

    def fetch(self, name: str, into: IO[bytes], *, most: int, tell: Callable[[int], None] = lambda came: None) -> int:
        """Write a file's bytes to ``into``; returns how many. ``tell`` hears how many came so far."""
        path, counted = self._path(name), _Counted(into, most, tell)
        with told(f"fetch the file {name}"):
            files = self._files
            # A transfer that is left halfway leaves answers behind, which the next request would take for its own:
            # after one, a new connection.
            self._out_of_step = True
            match self.address.scheme:
                case "ftp" | "ftps":
                    files.ftp.retrbinary(f"RETR {path}", counted.write, blocksize=1 << 18)
                case "sftp":
                    # Not ahead of what was asked: a file of any size is fetched in little memory.
                    files.ftp.getfo(path, counted, max_concurrent_prefetch_requests=64)
                case _:
                    with files.open(path, "rb") as source:
                        shutil.copyfileobj(source, counted, 1 << 18)
            self._out_of_step = False
        return counted.came

    def put(self, name: str, source: IO[bytes]) -> None:
        """Upload under a temporary name, then rename: whoever looks sees the whole file or none. Again is the same.

        An error is ``in_doubt`` when it came while the file was being renamed: before that it surely is not there.
        """
        path, part = self._path(name), self._path(f".{name}.part")
        with told(f"upload the file {name}"):
            match self._files:
                case FTPFileSystem(ftp=ftp):
                    ftp.storbinary(f"STOR {part}", source, blocksize=1 << 18)
                case files:
                    with files.open(part, "wb") as target:
                        shutil.copyfileobj(source, target, 1 << 18)
        try:
            with told(f"rename the file {part.rpartition('/')[2]} to {name}"):
                self._replace(part, path)
        except PlaceError as error:
            error.in_doubt = True
            raise

    def move(self, name: str, folder: str, *, otherwise: str = "") -> None:
        """Move a file to a folder within this one, which is made if need be.

        Where one of that name lies there already, it is called ``otherwise``; without that it replaces the other.
        """
        target = self._path(folder)
        with told(f"move the file {name} to {folder}"):
            if folder not in self._folders:
                if self._lying_at(target) is None:
                    self._files.mkdir(target, create_parents=False)
                self._folders.add(folder)
            if otherwise and self._lying_at(f"{target}/{name}") is not None:
                self._replace(self._path(name), f"{target}/{otherwise}")
            else:
                self._replace(self._path(name), f"{target}/{name}")

    def delete(self, name: str) -> None:
        with told(f"delete the file {name}"):
            self._files.rm_file(self._path(name))

    def has(self, name: str) -> bool:
        return self.find(name) is not None

    def close(self) -> None:
        match self.address.scheme:
            case "ftp" | "ftps":
                self._opened.ftp.close()
            case "sftp":
                self._opened.client.close()

    def _path(self, name: str) -> str:
        if "/" in name or "\\" in name or name in ("", ".", "..") or any(c < " " for c in name):
            raise PlaceError(f"“{name[:60]}” is no name of a file in a folder: it is left where it is.")
        return f"{self.address.path.rstrip('/')}/{name}"

    def _lying_at(self, path: str) -> dict[str, Any] | None:
        """What lies at a path, in fsspec's words, or None."""
        files = self._files
        if isinstance(files, FTPFileSystem):
            try:
                return _facts(files.ftp.sendcmd(f"MLST {path}"))
            except ftplib.error_perm as error:
                # A server that does not know MLST is asked for the whole folder, below.
                if not str(error).startswith(_UNKNOWN_COMMAND):
                    return None
        try:
            found: dict[str, Any] = files.info(path)
        except FileNotFoundError:
            return None
        return found

    def _replace(self, source: str, target: str) -> None:
        files = self._files
        if self.address.scheme != "sftp":
            files.mv(source, target)
            return
        try:
            files.ftp.posix_rename(source, target)
        except OSError as error:
            if is_breaking(error):
                raise
            # Not every server knows that extension; without it a file that is there has to go first.
            if files.exists(target):
                files.ftp.remove(target)
            files.ftp.rename(source, target)


@contextmanager
def connect(address: Address, *, password: str = "", host_key: str = "", seconds: float = PATIENCE) -> Iterator[Place]:
    """Reach the folder of an address. ``host_key`` pins an SFTP server's: a fingerprint, or its public key.

    Raises PlaceError when it cannot be reached, HostKeyRefused for a server that is not the pinned one.
    """
    with told(f"reach {address.host or address.path}"):
        place = Place(address, lambda: file_system(address, password, pinned_fingerprint(host_key), seconds))
    try:
        yield place
    finally:
        place.close()


def _entry(name: str, listed: dict[str, Any]) -> Entry:
    return Entry(name, int(listed["size"] or 0), _modified_at(listed))


def _facts(answer: str) -> dict[str, Any]:
    """What an FTP server's answer to MLST says (RFC 3659, section 7.2): its second line, up to the name."""
    line = answer.splitlines()[1].strip().partition(" ")[0]
    facts = {key.lower(): value for key, _, value in (fact.partition("=") for fact in line.rstrip(";").split(";"))}
    return {"size": 0, **facts}


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
