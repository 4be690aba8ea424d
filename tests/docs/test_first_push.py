"""The first push of README.md, as a reader would make it: its own lines, in a shell, against a running system."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from config.data_dir import CHECKOUT
from tests.config.system import System
from tests.docs.pages import Page, page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("first push")]

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


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    system = System(tmp_path_factory.mktemp("first-push") / "var")
    try:
        system.start()
        system.wait_until_ready()
        yield system
    finally:
        system.destroy()


@pytest.fixture(scope="module")
def reader(running: System, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(running, tmp_path_factory.mktemp("bin"))


class Reader:
    """Somebody who follows the README to the letter, but for the port, and for the key that they were shown."""

    def __init__(self, system: System, bin_: Path) -> None:
        self.system = system
        self.environment = dict(system.environment)
        if shutil.which("curl") is None:
            curl = bin_ / "curl"
            curl.write_text(CURL)
            curl.chmod(curl.stat().st_mode | stat.S_IXUSR)
            self.environment["PATH"] = f"{bin_}{os.pathsep}{self.environment['PATH']}"
        readme = Page(CHECKOUT / "README.md")
        start, self.setting_up, self.pushing = re.findall(r"```sh\n(.*?)```", readme.section("Your first push"), re.S)
        assert start.split() == ["make", "run"]
        self.told = self.type(self.setting_up)
        shown = re.search(r"^  key +(\S+)$", self.told, re.MULTILINE)
        assert shown is not None, self.told
        self.key = shown[1]
        self.first, self.again = self.push(), self.push()

    def type(self, lines: str) -> str:
        here = lines.replace("http://127.0.0.1:8000/", f"http://127.0.0.1:{self.system.port}/")
        done = subprocess.run(
            ["sh", "-e", "-c", here], check=False, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def push(self) -> dict[str, object]:
        assert "'the key it showed'" in self.pushing
        answer: dict[str, object] = json.loads(self.type(self.pushing.replace("the key it showed", self.key)))
        return answer


def test_the_first_push_is_answered_as_the_readme_says(reader: Reader):
    (promised,) = [json.loads(block) for block in page("README.md").blocks("json")]
    assert reader.first == promised
    assert (reader.again["status"], reader.again["created"]) == ("duplicate", 0)


def test_the_address_shown_is_the_one_pushed_to(reader: Reader):
    pushed_to = re.search(r"http://127\.0\.0\.1:8000(/\S+)", reader.pushing)
    assert pushed_to is not None
    assert f"http://127.0.0.1:{reader.system.port}{pushed_to[1]}\n" in reader.told


def test_staff_find_the_first_push_in_the_admin(reader: Reader):
    with httpx.Client(base_url=f"http://127.0.0.1:{reader.system.port}", follow_redirects=True) as staff:
        shown = re.search(r"User name: (\S+)  Password: (\S+)", reader.system.said())
        assert shown is not None
        page_ = staff.get("/admin/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page_.text)
        assert token is not None
        form = {"username": shown[1], "password": shown[2], "csrfmiddlewaretoken": token[1], "next": "/admin/"}
        assert staff.post("/admin/login/", data=form).status_code == 200
        transactions = staff.get("/admin/transactions/transaction/")
        assert transactions.status_code == 200
        assert "1,060.00 USD" in transactions.text
        assert "75.25 USD" in transactions.text
        assert "delivery" in staff.get("/admin/transactions/delivery/").text
        raw = staff.get("/admin/transactions/delivery/1/raw/")
        assert raw.status_code == 200
        assert "my-first-push" in raw.text
        assert reader.key not in raw.text
    assert reader.system.sql("SELECT kind FROM safes_finding WHERE state = 'open'") == []
