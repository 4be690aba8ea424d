"""The first push of README.md, as a reader would make it: its own lines, in a shell, against a running system."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from config.data_dir import CHECKOUT
from tests.config.system import System
from tests.docs.pages import page

pytestmark = pytest.mark.slow

# For machines without curl: what the README uses of it.
CURL = f"""#!{sys.executable}
import sys, urllib.request
words = iter(sys.argv[1:])
headers, url, body = {{"Content-Type": "application/x-www-form-urlencoded"}}, "", None
for word in words:
    if word == "-H":
        name, _, value = next(words).partition(":")
        headers[name] = value.strip()
    elif word == "--data-binary":
        assert next(words) == "@-"
        body = sys.stdin.buffer.read()
    elif word != "-sS":
        url = word
with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
    print(answer.read().decode())
"""


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    started = System(tmp_path / "var")
    try:
        started.start()
        started.wait_until_ready()
        yield started
    finally:
        started.destroy()


def test_the_first_push_goes_as_the_readme_says_and_staff_find_it(system: System, tmp_path: Path):
    readme = page("README.md")
    start, set_up, push = re.findall(r"```sh\n(.*?)```", readme.section("Your first push"), re.DOTALL)
    assert start.split() == ["make", "run"]
    reader = Reader(system, tmp_path)

    told = reader.type(set_up)
    shown = re.search(r"^  key +(\S+)$", told, re.MULTILINE)
    assert shown is not None, told
    key = shown[1]
    assert "'the key it showed'" in push
    push = push.replace("the key it showed", key)
    (address,) = re.findall(r"http://127\.0\.0\.1:8000/\S+", push)
    assert reader.here(address) in told.split()

    (promised,) = [json.loads(block) for block in readme.blocks("json")]
    assert json.loads(reader.type(push)) == promised
    again = json.loads(reader.type(push))
    assert (again["status"], again["created"]) == ("duplicate", 0)

    with logged_in(system) as staff:
        transactions = staff.get("/admin/transactions/transaction/").text
        assert "1,060.00 USD" in transactions
        assert "75.25 USD" in transactions
        assert "duplicate" in staff.get("/admin/transactions/delivery/").text
        raw = staff.get("/admin/transactions/delivery/1/raw/").text
        assert "my-first-push" in raw
        assert key not in raw
    assert system.sql("SELECT kind FROM safes_finding WHERE state = 'open'") == []


class Reader:
    """Somebody who follows the README to the letter, but for the port."""

    def __init__(self, system: System, bin_: Path) -> None:
        self.port = system.port
        self.environment = dict(system.environment)
        if shutil.which("curl") is None:
            curl = bin_ / "curl"
            curl.write_text(CURL)
            curl.chmod(0o700)
            self.environment["PATH"] = f"{bin_}{os.pathsep}{self.environment['PATH']}"

    def here(self, text: str) -> str:
        return text.replace("http://127.0.0.1:8000/", f"http://127.0.0.1:{self.port}/")

    def type(self, lines: str) -> str:
        words = ["sh", "-e", "-c", self.here(lines)]
        done = subprocess.run(words, check=False, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def logged_in(system: System) -> Iterator[httpx.Client]:
    """The administrator, with the password that `make run` printed."""
    shown = re.search(r"User name: (\S+)  Password: (\S+)", system.said())
    assert shown is not None
    with httpx.Client(base_url=f"http://127.0.0.1:{system.port}", follow_redirects=True) as staff:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', staff.get("/admin/login/").text)
        assert token is not None
        form = {"username": shown[1], "password": shown[2], "csrfmiddlewaretoken": token[1], "next": "/admin/"}
        assert staff.post("/admin/login/", data=form).status_code == 200
        yield staff
