"""Whole systems, started as a person would, in directories of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.config.system import System


@pytest.fixture
def start_system(tmp_path: Path) -> Iterator[Callable[..., System]]:
    """Starts systems; whatever is left of them at the end of the test is killed."""
    made: list[System] = []

    def start(name: str = "var", **environment: str) -> System:
        system = System(tmp_path / name, environment)
        made.append(system)
        system.start()
        return system

    yield start
    for system in made:
        system.destroy()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One running system for the tests of a module that leave it as they found it."""
    running = System(tmp_path_factory.mktemp("shared") / "var")
    try:
        running.start()
        running.wait_until_ready()
        yield running
    finally:
        running.destroy()
