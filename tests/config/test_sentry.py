"""What leaves for Sentry: nothing without a DSN, and never what a stranger, a customer or a till has sent."""

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from config.data_dir import CHECKOUT
from tests.config.system import clean_environment

FAIL = """
import django; django.setup()
import logging, structlog, sentry_sdk
from unittest.mock import patch
from django.test import Client, override_settings
from django.urls import path

def boom(request, card):
    local = "letmein-local"
    raise ValueError("letmein-text")

from config.urls import urlpatterns as ours

urlpatterns = [path("boom/<str:card>", boom), *ours]
with override_settings(ROOT_URLCONF="__main__"):
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "letmein-cookie"
    client.post("/boom/letmein-path?key=letmein-query", b'{"a": "letmein-body"}', "application/json",
                headers={"Authorization": "letmein-header"}, REMOTE_ADDR="203.0.113.77")
    with patch("loyalty.views.account_of_header", side_effect=KeyError("letmein-text")):
        client.get("/API/card/balance/by/letmein-card")
structlog.get_logger("ours").error("push_not_stored", endpoint="letmein-field")
logging.getLogger("theirs").error("could not read %s", "letmein-argument", extra={"card": "letmein-extra"})
sentry_sdk.flush(20)
"""


class Received(BaseHTTPRequestHandler):
    envelopes: list[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.envelopes.append((gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body).decode())
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Not on the tests' stderr."""


@pytest.fixture
def sentry() -> Iterator[tuple[str, list[str]]]:
    """A DSN, and what was sent there."""

    class Handler(Received):
        envelopes: list[str] = []

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://public@127.0.0.1:{server.server_port}/1", Handler.envelopes
        server.shutdown()
        thread.join()


def fail(**environment: str) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings.test", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", FAIL],
        check=False,
        cwd=CHECKOUT,
        env=clean_environment(**settings, **environment),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_an_error_is_told_by_kind_and_place_and_nothing_else(sentry: tuple[str, list[str]]):
    dsn, envelopes = sentry
    fail(SENTRY_DSN=dsn)
    events = [json.loads(envelope.splitlines()[2]) for envelope in envelopes]
    error, of_a_card = (event for event in events if "exception" in event)
    (told,) = error["exception"]["values"]
    assert (told["type"], told["stacktrace"]["frames"][-1]["function"]) == ("ValueError", "boom")
    assert error["transaction"] == "/boom/{card}"
    assert of_a_card["transaction"] == "/api/card/balance/by/{value}/"
    assert {event["logentry"]["message"] for event in events if "exception" not in event} == {
        "push_not_stored",
        "could not read %s",
    }
    everything = "".join(json.dumps(event) for event in events)
    assert "203.0.113.77" not in everything
    assert "letmein" not in everything


def test_without_a_dsn_nothing_is_sent(sentry: tuple[str, list[str]]):
    fail()
    assert sentry[1] == []
