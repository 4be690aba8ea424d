"""Finding and ending processes: those we started, and those a killed predecessor left behind."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from config.data_dir import DataDir
from config.ending import unbroken

# Every process of a system carries its data directory under this name; children inherit it, whatever they do to
# their command line or their parent.
MARK = "STRONGROOM_SUPERVISED"


def marked_environment(data_dir: DataDir) -> dict[str, str]:
    return {**os.environ, MARK: str(data_dir.path), "STRONGROOM_DATA_DIR": str(data_dir.path)}


def die_with_parent(number: signal.Signals) -> list[str]:
    """Words before a command that have Linux send it a signal when the process that started it is gone.

    It is a courtesy: where it is missing, the next start finds what was left by its mark.
    """
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, f"--pdeathsig={number.name.removeprefix('SIG')}"] if setpriv else []


def leftovers(data_dir: DataDir) -> list[psutil.Process]:
    """Processes of this data directory other than ourselves and those that started us."""
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [process for process in _all() if process.pid not in ours and _mark_of(process) == str(data_dir.path)]


def postmasters(cluster: Path) -> list[psutil.Process]:
    """PostgreSQL servers on this cluster, by the command line, which may be read across accounts."""
    return [process for process in _all() if _is_postmaster(process, cluster)]


def orphaned_backends(cluster: Path) -> list[psutil.Process]:
    """What is left of a server whose postmaster was killed: its processes stand in the cluster's directory."""
    found = []
    for process in _all():
        with suppress(psutil.Error):
            if process.name() == "postgres" and process.cwd() == str(cluster):
                found.append(process)
    return found


def end(processes: Iterable[psutil.Process], first: signal.Signals, grace: float) -> None:
    """Asks with `first`, waits up to `grace` seconds, then kills. Returns when all are gone."""
    remaining = list(processes)
    for number, patience in ((first, grace), (signal.SIGKILL, 10.0)):
        for process in remaining:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        _, remaining = psutil.wait_procs(remaining, timeout=patience)
        if not remaining:
            return


def end_child(child: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> None:
    """Signals a child of ours in steps, each with its seconds of patience, until it is gone."""
    for number, patience in steps:
        if child.poll() is not None:
            return
        child.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(patience)


def run_to_its_end(start: Callable[[], subprocess.Popen[bytes]]) -> int:
    """The exit code of the child that `start` makes; a child that does not outlive this call, however it is left."""
    child: subprocess.Popen[bytes] | None = None
    try:
        with unbroken():
            child = start()
        return child.wait()
    finally:
        if child is not None:
            end_child(child, (signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0))


def _all() -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                yield process


def _mark_of(process: psutil.Process) -> str | None:
    with suppress(psutil.Error, OSError):
        return process.environ().get(MARK)
    return None


def _is_postmaster(process: psutil.Process, cluster: Path) -> bool:
    with suppress(psutil.Error):
        words = process.cmdline()
        return len(words) > 2 and Path(words[0]).name == "postgres" and words[1:3] == ["-D", str(cluster)]
    return False
