"""The servers by themselves: `python -m config.embedded exec`, and the directories they live in."""

import os
import shlex
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import processes
from config.data_dir import CHECKOUT, LONGEST_SOCKET_PATH, DataDir, StrongroomError
from tests.config.system import clean_environment, until

MODES = "import os, sys; print(*(oct(os.stat(name).st_mode)[-3:] for name in sys.argv[1:]))"
ASK = "import django; django.setup(); from django.db import connection as c; c.ensure_connection(); print('answered')"


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[DataDir]:
    made = DataDir.at(tmp_path / "var")
    yield made
    left = [*processes.leftovers(made), *processes.postmasters(made.cluster)]
    processes.end(left, signal.SIGKILL, 10)
    assert left == []


def execute(data_dir: DataDir, *command: str, scratch: bool = True) -> subprocess.Popen[str]:
    environment = clean_environment(
        STRONGROOM_DATA_DIR=str(data_dir.path), DJANGO_SETTINGS_MODULE="config.settings.test"
    )
    words = [sys.executable, "-m", "config.embedded", "exec", *(["--scratch"] if scratch else [])]
    return subprocess.Popen(
        [*words, "--data-dir", str(data_dir.path), "--", *command],
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def answers(data_dir: DataDir, **kind: bool) -> bool:
    code, out, err = outcome(execute(data_dir, sys.executable, "-c", ASK, **kind))
    assert code == 0, err
    return out == "answered\n"


def test_a_command_finds_both_servers_and_its_exit_code_is_passed_on(data_dir: DataDir):
    script = f"{shlex.quote(sys.executable)} -c {shlex.quote(ASK)}; exit 7"
    assert outcome(execute(data_dir, "sh", "-c", script))[:2] == (7, "answered\n")


ASK_AS_ANOTHER = """
import os, sys, psycopg
os.setuid(os.stat(sys.argv[1]).st_uid)
try:
    psycopg.connect(host=sys.argv[2], user="postgres", dbname="postgres")
except psycopg.OperationalError as error:
    print("refused" if "authentication failed" in str(error) else error)
"""


def test_the_superuser_is_only_whoever_started_the_server():
    with tempfile.TemporaryDirectory() as open_to_all:
        Path(open_to_all).chmod(0o755)  # so that nothing but PostgreSQL's own rules is left to refuse the other one
        data_dir = DataDir.at(Path(open_to_all) / "var")
        socket_dir = str(data_dir.postgres_socket_dir)
        told = (sys.executable, "-c", ASK_AS_ANOTHER, str(data_dir.postgres), socket_dir)
        own = (
            f"import psycopg; print(psycopg.connect(host={socket_dir!r}, user='postgres', dbname='postgres').info.user)"
        )
        assert outcome(execute(data_dir, sys.executable, "-c", own))[1] == "postgres\n"
        if os.geteuid() == 0:  # only root gives up its rights, so that there is an account besides that gets this far
            assert outcome(execute(data_dir, *told))[1] == "refused\n"


def test_a_signal_reaches_the_command_and_the_servers_end(data_dir: DataDir, tmp_path: Path):
    started = tmp_path / "started"
    process = execute(data_dir, "sh", "-c", f"trap 'exit 5' TERM; touch {started}; while :; do sleep 0.05; done")
    until(started.exists, "the command")
    process.terminate()
    assert outcome(process)[0] == 5


def test_a_running_pair_is_shared_but_never_with_tests(data_dir: DataDir, tmp_path: Path):
    started = tmp_path / "started"
    holder = execute(data_dir, "sh", "-c", f"touch {started}; exec sleep 600")
    until(started.exists, "the first command")
    assert answers(data_dir, scratch=False)
    code, _, err = outcome(execute(data_dir, "true", scratch=True))
    assert (code, "in use by another running Strongroom" in err) == (1, True)
    holder.terminate()
    outcome(holder)


@pytest.mark.parametrize("first_line", ["", "not a number", "a stranger's"])
def test_a_stale_pid_file_does_not_block_the_start(data_dir: DataDir, first_line: str):
    """Its number may have gone to a stranger of PostgreSQL's own account, whom it would take for another server."""
    assert answers(data_dir)
    owner = data_dir.cluster.stat()
    stranger = subprocess.Popen(["sleep", "600"], user=owner.st_uid if os.geteuid() == 0 else None)
    try:
        number = str(stranger.pid) if first_line == "a stranger's" else first_line
        rest = [str(data_dir.cluster), "1700000000", "5432", str(data_dir.postgres), "", "  12345678    999999 ", ""]
        for place in (data_dir.cluster / "postmaster.pid", data_dir.postgres / ".s.PGSQL.5432.lock"):
            place.write_text("\n".join([number, *rest]) if number else "")
            os.chown(place, owner.st_uid, owner.st_gid)
            place.chmod(0o600)
        assert answers(data_dir)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_cluster_whose_making_was_cut_short_is_made_anew(data_dir: DataDir):
    data_dir.claim()
    half = data_dir.postgres / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    data_dir.lock.touch()
    assert answers(data_dir)


def test_a_path_too_long_for_a_socket_is_no_hindrance(tmp_path: Path):
    long = DataDir.at(tmp_path / ("d" * (LONGEST_SOCKET_PATH - len(str(tmp_path)) - 10)))
    elsewhere = [long.postgres_socket_dir, long.valkey_socket.parent]
    assert not any(directory.is_relative_to(long.path) for directory in elsewhere)
    code, out, err = outcome(execute(long, sys.executable, "-c", MODES, *map(str, elsewhere)))
    assert (code, out.split()) == (0, ["700", "700"]), err
    assert not any(directory.exists() for directory in elsewhere)


def test_a_path_with_blanks_and_commas_is_no_hindrance(tmp_path: Path):
    assert answers(DataDir.at(tmp_path / "my data, and 'more'"))


def test_no_directory_above_is_opened_and_closed_ones_do_not_hinder(tmp_path: Path):
    """Root's home is closed to the account that PostgreSQL runs as. For other users this is the plain case."""
    home = tmp_path / "home"
    checkout = home / "checkout"
    checkout.mkdir(parents=True)
    home.chmod(0o700)
    above = {path: path.stat().st_mode for path in (checkout, home, *home.parents)}
    data_dir = DataDir.at(checkout / "var")
    assert answers(data_dir)
    assert {path: path.stat().st_mode for path in above} == above
    assert (data_dir.cluster.stat().st_uid == 0) is False
    assert data_dir.cluster.stat().st_uid == (os.geteuid() or data_dir.path.stat().st_uid)


def test_a_directory_of_somebody_elses_things_is_refused(tmp_path: Path):
    (tmp_path / "letters").touch()
    before = tmp_path.stat()
    with pytest.raises(StrongroomError, match="is not empty"):
        DataDir.at(tmp_path).claim()
    assert tmp_path.stat().st_mode == before.st_mode


def test_the_secret_key_is_made_once_and_read_by_nobody_else(data_dir: DataDir):
    key = data_dir.secret_key()
    assert len(key) >= 50
    assert data_dir.secret_key() == key
    assert stat.S_IMODE((data_dir.path / "secret_key").stat().st_mode) == 0o600


def test_a_secret_key_that_others_can_read_is_refused(data_dir: DataDir):
    data_dir.secret_key()
    (data_dir.path / "secret_key").chmod(0o644)
    with pytest.raises(StrongroomError, match="others may read it"):
        data_dir.secret_key()


def test_a_secret_key_behind_a_link_is_refused(data_dir: DataDir, tmp_path: Path):
    data_dir.claim()
    planted = tmp_path / "planted"
    planted.write_text("known to the planter")
    (data_dir.path / "secret_key").symlink_to(planted)
    with pytest.raises((StrongroomError, OSError)):
        data_dir.secret_key()
