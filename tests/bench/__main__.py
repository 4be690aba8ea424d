"""`make bench`: runs the benchmarks in a database of their own and prints ratios, never bare times.

    python -m tests.bench [--stored ROWS] [--rounds N] [--write]

``--stored`` is how many transactions history holds for the last measurement (10,000,000 by default; takes minutes),
``--file-rows`` how many transactions a file has, beside one of ten times as many, ``--verified`` how many are verified,
``--write`` puts the output into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

_INSIDE = "STRONGROOM_BENCH_INSIDE"
_PAGE = Path(__file__).parents[2] / "docs/benchmarks.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--stored", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--file-rows", type=int, default=200_000)
    parser.add_argument("--verified", type=int, default=200_000)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    if _INSIDE not in os.environ:
        return _with_own_database()

    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from django.db import connection

    from tests.bench.days import measure_days
    from tests.bench.files import measure_files
    from tests.bench.push import measure, say
    from tests.bench.report import page
    from tests.bench.verifying import measure_verifying

    # First, while there is nothing in the books but what it delivers itself.
    verified = measure_verifying(say, chosen.verified)
    by_file, peaks = measure_files(say, chosen.file_rows)
    pushed = measure(rounds=chosen.rounds, stored=chosen.stored)
    # Last of all, so that they are drawn in the midst of all that history.
    drawn = measure_days(say, chosen.rounds)
    text = page([*pushed, *by_file, *drawn, *verified], peaks, chosen.stored)
    connection.close()
    print(text)
    if chosen.write:
        _PAGE.write_text(text)
        print(f"Written to {_PAGE.name}.", file=sys.stderr)
    return 0


def _with_own_database() -> int:
    """Settings are read once per process, so what runs on the other database is another process."""
    from config.settings.base import DATABASES
    from tests.bench.system import own_database

    with own_database(DATABASES["default"]) as url:
        environment = {**os.environ, "DATABASE_URL": url, "LOG_LEVEL": "ERROR", _INSIDE: "1"}
        return subprocess.run(
            [sys.executable, "-m", "tests.bench", *sys.argv[1:]], env=environment, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
