"""The processes that make up a running system, and how each is started, watched and ended."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from config import processes
from config.data_dir import CHECKOUT, DataDir, StrongroomError, make_private_dir
from config.ending import unbroken

STOP_PATIENCE = 20.0  # seconds for requests and tasks under way
QUEUES = "record,feeds,dispatch,derive,celery"
# What goes to Loomis has a worker of its own: a far end that is silent holds up nothing else, a long file no dispatch.
DISPATCH = "dispatch"

DEATHS_TOLERATED = 5
WITHIN_SECONDS = 60.0
LONGEST_BACKOFF = 8.0


class Watched(Protocol):
    """Anything of ours that runs: our services and the embedded servers alike."""

    name: str
    process: subprocess.Popen[bytes] | None

    def start(self) -> None: ...


class Service:
    """One process of ours, in a session of its own: Ctrl-C in the terminal reaches the supervisor, which decides."""

    def __init__(self, name: str, command: list[str], data_dir: DataDir) -> None:
        self.name = name
        self.command = command
        self.data_dir = data_dir
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.kill_group()
        with unbroken():
            self.process = subprocess.Popen(
                [*processes.die_with_parent(signal.SIGTERM), *self.command],
                cwd=CHECKOUT,
                env=processes.marked_environment(self.data_dir),
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno(),  # stdout is for what the person at the keyboard waits for
                start_new_session=True,
            )

    def ask_to_end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill_group(self) -> None:
        """Ends what a dead process left of its own children; a server's orphan would go on holding the port."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def services(data_dir: DataDir, host: str, port: int) -> list[Service]:
    """Web, workers and beat. Numbers come from the environment; see .env.example."""
    make_private_dir(data_dir.beat)
    others = ",".join(queue for queue in QUEUES.split(",") if queue != DISPATCH)
    # No pid file: our lock already says who runs, and is never stale.
    beat = ["beat", "--schedule", str(data_dir.beat / "schedule"), "--pidfile=", "--loglevel", "INFO"]
    return [
        Service("web", web_command(host, port), data_dir),
        Service("worker", worker_command(others, f"strongroom-{port}@%h"), data_dir),
        Service("sender", worker_command(DISPATCH, f"strongroom-sender-{port}@%h"), data_dir),
        Service("beat", [*_CELERY, *beat], data_dir),
    ]


_CELERY = [sys.executable, "-m", "celery", "--quiet", "-A", "config"]


def worker_command(queues: str, name: str) -> list[str]:
    """A worker of some queues; the one that sends waits for others nearly all of its time, so threads will do."""
    sends_alone = queues == DISPATCH
    pool = ["--pool", "threads"] if sends_alone else []
    concurrency = 1 if sends_alone else _number("WORKER_CONCURRENCY", 2)
    words = ["worker", "--queues", queues, *pool, "--concurrency", str(concurrency), "--hostname", name]
    return [*_CELERY, *words, "--loglevel", "INFO", "--without-gossip", "--without-mingle"]


def demonstration(data_dir: DataDir, url: str) -> Service:
    """The simulated Loomis of `make demo`."""
    return Service("demo", [sys.executable, "manage.py", "demo", "--url", url], data_dir)


def web_command(host: str, port: int) -> list[str]:
    options = {
        "--interface": "wsgi",
        "--http": "1",
        "--host": host,
        "--port": str(port),
        "--workers": str(_number("WEB_WORKERS", 2)),
        "--blocking-threads": str(_number("WEB_THREADS", 8)),
        # A thread keeps its database connection; short-lived ones would open one for every burst.
        "--blocking-threads-idle-timeout": "600",
        "--workers-kill-timeout": "5",
        "--respawn-interval": "0.5",
        "--log-level": "error",
    }
    words = [sys.executable, "-m", "granian"]
    for name, value in options.items():
        words += [name, value]
    # Its access log would show query strings, and keys travel there.
    return [*words, "--respawn-failed-workers", "--no-ws", "--no-access-log", "config.wsgi:application"]


def _number(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isdigit() or int(value) < 1:
        raise StrongroomError(f"{name} should be a whole number from 1 and is {value!r}. Correct it and start again.")
    return int(value)


def end_all(members: list[Service], hurry: Callable[[], bool]) -> None:
    """Asks all at once, waits for what is under way, then kills; at once when `hurry` says so."""
    for member in members:
        member.ask_to_end()
    deadline = time.monotonic() + STOP_PATIENCE
    while any(member.process and member.process.poll() is None for member in members):
        if hurry() or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    for member in members:
        member.kill_group()


class Watch:
    """Starts again what died alone, a little later each time, and gives up on what keeps dying."""

    def __init__(self, members: list[Watched], say: Callable[[str], None]) -> None:
        self.members = members
        self.say = say
        self.deaths: dict[str, deque[float]] = {member.name: deque() for member in members}
        self.due: dict[str, float] = {}

    def look(self) -> None:
        """Raises StrongroomError when a member died too often."""
        now = time.monotonic()
        for member in self.members:
            if member.name in self.due:
                if now >= self.due[member.name]:
                    del self.due[member.name]
                    member.start()
            elif member.process is not None and member.process.poll() is not None:
                self._note_death(member, member.process.returncode, now)

    def _note_death(self, member: Watched, code: int, now: float) -> None:
        deaths = self.deaths[member.name]
        deaths.append(now)
        while deaths[0] < now - WITHIN_SECONDS:
            deaths.popleft()
        if len(deaths) >= DEATHS_TOLERATED:
            raise StrongroomError(
                f"{member.name} died {len(deaths)} times within a minute, last with {_how(code)}. Its own words are "
                "above or in the data directory's logs; the whole system ends."
            )
        delay = min(0.5 * 2 ** (len(deaths) - 1), LONGEST_BACKOFF)
        self.due[member.name] = now + delay
        self.say(f"{member.name} ended by itself ({_how(code)}); it is started again in {delay:g} s")


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
