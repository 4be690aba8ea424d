"""From nothing: uv fetched from the address and digest of the lock file, by a Python without pip or venv."""

import hashlib
import http.server
import importlib.util
import io
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from config.data_dir import CHECKOUT

SCRIPT = CHECKOUT / "config" / "bootstrap.py"
LOCK = """version = 1
requires-python = ">=3.11"

[[package]]
name = "empty"
version = "0"
source = {{ virtual = "." }}

[[package]]
name = "uv"
version = "{version}"
source = {{ registry = "{url}" }}
wheels = [{wheels}]
"""


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("family", ["manylinux", "musllinux", "macosx"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_our_lock_file_has_uv_for_every_platform(bootstrap: ModuleType, family: str, machine: str):
    _, wheels = bootstrap.locked_wheels(CHECKOUT / "uv.lock")
    named = "arm64" if (family, machine) == ("macosx", "aarch64") else machine
    url = bootstrap.pick_wheel(wheels, family, named)["url"]
    assert family in url
    assert named in url


def test_an_unknown_platform_is_told_what_to_do(bootstrap: ModuleType):
    _, wheels = bootstrap.locked_wheels(CHECKOUT / "uv.lock")
    with pytest.raises(bootstrap.BootstrapError, match="Install uv in your own way"):
        bootstrap.pick_wheel(wheels, "aix", "ppc")


@pytest.fixture(scope="module")
def wheel() -> bytes:
    """uv's wheel, put together again from the uv that our environment has anyway."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.write(Path(sys.executable).parent / "uv", "uv-1.data/scripts/uv")
    return content.getvalue()


@pytest.fixture
def project(tmp_path: Path, wheel: bytes, bootstrap: ModuleType) -> Iterator[Path]:
    """A checkout without dependencies, whose lock file names a wheel on a server of our own."""
    served = tmp_path / "served"
    served.mkdir()
    family, machine = bootstrap.this_platform()
    name = f"uv-1-py3-none-{family}_1_{machine}.whl"
    (served / name).write_bytes(wheel)
    home = tmp_path / "checkout"
    home.mkdir()
    (home / "pyproject.toml").write_text('[project]\nname = "empty"\nversion = "0"\nrequires-python = ">=3.11"\n')
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        digest = hashlib.sha256(wheel).hexdigest()
        entry = f'{{ url = "{url}/{name}", hash = "sha256:{digest}" }}'
        (home / "uv.lock").write_text(LOCK.format(version="1", url=url, wheels=entry))
        yield home
        server.shutdown()
        thread.join()


def run(home: Path) -> subprocess.CompletedProcess[str]:
    # No uv on this PATH, whatever is on ours.
    environment = {"PATH": str(home / "nothing"), "HOME": str(home), "UV_CACHE_DIR": str(home / "cache")}
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(home)], check=False, env=environment, capture_output=True, text=True
    )


def test_without_uv_a_private_copy_makes_the_environment(project: Path):
    done = run(project)
    assert done.returncode == 0, done.stderr
    assert "fetching a private copy" in done.stderr
    assert (project / ".venv" / "bin" / "python").exists()
    assert [path.name for path in (project / ".uv").iterdir()] == ["uv-1"]


def test_the_private_copy_is_fetched_once(project: Path):
    run(project)
    assert "fetching" not in run(project).stderr


def test_a_copy_that_is_not_what_the_lock_promises_is_refused(project: Path):
    lock = project / "uv.lock"
    before, _, rest = lock.read_text().partition("sha256:")
    lock.write_text(f"{before}sha256:{'0' * 64}{rest[64:]}")
    done = run(project)
    assert done.returncode == 1
    assert "not the one uv.lock promises" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project / ".uv").exists()
