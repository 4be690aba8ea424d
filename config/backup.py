"""The whole database into a file, and out of it again, with every table counted on both sides.

The dump and the counts are of one moment: pg_dump reads the snapshot in which the rows were counted, while pushes go on
being stored. So the counts after a restore are equal to the last row, or the restore has failed and says so.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from config.postgres import BIN
from transactions.bodies import missing_bodies

Counts = dict[str, int]


class BackupError(ValueError):
    """The message is a sentence that says what to do."""


def back_up(directory: Path) -> dict[str, Any]:
    """Write `strongroom-TIME.dump` and, beside it, `.json` with its digest and the rows of each table."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    moment = timezone.now()
    dump = directory / f"strongroom-{moment:%Y%m%dT%H%M%SZ}.dump"
    draft = dump.with_suffix(".partial")
    with closing(connection.copy()) as database, database.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        # Whoever can read it has everything: closed before the first byte.
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _run(database, ["pg_dump", "--format=custom", f"--snapshot={snapshot}"], stdout=file.fileno())
            os.fsync(file.fileno())
        counts = count_rows(database)
    told = {"made_at": moment.isoformat(), "sha256": _digest(draft), "bytes": draft.stat().st_size, "rows": counts}
    dump.with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n")
    draft.rename(dump)  # last: what bears the name is whole
    return {"file": str(dump), "tables": len(counts), "rows": sum(counts.values()), "bytes": told["bytes"]}


def restore(dump: Path, into: str | None) -> dict[str, Any]:
    """Bring a dump back, into the configured database if it is empty, else into a new one of the name given.

    All or nothing. Raises BackupError when the file is not what was written, or the counts are not what they were.
    """
    told = _told(dump)
    if into is not None:
        with closing(connection.copy()) as database, database.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {database.ops.quote_name(into)}")
    with closing(_database(into)) as database:
        name = database.settings_dict["NAME"]
        if count_rows(database):
            raise BackupError(f"The database {name} is not empty. Restore into a new one: --into NAME")
        words = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
        _run(database, [*words, f"--dbname={name}", str(dump)])
        counts = count_rows(database)
        tables = sorted(counts.keys() | told["rows"])
        wrong = [table for table in tables if counts.get(table) != told["rows"].get(table)]
        if wrong:
            raise BackupError(f"Restored into {name}, but these tables have not the rows they had: {', '.join(wrong)}.")
        check_bodies(database)
    return {"database": name, "tables": len(counts), "rows": sum(counts.values()), "made_at": told["made_at"]}


def check_bodies(database: BaseDatabaseWrapper) -> None:
    """Whether every raw body that a database says is in the storage of bodies lies there.

    Raises BackupError where some do not.
    """
    missing = missing_bodies(database)
    if missing:
        bodies = "1 raw body is" if len(missing) == 1 else f"{len(missing):,} raw bodies are"
        raise BackupError(
            f"All rows are there, but {bodies} not in the storage of bodies, {missing[0]} for one: bring that storage "
            "(BODIES_DIR) back from its backup."
        )


def count_rows(database: BaseDatabaseWrapper) -> Counts:
    """The exact rows of every table. Reads all of it: minutes where there are hundreds of millions."""
    with database.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
        tables = sorted(name for (name,) in cursor.fetchall())
        counts = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {database.ops.quote_name(table)}")
            (counts[table],) = cursor.fetchone()
    return counts


def _told(dump: Path) -> dict[str, Any]:
    beside = dump.with_suffix(".json")
    if not dump.is_file() or not beside.is_file():
        raise BackupError(f"{dump} and {beside.name} beside it are needed; one of them is missing.")
    told: dict[str, Any] = json.loads(beside.read_text())
    if _digest(dump) != told["sha256"]:
        raise BackupError(f"{dump} is not the file that was written: its digest is another. Take another copy.")
    return told


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _database(name: str | None) -> BaseDatabaseWrapper:
    database = connection.copy()
    if name is not None:
        database.settings_dict = {**database.settings_dict, "NAME": name}
    return database


def _run(database: BaseDatabaseWrapper, words: list[str], stdout: int = subprocess.DEVNULL) -> None:
    # The wheel's own are of the newest version, which reads older servers too; else what the machine has.
    tool = shutil.which(words[0], path=str(BIN)) or shutil.which(words[0])
    if tool is None:
        raise BackupError(f"{words[0]} is not on this machine. Install PostgreSQL's client programs.")
    done = subprocess.run([tool, *words[1:]], check=False, env=_environment(database), stdout=stdout, stderr=-1)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise BackupError(f"{words[0]} gave up; nothing was left half done. It says: {said}")


def _environment(database: BaseDatabaseWrapper) -> dict[str, str]:
    """Where the database is, for PostgreSQL's own programs: a password among words could be read by others."""
    parameters = database.get_connection_params()
    names = ("host", "port", "user", "password", "sslmode", "sslrootcert", "sslcert", "sslkey")
    given = {f"PG{name.upper()}": str(parameters[name]) for name in names if parameters.get(name)}
    return {**os.environ, **given, "PGDATABASE": str(parameters["dbname"])}
