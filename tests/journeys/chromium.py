"""A real Chromium, wherever the tests run: one that is there, else Playwright's own, else the platform's package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Playwright
from playwright.sync_api import Error as PlaywrightError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing of its own on the network, so that what a test sees there is ours.
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",  # containers give it 64 MB
)
_PATIENCE = 600  # seconds for a download


class NoChromium(RuntimeError):
    """None of the ways led to one that starts; says what each of them said."""


def launch(playwright: Playwright) -> Browser:
    """Start the first Chromium that does. Raises NoChromium when there is none to be had."""
    ways: tuple[Callable[[Playwright], str | None], ...] = (_on_this_machine, _downloaded, _installed)
    said = []
    for way in ways:
        try:
            path = way(playwright)
            if path is not None:
                return playwright.chromium.launch(executable_path=path, args=_flags())
        except (PlaywrightError, OSError, subprocess.SubprocessError) as error:
            said.append(f"{str(error).strip().splitlines()[0][:300]}")
        else:
            said.append(f"{way.__name__.strip('_').replace('_', ' ')}: none")
    raise NoChromium("No Chromium could be had, and the journeys of staff need one. " + "; ".join(said))


def _flags() -> list[str]:
    # Chromium refuses its sandbox to root, as which containers run.
    return [*_QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def _on_this_machine(playwright: Playwright) -> str | None:
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def _downloaded(playwright: Playwright) -> str | None:
    path = Path(playwright.chromium.executable_path)
    if not path.exists():
        _run(sys.executable, "-m", "playwright", "install", "chromium")
    return str(path) if path.exists() else None


def _installed(playwright: Playwright) -> str | None:
    """By the package manager of Debian and Ubuntu, which only root may ask."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    _run("apt-get", "update", "-qq")
    _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
    return _on_this_machine(playwright)


def _run(*words: str) -> None:
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(words, check=True, capture_output=True, text=True, timeout=_PATIENCE, env=quiet)
