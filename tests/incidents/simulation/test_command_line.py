"""simulate_loomis as the far end of incidents: in a process of its own, as an operator starts it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError, call_command

from config.data_dir import CHECKOUT
from tests.config.system import until
from tests.incidents.simulation.listening import listening
from tests.incidents.simulation.saying import atm, atm_file

ENVIRONMENT = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}


@contextmanager
def simulating(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "manage.py", "simulate_loomis", *words, "--json"]
    with subprocess.Popen(
        command, cwd=CHECKOUT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_answers_and_says_the_rest_until_it_is_stopped(tmp_path: Path):
    words = [
        "--incidents-port",
        "0",
        "--update-key",
        "key",
        "--incidents-pace",
        "0",
        "--incidents-folder",
        str(tmp_path),
    ]
    with listening() as strongroom, simulating(*words, "--update-url", f"{strongroom.url}/trial") as process:
        assert process.stderr is not None
        url = process.stderr.readline().split()[-1]
        process.stderr.readline()
        assert process.stderr.readline() == "Ctrl-C ends it\n"
        assert url.endswith("/trial")
        assert httpx.post(url, content=atm(), trust_env=False, timeout=30).json()["MessageType"] == "ACK"
        (tmp_path / "to_loomis" / "a.xml").write_bytes(atm_file())
        until(lambda: len(strongroom.heard) == 2, "what comes later")
        until(lambda: len(list((tmp_path / "from_loomis").glob("*.xml"))) == 3, "files")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["incidents"] == {
        "received": 2,
        "updates": {"accept": 1, "close": 1},
        "updates_refused": 0,
        "files": {"ack": 1, "accept": 1, "close": 1},
    }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--incidents-port", "0"], "--update-url and --update-key"),
        (["--incidents-port", "70000", "--update-url", "http://h/x", "--update-key", "k"], "65535"),
        (["--incidents-folder", "/dev/null/x"], "cannot be used"),
        (["--incidents-folder", "nowhere", "--behaviour", "odd"], "odd"),
        (["--incidents-folder", "nowhere", "--incidents-pace", "-1"], "--incidents-pace"),
        ([], "--url and --key"),
    ],
)
def test_options_that_do_not_go_together_are_sentences(words, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("simulate_loomis", *words, stdout=io.StringIO(), stderr=io.StringIO())
