"""A running system: what answers, and what it keeps to itself. Slow, so shared: each test leaves it as it was."""

import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import psutil
import pytest

from config.data_dir import CHECKOUT
from tests.config.system import System, free_port, until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("running")]


@pytest.mark.parametrize("path", ["/healthz", "/healthz/", "/readyz", "/readyz/"])
def test_a_probe_is_answered_with_and_without_a_slash(system: System, path: str):
    assert system.ask(path)[0] == 200
    assert system.ask(path, "HEAD") == (200, "")
    assert system.ask(path, "POST")[0] == 405


def test_a_probe_may_come_by_any_host_name(system: System):
    assert system.ask("/readyz", headers={"Host": "10.1.2.3:9999"})[0] == 200


def test_the_log_in_page_answers_with_its_styles(system: System):
    status, page = system.ask("/admin/login/")
    assert status == 200
    sheet = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert sheet is not None
    assert system.ask(sheet[1])[0] == 200


def test_the_administrator_is_shown_once_and_can_log_in(system: System):
    shown = re.findall(r"User name: (\S+)  Password: (\S+)", system.said())
    assert len(shown) == 1
    user, password = shown[0]
    with httpx.Client(base_url=f"http://127.0.0.1:{system.port}") as browser:
        browser.get("/admin/login/")
        form = {"username": user, "password": password, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert browser.post("/admin/login/", data=form).status_code == 302
        assert browser.get("/admin/").status_code == 200


def test_commands_work_on_the_same_data_while_the_system_runs(system: System):
    done = system.manage("migrate", "--check")
    assert done.returncode == 0, done.stderr


def test_only_the_web_port_listens(system: System):
    listening = set()
    for process in [psutil.Process(system.supervisor.pid), *system.family()]:
        with suppress(psutil.NoSuchProcess):  # what has ended meanwhile listens nowhere
            listening |= {c.laddr[:2] for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", system.port)}


def test_what_is_kept_is_closed_to_others(system: System):
    data_dir = system.data_dir
    directories = [data_dir.path, data_dir.postgres, data_dir.cluster, data_dir.valkey, data_dir.logs, data_dir.beat]
    assert {stat.S_IMODE(directory.stat().st_mode) for directory in directories} == {0o700}
    assert stat.S_IMODE((data_dir.path / "secret_key").stat().st_mode) == 0o600


def test_the_application_is_no_superuser_of_its_database(system: System):
    assert system.sql("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user") == [(False, True)]


def test_no_log_shows_a_query_string(system: System):
    for path in ("/admin/login/?key=letmein1", "/no/such/page?key=letmein2", "/readyz?key=letmein3"):
        system.ask(path)
    until(lambda: "path=/no/such/page" in system.complained(), "the request log")
    everything = system.complained() + "".join(log.read_text() for log in system.data_dir.logs.iterdir())
    assert "letmein" not in everything


def test_a_second_start_on_the_same_data_is_refused_with_a_sentence(system: System):
    other = System(system.data_dir.path, {"PORT": str(free_port())})
    done = refused(other)
    assert "in use by another running Strongroom" in done
    assert system.ready_now()


def test_a_taken_port_is_refused_with_a_sentence_and_nothing_stays(system: System):
    other = System(system.data_dir.path.parent / "other", {"PORT": str(system.port)})
    assert f"Port {system.port} " in refused(other)
    assert other.left() == []
    assert system.ready_now()


def refused(other: System) -> str:
    command = [sys.executable, "-m", "config.supervisor"]
    done = subprocess.run(
        command, check=False, cwd=CHECKOUT, env=other.environment, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def test_an_unapplied_migration_makes_it_unready(system: System):
    system.sql("UPDATE django_migrations SET app = 'away' WHERE app = 'sessions'")
    try:
        status, body = system.ask("/readyz")
    finally:
        system.sql("UPDATE django_migrations SET app = 'sessions' WHERE app = 'away'")
    assert (status, '"missing": ["migrations"]' in body) == (503, True)


@pytest.mark.parametrize(("words", "missing"), [(("postgres", "-D"), "database"), (("valkey-server",), "broker")])
def test_a_server_that_hangs_makes_it_unready_within_seconds(system: System, words: tuple[str, ...], missing: str):
    with frozen(system.member(*words)):
        started = time.monotonic()
        status, body = system.ask("/readyz")
        taken = time.monotonic() - started
        assert status == 503
        assert missing in body.partition('"missing"')[2]
        assert taken < 8
        assert system.ask("/healthz")[0] == 200
    until(system.ready_now, "ready again")


def test_a_push_to_a_database_that_hangs_is_answered_503_within_seconds(system: System):
    path = "/api/loomis/transactions/nobody"
    for _ in range(3):  # connections that are kept, and will be found silent
        assert system.ask(path, "POST")[0] == 401
    with frozen(system.member("postgres", "-D")):
        started = time.monotonic()
        status, _ = system.ask(path, "POST")
        assert status == 503
        assert time.monotonic() - started < 15
    until(lambda: system.ask(path, "POST")[0] == 401, "the database again")
    until(system.ready_now, "ready again")


@contextmanager
def frozen(process: psutil.Process) -> Iterator[None]:
    stopped = [process, *process.children(recursive=True)]
    for each in stopped:
        each.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for each in stopped:
            with suppress(psutil.NoSuchProcess):  # a backend whose client had left ends as soon as it wakes
                each.send_signal(signal.SIGCONT)


def test_a_body_is_asked_for_and_read_in_pieces(system: System):
    """Expect: 100-continue and chunks, kept alive: what Loomis's client does, on the server as configured."""
    with socket.create_connection(("127.0.0.1", system.port), timeout=10) as connection:
        host = f"Host: 127.0.0.1:{system.port}\r\n".encode()
        head = b"POST /api/loomis/transactions/nobody HTTP/1.1\r\n" + host + b"Connection: Keep-Alive\r\n"
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 401")
