"""PostgreSQL and Valkey from their wheels, under one data directory.

    python -m config.embedded exec [--scratch] [--data-dir D] -- COMMAND…

runs COMMAND with both servers up, and takes down afterwards what it started. DATABASE_URL and REDIS_URL name servers
of your own; a server that is given is not started.
"""

import argparse
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import environ

from config import processes
from config.data_dir import CHECKOUT, DataDir, StrongroomError
from config.ending import unbroken, when_asked_to_end
from config.postgres import Postgres
from config.valkey import Valkey


class InUseError(StrongroomError):
    """Another live system holds the data directory."""


@contextmanager
def hold(data_dir: DataDir) -> Iterator[None]:
    """Keeps every other start out of the data directory, and clears what a killed predecessor left running.

    The lock is the kernel's and goes with the process, however it ends: it is never stale.
    """
    data_dir.claim()
    descriptor = os.open(data_dir.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read().strip()
            raise InUseError(
                f"The data directory {data_dir.path} is in use by another running Strongroom"
                f"{f' (process {holder})' if holder else ''}. Stop that one first, or choose another directory with "
                "STRONGROOM_DATA_DIR."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        _end_leftovers(data_dir)
        try:
            yield
        finally:
            _end_leftovers(data_dir)  # a grandchild that slipped its parent


def _end_leftovers(data_dir: DataDir) -> None:
    # PostgreSQL looks after its own: its server must be asked in another way (see postgres.py).
    others = [process for process in processes.leftovers(data_dir) if process.name() != "postgres"]
    processes.end(others, signal.SIGTERM, grace=10.0)


@contextmanager
def servers(data_dir: DataDir, *, durable: bool = True) -> Iterator[list[Postgres | Valkey]]:
    """The servers that nobody else provides, up for the life of the block. The caller holds the data directory."""
    needed: list[Postgres | Valkey] = []
    if not os.environ.get("DATABASE_URL"):
        needed.append(Postgres(data_dir, durable=durable))
    if not os.environ.get("REDIS_URL"):
        needed.append(Valkey(data_dir))
    with ExitStack() as stack:
        for server in needed:
            stack.callback(server.stop)
            server.start()
        yield needed


def run_with_servers(data_dir: DataDir, command: list[str], *, durable: bool, share: bool) -> int:
    """Runs the command with the servers up; its exit code, or 128 and the signal's number, as a shell has it."""
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(data_dir))
        except InUseError:
            if not share:
                raise
        else:
            stack.enter_context(servers(data_dir, durable=durable))
        return _run(data_dir, command)


def _run(data_dir: DataDir, command: list[str]) -> int:
    with unbroken():
        child = subprocess.Popen(
            [*processes.die_with_parent(signal.SIGTERM), *command], env=processes.marked_environment(data_dir)
        )

        def pass_on(number: int) -> None:
            # Ctrl-C reaches the whole foreground group, the command included: it must not get it twice.
            if not (number == signal.SIGINT and _in_foreground()):
                child.send_signal(number)  # which looks first whether it still lives

        when_asked_to_end(pass_on)  # it decides; whatever it decides, the servers are stopped after it
    code = child.wait()
    return code if code >= 0 else 128 - code


def _in_foreground() -> bool:
    with suppress(OSError):
        return os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()
    return False


def _leave(number: int) -> None:
    when_asked_to_end(lambda number: None)  # once is enough: a second time would break off the stopping
    sys.exit(128 + number)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m config.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="verb", required=True)
    verb = commands.add_parser("exec", help="run a command with the servers up")
    verb.add_argument("--data-dir", help="instead of STRONGROOM_DATA_DIR")
    verb.add_argument(
        "--scratch", action="store_true", help="for tests: servers of its own, faster, and careless of power cuts"
    )
    verb.add_argument("command", nargs=argparse.REMAINDER)
    chosen = parser.parse_args(arguments)
    command = chosen.command[1:] if chosen.command[:1] == ["--"] else chosen.command
    if not command:
        parser.error("name a command after --")
    environ.Env.read_env(CHECKOUT / ".env")
    data_dir = DataDir.from_environment()
    if chosen.data_dir:
        data_dir = DataDir.at(chosen.data_dir)
    elif chosen.scratch:
        data_dir = data_dir.scratch
    # An end from outside must unwind, so that servers are stopped even while they are being started.
    when_asked_to_end(_leave)
    try:
        return run_with_servers(data_dir, command, durable=not chosen.scratch, share=not chosen.scratch)
    except StrongroomError as error:
        print(f"strongroom: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
