"""A process of a system whose servers are elsewhere, and the proxy in front of it: nothing of ours on disk, no key in a
log, no figures outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.client import HTTPException
from pathlib import Path

import pytest

from config.data_dir import CHECKOUT
from config.settings import base
from tests.config.system import clean_environment, free_port, until
from tests.transactions.server import Answer, ask

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("docker")]
HTTPS = {"X-Forwarded-Proto": "https"}


def elsewhere(nowhere: Path, **more: str) -> dict[str, str]:
    """As in a container: servers by address, production settings, and a data directory that cannot be made."""
    database = base.DATABASES["default"]
    host, name = str(database["HOST"]), database["NAME"]
    url = os.environ.get("DATABASE_URL") or f"postgres://{database['USER']}@/{host}/{name}"
    return clean_environment(
        DATABASE_URL=url,
        REDIS_URL=base.CELERY_BROKER_URL,
        DJANGO_SETTINGS_MODULE="config.settings.production",
        SECRET_KEY="0123456789" * 5,
        ALLOWED_HOSTS="127.0.0.1",
        SECURE_PROXY_SSL_HEADER="X-Forwarded-Proto",
        STATIC_ROOT=str(nowhere.parents[1] / "static"),
        STRONGROOM_DATA_DIR=str(nowhere),
        TMPDIR=str(nowhere.parents[1]),
        **more,
    )


class Running:
    def __init__(self, words: list[str], environment: dict[str, str], written: Path) -> None:
        self.written = written
        with written.open("wb") as file:
            self.process = subprocess.Popen(
                words, cwd=CHECKOUT, env=environment, stdout=file, stderr=file, start_new_session=True
            )

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)

    def said(self) -> str:
        return self.written.read_text(errors="replace")


def answers(port: int, path: str) -> bool:
    try:
        return ask(port, "GET", path, None, None).status < 500
    except (OSError, HTTPException):
        return False


def is_alive(what: str, environment: dict[str, str]) -> bool:
    words = [sys.executable, "-m", "config.serve", "alive", what]
    return subprocess.run(words, check=False, env=environment, cwd=CHECKOUT).returncode == 0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("container")


@pytest.fixture(scope="module")
def web(place: Path) -> Iterator[int]:
    port = free_port()
    environment = elsewhere(place / "no" / "data", PORT=str(port), HOST="127.0.0.1", WEB_WORKERS="1")
    server = Running([sys.executable, "-m", "config.serve", "web"], environment, place / "web.txt")
    try:
        until(lambda: server.process.poll() is not None or answers(port, "/healthz"), "the web server")
        yield port
    finally:
        server.stop()


@pytest.fixture(scope="module")
def proxy(place: Path, web: int) -> Iterator[tuple[int, Path]]:
    """The proxy with its own file, without TLS: its port, and what it wrote."""
    port = free_port()
    environment = os.environ | {"SITE_ADDRESS": f":{port}", "UPSTREAM": f"127.0.0.1:{web}", "HOME": str(place)}
    caddy = str(Path(sys.executable).with_name("caddy"))
    words = [caddy, "run", "--config", str(CHECKOUT / "docker" / "Caddyfile"), "--adapter", "caddyfile"]
    server = Running(words, environment, place / "proxy.txt")
    try:
        until(lambda: server.process.poll() is not None or answers(port, "/healthz"), "the proxy")
        yield port, server.written
    finally:
        server.stop()


def push(port: int, body: bytes = b"{}", headers: dict[str, str] | None = None, query: str = "") -> Answer:
    return ask(port, "POST", f"/api/loomis/transactions/nobody{query}", body, headers)


def test_web_needs_no_directory_of_ours(web: int, place: Path):
    assert ask(web, "GET", "/healthz", None, None).status == 200
    assert not (place / "no").exists()


def test_worker_and_beat_need_no_directory_of_ours_and_are_heard_of(place: Path):
    environment = elsewhere(place / "no" / "data", WORKER_CONCURRENCY="1")
    words = [sys.executable, "-m", "config.serve"]
    assert not is_alive("beat", environment)
    running = [
        Running([*words, "worker", "--queues", "feeds"], environment, place / "worker.txt"),
        Running([*words, "beat"], environment, place / "beat.txt"),
    ]
    try:
        for what in ("worker", "beat"):
            until(partial(is_alive, what, environment), what)
        assert not (place / "no").exists()
    finally:
        for process in running:
            process.stop()


if sys.platform == "linux":  # where its binary comes with the environment

    def test_the_proxy_passes_pushes_on_as_having_come_by_its_own_scheme(proxy: tuple[int, Path]):
        # Plain HTTP here, so that Strongroom redirects: what a client claims of the scheme is not passed on.
        assert push(proxy[0], headers=HTTPS).status == 301

    def test_the_proxy_keeps_figures_inside(proxy: tuple[int, Path]):
        for path in ("/metrics", "/metrics/", "/%6detrics", "//metrics", "/./metrics", "/METRICS", "/metrics?a=b"):
            answer = ask(proxy[0], "GET", path, None, None)
            assert answer.status in (301, 404)
            assert b"strongroom_" not in answer.body

    def test_the_proxy_writes_no_key_down(proxy: tuple[int, Path]):
        port, written = proxy
        push(port, headers={"Authorization": "letmein1", "X-Own-Key": "letmein2"}, query="?key=letmein3")
        until(lambda: "/api/loomis/transactions/nobody" in written.read_text(), "the access log")
        assert "letmein" not in written.read_text()
