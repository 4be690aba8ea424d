"""`make run`: the whole system from one foreground process.

    python -m config.supervisor [--demo]

Starts what is needed, watches it, and ends every process it started, however it is asked to end. Killed hard, it
leaves nothing that the next start would trip over (config.embedded.hold, config.postgres).
"""

import argparse
import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import environ

from config import processes
from config.data_dir import CHECKOUT, DataDir, StrongroomError
from config.embedded import hold, servers
from config.ending import when_asked_to_end
from config.services import Service, Watch, demonstration, end_all, services

READY_PATIENCE = 180.0  # seconds from the first process to the ready line


class StopAsked(BaseException):
    """Raised by the first signal wherever the supervisor is, so that everything unwinds from there."""


class Signals:
    """The first signal to end unwinds; later ones hurry. A child's death only wakes the loop."""

    def __init__(self) -> None:
        self.count = 0
        reader, writer = socket.socketpair()
        for end in (reader, writer):
            end.setblocking(False)
        self.reader, self.writer = reader, writer
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        when_asked_to_end(self._asked)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def _asked(self, number: int) -> None:
        self.count += 1
        if self.count == 1:
            raise StopAsked

    def hurry(self) -> bool:
        return self.count > 1

    def wait(self, seconds: float) -> None:
        """Until something happens, at most `seconds`."""
        if select.select([self.reader], [], [], seconds)[0]:
            self.reader.recv(4096)


def say(sentence: str) -> None:
    print(f"strongroom: {sentence}", file=sys.stderr, flush=True)


def run(signals: Signals, *, demo: bool) -> None:
    """Returns never: ends by StopAsked, or by StrongroomError when the system cannot go on."""
    data_dir = DataDir.from_environment()
    host = os.environ.get("HOST") or "127.0.0.1"
    port = _port()
    with ExitStack() as stack:
        stack.enter_context(hold(data_dir))
        _check_port(host, port)
        embedded = stack.enter_context(servers(data_dir))
        _manage(data_dir, "prepare_system")
        members = services(data_dir, host, port)
        stack.enter_context(_running(members, signals))
        if demo:
            members.append(demonstration(data_dir, _url(port)))  # ended with the others; begins when they are ready
        watch = Watch([*embedded, *members], say)
        _wait_until_ready(signals, watch, host, port)
        print(f"Strongroom is ready at {_url(port)}", flush=True)
        if demo:
            members[-1].start()
            print(
                f"It fills with life from now on. Log in at {_url(port)}admin/ as admin, with the password that was "
                "shown the first time.",
                flush=True,
            )
        while True:
            signals.wait(1.0)
            watch.look()


@contextmanager
def _running(members: list[Service], signals: Signals) -> Iterator[None]:
    try:
        for member in members:
            member.start()
        yield
    finally:
        end_all(members, signals.hurry)


def _manage(data_dir: DataDir, *words: str) -> None:
    command = [sys.executable, "manage.py", *words]
    environment = processes.marked_environment(data_dir)
    whole = [*processes.die_with_parent(signal.SIGTERM), *command]
    code = processes.run_to_its_end(
        lambda: subprocess.Popen(whole, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL)
    )
    if code != 0:
        raise StrongroomError(f"`manage.py {words[0]}` failed; what it said is above. Nothing is left running.")


def _wait_until_ready(signals: Signals, watch: Watch, host: str, port: int) -> None:
    deadline = time.monotonic() + READY_PATIENCE
    while True:
        watch.look()
        status, said = _ask_ready(host, port)
        if status == 200:
            return
        if time.monotonic() > deadline:
            raise StrongroomError(f"The system did not become ready within {READY_PATIENCE:g} s; /readyz says: {said}")
        signals.wait(0.1)


def _ask_ready(host: str, port: int) -> tuple[int, str]:
    # A server that listens everywhere is asked here.
    near = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    with closing(http.client.HTTPConnection(near, port, timeout=10)) as connection:
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)


def _port() -> int:
    value = os.environ.get("PORT") or "8000"
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise StrongroomError(f"PORT should be a number from 1 to 65535 and is {value!r}. Correct it and start again.")
    return int(value)


def _check_port(host: str, port: int) -> None:
    """The web server shares a port with whoever allows it, so it would not notice that it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As a server would: connections of a predecessor that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StrongroomError(
                f"Port {port} on {host} cannot be used ({os.strerror(error.errno or 0).lower()}). Stop what uses it, "
                "or choose another: make run PORT=8001"
            ) from error


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}/"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m config.supervisor", description=__doc__)
    parser.add_argument("--demo", action="store_true", help="with a simulated Loomis that pushes")
    chosen = parser.parse_args()
    environ.Env.read_env(CHECKOUT / ".env")
    signals = Signals()
    try:
        run(signals, demo=chosen.demo)
    except StopAsked:
        say("ended")
        return 0
    except StrongroomError as error:
        say(str(error))
        return 1
    return 1


if __name__ == "__main__":
    sys.exit(main())
