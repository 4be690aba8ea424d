"""As whom PostgreSQL runs. It refuses root, so root must give up its rights for it, and no more than that.

The account is one that exists; no user is made and no directory above ours is opened up. Where a directory above is
closed to the account (a checkout below root's home), the server keeps one capability, that of reading past the
permissions of directories and files, and nothing else; its superuser, who could have it read them, is root alone.
"""

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from config.data_dir import DataDir, StrongroomError, make_private_dir

# In words: become the account for good, with no right of root's left over.
READ_PAST_DIRECTORIES = (
    "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=-all,+dac_read_search",
    "--bounding-set=-all,+dac_read_search",
    # access(2), which PostgreSQL asks about its own binary, otherwise ignores the capability for whoever is not root.
    "--securebits=+no_setuid_fixup",
)


class Switch(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """How to start a process that PostgreSQL accepts: words before the command, and subprocess's own arguments."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    switch: bool = False

    def popen_arguments(self) -> Switch:
        """subprocess's way of giving up rights, used where `setpriv` is missing."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}


def own_account() -> Account:
    return Account(os.geteuid(), os.getegid())


def postgres_account(data_dir: DataDir, binary: Path) -> Account:
    """The account for PostgreSQL: ourselves, unless we are root.

    Raises StrongroomError naming the directory in the way when no account can reach `binary` and the data directory.
    """
    if os.geteuid() != 0:
        return own_account()
    uid, gid = _choose(data_dir)
    # It stays closed to everybody else, which is why the account must own it. What root keeps in there (the secret key)
    # is checked for its owner when it is read.
    make_private_dir(data_dir.path, owner=uid)
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    if setpriv is None:
        candidates = [Account(uid, gid, switch=True)]
    else:
        become = (setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups")
        candidates = [
            Account(uid, gid, (*become, "--bounding-set=-all", "--inh-caps=-all")),
            Account(uid, gid, (*become, *READ_PAST_DIRECTORIES)),
        ]
    for account in candidates:
        if _can_work(account, data_dir, binary):
            return account
    closed = _closed_directory(Account(uid, gid, switch=True), [binary, data_dir.path])
    raise StrongroomError(
        f"PostgreSQL refuses to run as root, and {_name(uid)}, the account it would run as, may not enter "
        f"{closed}. Do one of these: start Strongroom as an ordinary user; move the checkout to a directory "
        "that others may enter; point STRONGROOM_DATA_DIR to such a directory; or set DATABASE_URL to "
        "a PostgreSQL of your own."
    )


def _choose(data_dir: DataDir) -> tuple[int, int]:
    for place in (data_dir.cluster, data_dir.postgres, data_dir.path):
        try:
            facts = place.lstat()
        except FileNotFoundError:
            continue
        if facts.st_uid != 0:
            return facts.st_uid, facts.st_gid
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise StrongroomError(
            "PostgreSQL refuses to run as root and this machine has no account `nobody` to run it as. Start "
            "Strongroom as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own."
        ) from None
    return nobody.pw_uid, nobody.pw_gid


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _can_work(account: Account, data_dir: DataDir, binary: Path) -> bool:
    """Tries, as the account: enter and write the data directory, run the binary, let it find itself."""
    script = 'cd -- "$1" && test -w . && test -x "$2" && exec "$2" --version'
    return _try(account, ["/bin/sh", "-c", script, "sh", str(data_dir.path), str(binary)])


def _closed_directory(account: Account, targets: list[Path]) -> Path:
    for target in targets:
        for directory in [*reversed(target.parents), target]:
            if not _try(account, ["/bin/sh", "-c", 'test -x "$1"', "sh", str(directory)]):
                return directory
    return targets[-1]


def _try(account: Account, command: list[str]) -> bool:
    done = subprocess.run(
        [*account.prefix, *command],
        check=False,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **account.popen_arguments(),
    )
    return done.returncode == 0
