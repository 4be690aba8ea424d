"""The life of a system: ended, killed, started again, side by side. Nothing may stay, nothing may be lost."""

import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.config.system import PATIENCE, System, until

pytestmark = pytest.mark.slow

Start = Callable[..., System]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_asked_end_leaves_no_process_and_keeps_the_data(start_system: Start, number: signal.Signals):
    system = start_system()
    system.wait_until_ready()
    family = system.family()
    keep_a_row(system)
    assert system.end(number) == 0
    assert [process for process in family if process.is_running()] == []
    assert system.left() == []

    system.start()
    system.wait_until_ready()
    assert has_the_row(system)
    assert "Password" not in system.said()


def test_an_end_while_it_starts_leaves_no_process(start_system: Start):
    system = start_system()
    until(lambda: system.data_dir.cluster.exists(), "the cluster")
    assert system.end() == 0
    assert system.left() == []
    assert "ready" not in system.said()


@pytest.mark.parametrize(
    "born", ["/initdb -D", "/postgres -D", "/valkey-server", "prepare_system", "granian", "celery"]
)
def test_an_end_asked_as_a_child_is_born_leaves_no_process(tmp_path: Path, born: str):
    system = System(tmp_path / "var", {"STRUCK_AT": born})
    system.module = "tests.config.struck_supervisor"
    try:
        system.start()
        assert system.supervisor.wait(PATIENCE) == 0, system.complained()
        assert system.left() == []
    finally:
        system.destroy()


def test_a_killed_supervisor_is_followed_by_a_start_with_all_data(start_system: Start):
    system = start_system()
    system.wait_until_ready()
    keep_a_row(system)
    system.supervisor.kill()
    system.supervisor.wait()
    system.start()
    system.wait_until_ready()
    assert has_the_row(system)
    assert system.end() == 0
    assert system.left() == []


def test_a_system_killed_whole_starts_again_with_all_data(start_system: Start):
    system = start_system()
    system.wait_until_ready()
    keep_a_row(system)
    everyone = [psutil.Process(system.supervisor.pid), *system.family()]
    for act in (psutil.Process.suspend, psutil.Process.kill):  # none has time to put its things in order
        for process in everyone:
            with suppress(psutil.NoSuchProcess):  # it was ending by itself
                act(process)
    psutil.wait_procs(everyone, timeout=10)
    system.supervisor.wait()
    system.start()
    system.wait_until_ready()
    assert has_the_row(system)


def test_two_systems_run_side_by_side(start_system: Start):
    one, two = start_system("one"), start_system("two")
    for system in (one, two):
        system.wait_until_ready()
    keep_a_row(one)
    assert not two.sql("SELECT 1 FROM pg_tables WHERE tablename = 'kept'")
    assert one.end() == 0
    assert two.ready_now()


@pytest.mark.parametrize(
    "words",
    [
        *(("granian",), ("celery", " --queues record,"), ("celery", " --queues dispatch "), ("celery", " beat ")),
        *(("postgres", "-D"), ("valkey-server",)),
    ],
)
def test_what_dies_alone_is_started_again(start_system: Start, words: tuple[str, ...]):
    system = start_system()
    system.wait_until_ready()
    victim = system.member(*words)
    orphans = victim.children(recursive=True)
    victim.kill()
    until(lambda: not any(process.is_running() for process in orphans), "the end of what the dead one had started")
    until(lambda: is_there(system, *words) and system.ready_now(), "a successor")
    assert system.supervisor.poll() is None


def test_what_keeps_dying_ends_the_whole_system(start_system: Start):
    system = start_system()
    system.wait_until_ready()

    def kill_beat_again() -> bool:
        with suppress(ValueError, psutil.Error):  # it is away for the moment
            system.member("celery", " beat ").kill()
        return system.supervisor.poll() is not None

    until(kill_beat_again, "the end of the system", patience=60)
    assert system.supervisor.returncode == 1
    assert "beat died 5 times within a minute" in system.complained()
    assert system.left() == []


def keep_a_row(system: System) -> None:
    system.sql("CREATE TABLE kept AS SELECT 42 AS answer")


def has_the_row(system: System) -> bool:
    return system.sql("SELECT answer FROM kept") == [(42,)]


def is_there(system: System, *words: str) -> bool:
    try:
        return system.member(*words).is_running()
    except (ValueError, psutil.Error):
        return False
