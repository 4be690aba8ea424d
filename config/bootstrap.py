"""From a fresh checkout to a working environment, with nothing but python3: `python3 -I config/bootstrap.py`.

uv makes the environment from uv.lock as it stands. Where uv is missing, a private copy comes into .uv/: its wheel is
named in uv.lock with address and digest, like everything else. Standard library only, and no import of ours: this
runs before there is anything to import.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the one place where an older one comes by
    sys.exit(
        "strongroom: Python 3.11 or newer is needed and this is {}.{}. "
        "Name a newer one: make run PYTHON=python3.12".format(*sys.version_info[:2])
    )

import hashlib
import io
import os
import platform
import shutil
import subprocess
import tempfile
import tomllib
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
OLDEST_UV = (0, 5)  # reads our lock file
PATIENCE = 60  # seconds without a byte


class BootstrapError(Exception):
    """The message is a sentence for the person at the keyboard."""


def uv_command(home: Path) -> Path:
    """uv from PATH when it works, else the private copy, fetched on first use."""
    found = shutil.which("uv")
    if found and _works(Path(found)):
        return Path(found)
    version, wheels = locked_wheels(home / "uv.lock")
    private = home / ".uv" / f"uv-{version}"
    if not (private.is_file() and _works(private)):
        say(f"uv is not here: fetching a private copy ({version}) into {private.parent}")
        _place(fetch(version, pick_wheel(wheels, *this_platform())), private)
    return private


def locked_wheels(lock: Path) -> tuple[str, list[dict[str, str]]]:
    """uv's own version and wheels, as the lock file names them."""
    for package in tomllib.loads(lock.read_text())["package"]:
        if package["name"] == "uv":
            return package["version"], package["wheels"]
    raise BootstrapError("uv.lock names no uv, a development dependency of ours. Restore it: git checkout uv.lock")


def this_platform() -> tuple[str, str]:
    """Which wheel would run here: ("manylinux" | "musllinux" | "macosx" | another name, machine)."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    system = platform.system()
    if system == "Darwin":
        return "macosx", {"aarch64": "arm64"}.get(machine, machine)
    if system == "Linux":
        return ("manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"), machine
    return system.lower(), machine


def pick_wheel(wheels: list[dict[str, str]], family: str, machine: str) -> dict[str, str]:
    """The wheel for the platform. uv's builds for musl are static and run everywhere on Linux: they come second."""
    for wanted in (family, "musllinux") if family == "manylinux" else (family,):
        for wheel in wheels:
            tags = wheel["url"].rsplit("/", 1)[-1].removesuffix(".whl").rsplit("-", 1)[-1].split(".")
            if any(tag.startswith(wanted) and tag.endswith(f"_{machine}") for tag in tags):
                return wheel
    raise BootstrapError(
        f"uv.lock names no uv for {family} on {machine}. Install uv in your own way so that it is on PATH, and try "
        "again."
    )


def fetch(version: str, wheel: dict[str, str]) -> bytes:
    """The wheel's bytes, equal to what the lock file promises: from its address, else through pip and its mirror."""
    try:
        request = urllib.request.Request(wheel["url"])  # noqa: S310 - the lock file's own address, checked below
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            data: bytes = answer.read()
    except (urllib.error.URLError, OSError) as error:
        data = _by_pip(version, error)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    if digest != wheel["hash"]:
        raise BootstrapError(
            f"The copy of uv that was fetched is not the one uv.lock promises ({digest}, not {wheel['hash']}). "
            "Something between here and the package index alters downloads; nothing was installed."
        )
    return data


def _by_pip(version: str, error: Exception) -> bytes:
    with tempfile.TemporaryDirectory() as place:
        words = [
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--dest",
            place,
            f"uv=={version}",
        ]
        done = subprocess.run(
            [sys.executable, *words, "--dest", place, f"uv=={version}"], check=False, capture_output=True
        )
        found = list(Path(place).glob("*.whl"))
        if done.returncode != 0 or not found:
            raise BootstrapError(
                f"uv could not be fetched ({error}). Check the network (a proxy is taken from HTTPS_PROXY), or install "
                "uv in your own way so that it is on PATH, and try again."
            ) from error
        return found[0].read_bytes()


def _place(wheel: bytes, target: Path) -> None:
    """Written aside and renamed, so that two that start at once, or one that is killed, leave no half file."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        inside = next(name for name in archive.namelist() if name.endswith(".data/scripts/uv"))
        binary = archive.read(inside)
    target.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as draft:
        draft.write(binary)
        draft.flush()
        os.fchmod(draft.fileno(), 0o755)
    os.replace(draft.name, target)


def _works(uv: Path) -> bool:
    """A shim may stand on PATH without anything behind it."""
    try:
        done = subprocess.run([uv, "--version"], check=False, capture_output=True, text=True)
    except OSError:
        return False
    words = done.stdout.split()
    if done.returncode != 0 or len(words) < 2:
        return False
    numbers = words[1].split(".")[:2]
    return all(number.isdigit() for number in numbers) and tuple(map(int, numbers)) >= OLDEST_UV


def sync(home: Path) -> None:
    """Makes .venv from uv.lock with the Python that runs this."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environment["UV_PROJECT_ENVIRONMENT"] = str(home / ".venv")
    # Another account may have to read the environment: PostgreSQL's, when we are root.
    os.umask(0o022)
    command = [str(uv_command(home)), "sync", "--frozen", "--python", sys.executable, "--directory", str(home)]
    done = subprocess.run(command, check=False, env=environment)
    if done.returncode != 0:
        raise BootstrapError("uv could not make the environment; what it said is above. Nothing else was changed.")


def say(sentence: str) -> None:
    print(f"strongroom: {sentence}", file=sys.stderr)


def main() -> int:
    try:
        sync(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else CHECKOUT)
    except BootstrapError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
