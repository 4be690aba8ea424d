"""Where one running system keeps its things: the data directory and what lies in it.

    postgres/     the cluster, and the socket beside it (0700, of the account PostgreSQL runs as)
    valkey/       Valkey's files and its socket (0700)
    logs/         what the embedded servers say
    test/, bench/ the same again, for test runs and benchmarks
    beat/         Celery's notes of what it last did when
    secret_key    Django's SECRET_KEY outside production (0600)
    lock          held (flock) by whoever started the servers

Standard library only: settings, supervisor and tests all come through here, before Django is set up.
"""

import hashlib
import os
import re
import secrets
import stat
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent

# sun_path holds 108 bytes on Linux and 104 elsewhere, the closing null byte included.
LONGEST_SOCKET_PATH = 107 if sys.platform == "linux" else 103
# Both clients read more than a path out of what they are given (libpq splits hosts at commas, kombu parses a URL),
# so that a socket is only put below a directory whose name needs no quoting anywhere.
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./+-]+")
POSTGRES_SOCKET_NAME = ".s.PGSQL.5432"
VALKEY_SOCKET_NAME = "valkey.sock"


class StrongroomError(Exception):
    """Something the person at the keyboard can mend; the message is the sentence that says how."""


@dataclass(frozen=True)
class DataDir:
    """One system's directory. Two systems with two of these never meet."""

    path: Path

    @classmethod
    def from_environment(cls) -> "DataDir":
        """The directory of STRONGROOM_DATA_DIR, `var` when unset; relative names count from the checkout."""
        return cls.at(os.environ.get("STRONGROOM_DATA_DIR") or "var")

    @property
    def scratch(self) -> "DataDir":
        """For test runs, beside the real one: they never meet."""
        return DataDir(self.path / "test")

    @classmethod
    def at(cls, path: str | os.PathLike[str]) -> "DataDir":
        return cls((CHECKOUT / Path(path).expanduser()).resolve())

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def cluster(self) -> Path:
        return self.postgres / "cluster"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def beat(self) -> Path:
        return self.path / "beat"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def postgres_socket_dir(self) -> Path:
        return self._socket_dir(self.postgres, POSTGRES_SOCKET_NAME)

    @property
    def valkey_socket(self) -> Path:
        return self._socket_dir(self.valkey, VALKEY_SOCKET_NAME) / VALKEY_SOCKET_NAME

    @property
    def database_url(self) -> str:
        """For tools that want a URL; settings use the parts, which need no quoting."""
        return f"postgresql://strongroom@/strongroom?host={self.postgres_socket_dir}"

    @property
    def broker_url(self) -> str:
        return f"redis+socket://{self.valkey_socket}"

    def _socket_dir(self, home: Path, name: str) -> Path:
        wanted = str(home / name)
        if len(os.fsencode(wanted)) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(wanted):
            return home
        # Not TMPDIR: `manage.py` in another shell, with another TMPDIR, must find the same socket.
        short = Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())  # noqa: S108 - see make_private_dir
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return short / f"strongroom-{home.name}-{digest}"

    def leave_socket_dir(self, directory: Path) -> None:
        """Removes a socket's directory if it stands outside ours: nothing of ours stays elsewhere."""
        if self.path not in directory.parents:
            with suppress(OSError):  # a server that was killed has left its socket there, for the next to remove
                directory.rmdir()

    def claim(self) -> None:
        """Makes the directory, 0700. Raises StrongroomError for one that holds other people's things."""
        with suppress(FileNotFoundError, NotADirectoryError):
            names = {entry.name for entry in os.scandir(self.path)}
            marks = [self.path / name for name in ("lock", "secret_key") if name in names]
            # Its mode and, for root, its owner are about to change: a slip (STRONGROOM_DATA_DIR=/tmp) must not pass.
            if names - {"test", "bench"} and not any(stat.S_ISREG(mark.lstat().st_mode) for mark in marks):
                raise StrongroomError(
                    f"{self.path} is not empty and is no data directory of Strongroom's. Name an empty or a new one "
                    "with STRONGROOM_DATA_DIR."
                )
        make_private_dir(self.path, any_owner=True)

    def secret_key(self) -> str:
        """The generated key of this data directory, made on first use.

        Raises StrongroomError when the file could have been planted or read by someone else.
        """
        self.claim()
        target = self.path / "secret_key"
        with suppress(FileNotFoundError):
            return _read_own_secret(target)
        # Written aside and linked into place: of two processes that start at once both get the one that came first.
        draft = self.path / f"secret_key.{secrets.token_hex(8)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        with suppress(FileExistsError):  # the other process was first; its key is read below
            os.link(draft, target)
        draft.unlink()
        return _read_own_secret(target)


def _read_own_secret(path: Path) -> str:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW)) as file:
        facts = os.fstat(file.fileno())
        if facts.st_uid != os.geteuid() or stat.S_IMODE(facts.st_mode) & 0o077:
            raise StrongroomError(
                f"{path} does not belong to the user running Strongroom, or others may read it: it is no "
                "secret. Run Strongroom as the user who owns it, or delete it to have a new one made (sessions end)."
            )
        return file.read().strip()


def make_private_dir(path: Path, *, owner: int | None = None, any_owner: bool = False) -> None:
    """Makes `path` a directory of mode 0700 that belongs to `owner` (a uid; by default us).

    A directory that is already there must be a real one, and ours: in a directory that others can write to (the
    temporary one) somebody may have put a symlink in its place. With `any_owner`, root takes it as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):  # judged below, like one that we made
        path.mkdir(mode=0o700)
    facts = path.lstat()
    wanted = os.geteuid() if owner is None else owner
    if not stat.S_ISDIR(facts.st_mode):
        raise StrongroomError(f"{path} should be a directory and is something else. Move it away and start again.")
    if not (any_owner and os.geteuid() == 0):
        if facts.st_uid not in {wanted, os.geteuid()}:
            raise StrongroomError(
                f"{path} belongs to another user (uid {facts.st_uid}). Start Strongroom as that user, or choose "
                "another directory with STRONGROOM_DATA_DIR."
            )
        if facts.st_uid != wanted:
            os.chown(path, wanted, -1, follow_symlinks=False)
    if stat.S_IMODE(facts.st_mode) != 0o700:
        path.chmod(0o700)
