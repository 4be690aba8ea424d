"""A running Strongroom as a test sees it: a process, a port, a data directory, and nothing else."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import psycopg

from config import processes
from config.data_dir import CHECKOUT, DataDir

PATIENCE = 120.0  # seconds; a loaded machine may be slow, a hang must still end


def clean_environment(**more: str) -> dict[str, str]:
    """Ours, without what points to the servers this test run uses itself."""
    named = ("DATABASE_URL", "REDIS_URL", "HOST", "PORT", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "WEB_WORKERS")
    kept = {name: value for name, value in os.environ.items() if name not in named}
    return {name: value for name, value in kept.items() if not name.startswith(("STRONGROOM_", "PYTEST_"))} | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(look: Callable[[], object], what: str | Callable[[], str], patience: float = PATIENCE) -> None:
    """Returns when `look` is true; ``what`` was waited for, which may be asked only when it did not come."""
    deadline = time.monotonic() + patience
    while not look():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:g} s in vain: {what if isinstance(what, str) else what()}")
        time.sleep(0.05)


class System:
    module = "config.supervisor"

    def __init__(self, path: Path, environment: dict[str, str] | None = None, *words: str) -> None:
        self.words = words
        self.data_dir = DataDir(path.resolve())
        self.port = int((environment or {}).get("PORT") or free_port())
        self.environment = clean_environment(
            **{"STRONGROOM_DATA_DIR": str(path), "PORT": str(self.port), "WEB_WORKERS": "1", "WORKER_CONCURRENCY": "1"}
            | (environment or {})
        )
        self.out = path.parent / f"{path.name}.out"
        self.err = path.parent / f"{path.name}.err"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.out.open("ab") as out, self.err.open("ab") as err:
            self.out.write_bytes(b"")
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module, *self.words],
                cwd=CHECKOUT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def wait_until_ready(self) -> None:
        line = f"Strongroom is ready at http://127.0.0.1:{self.port}/\n"
        until(lambda: self.supervisor.poll() is not None or line in self.said(), "the ready line")
        assert self.supervisor.poll() is None, self.complained()

    @property
    def supervisor(self) -> subprocess.Popen[bytes]:
        assert self.process is not None
        return self.process

    def said(self) -> str:
        return self.out.read_text()

    def complained(self) -> str:
        return self.err.read_text()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Asks the supervisor alone; its exit code."""
        self.supervisor.send_signal(number)
        return self.supervisor.wait(PATIENCE)

    def family(self) -> list[psutil.Process]:
        """Every process below the supervisor."""
        return psutil.Process(self.supervisor.pid).children(recursive=True)

    def member(self, *words: str) -> psutil.Process:
        """The one direct child of the supervisor whose command line has all the words."""
        children = psutil.Process(self.supervisor.pid).children()
        (found,) = [child for child in children if all(word in " ".join(child.cmdline()) for word in words)]
        return found

    def left(self) -> list[psutil.Process]:
        """Living processes that carry this system's mark, or serve its cluster."""
        cluster = self.data_dir.cluster
        return [
            *processes.leftovers(self.data_dir),
            *processes.postmasters(cluster),
            *processes.orphaned_backends(cluster),
        ]

    def destroy(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        processes.end(self.left(), signal.SIGKILL, 10)

    def ask(self, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> tuple[int, str]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def ready_now(self) -> bool:
        try:
            return self.ask("/readyz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        host = str(self.data_dir.postgres_socket_dir)
        with psycopg.connect(host=host, user="strongroom", dbname="strongroom") as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, check=False, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True)
