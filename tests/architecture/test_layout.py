"""The shape of the house: what stands at the top, what make can make, and that every test is run."""

import re
import subprocess
import sys
from pathlib import Path

from config.data_dir import CHECKOUT

TOP = {
    *("manage.py", "pyproject.toml", "config", "safes", "transactions", "incidents", "loyalty"),
    *("templates", "static", "tests", "docker"),
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "Makefile", "uv.lock", "docs"),
    *(".env.example", ".ci", ".gitignore", ".dockerignore", ".gitattributes"),
}


def kept_files() -> list[Path]:
    """What git keeps, or would keep if it were added now."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, check=True, cwd=CHECKOUT, capture_output=True, text=True).stdout
    return [Path(line) for line in listed.splitlines()]


def test_nothing_stands_at_the_top_that_was_not_decided():
    assert {path.parts[0] for path in kept_files()} <= TOP


def test_make_offers_what_is_promised():
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "run", "test", "bench", "lint"} <= targets


def test_ci_runs_what_everyone_runs():
    script = CHECKOUT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert re.findall(r"^make .*$", script.read_text(), re.MULTILINE) == ["make lint", "make test"]


def test_every_file_of_tests_is_collected():
    files = [path for path in kept_files() if path.parts[0] == "tests" and path.suffix == ".py"]
    with_tests = {
        path for path in files if re.search(r"^(async )?(    )?def test_", (CHECKOUT / path).read_text(), re.M)
    }
    words = ["-m", "pytest", "--collect-only", "--quiet", "-p", "no:randomly"]
    done = subprocess.run(
        [sys.executable, *words, "tests"],
        check=False,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    collected = {Path(line.partition("::")[0]) for line in done.stdout.splitlines() if "::" in line}
    assert with_tests - collected == set()
