"""The file budgets of DESIGN.md: how fast a daily file is taken in beside COPY, and in how much memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection

from tests.bench.history import checkpoint
from tests.bench.payloads import Loomis
from tests.bench.report import Line, Peak
from tests.transactions.feeds.filing import xml_parts
from transactions.models import Transaction

ROWS = 200_000
ROUNDS = 3
_MOST_MB = 150.0
_TABLE = Transaction._meta.db_table
_CHUNK = 1 << 20


def measure_files(say: Callable[[str], None], rows: int = ROWS) -> tuple[list[Line], list[Peak]]:
    """Files of so many transactions, and one of ten times as many, in an empty table; all of it is deleted again."""
    loomis = Loomis(seed=2)
    with tempfile.TemporaryDirectory() as folder:
        taken, copied, peaks = [], [], []
        for number in range(ROUNDS):
            say(f"a file of {rows:,} transactions")
            said = _take_in(Path(folder) / f"{number}.xml", loomis, rows)
            copied.append(_copy_again(said["message"], Path(folder) / "rows"))
            taken.append(said["seconds"] * 1000)
            peaks.append(said["peak_mb"])
            _empty()
        say(f"a file of {rows * 10:,} transactions")
        most = _take_in(Path(folder) / "many.xml", loomis, rows * 10)
        _empty()
    middle = sorted(range(ROUNDS), key=lambda number: taken[number] / copied[number])[ROUNDS // 2]
    line = Line(
        f"a file of {rows:,} transactions",
        "COPY of the same rows into the same table and indexes",
        taken[middle],
        copied[middle],
        2.0,
    )
    return [line], [
        Peak(f"a file of {rows:,} transactions", max(peaks), _MOST_MB),
        Peak(f"a file of {rows * 10:,} transactions", most["peak_mb"], _MOST_MB),
    ]


def _take_in(path: Path, loomis: Loomis, rows: int) -> dict[str, Any]:
    with path.open("wb") as file:
        file.writelines(xml_parts(loomis.transactions(rows)))
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.one_file", str(path)], check=True, capture_output=True, text=True
    )
    path.unlink()
    said: dict[str, Any] = json.loads(done.stdout)
    if said["created"] != rows:
        raise SystemExit(f"Of {rows} transactions in the file {said['created']} were recorded.")
    return said


def _copy_again(message: int, path: Path) -> float:
    """Milliseconds that PostgreSQL needs for the rows alone, commit included, read from a file as they went in."""
    columns = ", ".join(str(field.column) for field in Transaction._meta.concrete_fields if not field.primary_key)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS file_ceiling; CREATE TABLE file_ceiling (LIKE {_TABLE} INCLUDING ALL)")
        wanted = f"SELECT {columns} FROM {_TABLE} WHERE file_message_id = {message} ORDER BY id"
        with path.open("wb") as file, cursor.copy(f"COPY ({wanted}) TO STDOUT") as copy:
            file.writelines(copy)
        begun = time.perf_counter()
        with path.open("rb") as file, cursor.copy(f"COPY file_ceiling ({columns}) FROM STDIN") as copy:
            while data := file.read(_CHUNK):
                copy.write(data)
        taken = time.perf_counter() - begun
        cursor.execute("DROP TABLE file_ceiling")
    return taken * 1000


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {_TABLE}")
    checkpoint()
