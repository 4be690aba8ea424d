"""`make bench`: runs the benchmarks in a database of their own and prints ratios, never bare times.

    python -m tests.bench [screens | dispatch | cards] [--stored ROWS] [--rounds N] [--write]

``dispatch`` measures incidents alone, ``cards`` the card service, ``screens`` the staff site; with ``--filled`` on the
database that the settings name, which `manage.py fill_database` has filled. ``--stored`` is how many transactions
history holds (10,000,000 by default; takes minutes), ``--file-rows`` how many a file has, beside one of ten times that,
``--verified`` how many are verified, ``--write`` puts the output into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

_INSIDE = "STRONGROOM_BENCH_INSIDE"
_WHAT = ("all", "dispatch", "cards", "screens")
_PAGE = Path(__file__).parents[2] / "docs/benchmarks.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("what", nargs="?", choices=_WHAT, default="all")
    parser.add_argument("--filled", action="store_true")
    parser.add_argument("--stored", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--file-rows", type=int, default=200_000)
    parser.add_argument("--verified", type=int, default=200_000)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    if _INSIDE not in os.environ and not chosen.filled:
        # Each in a database of its own: screens on a chain's years, and nothing of what was pushed to measure it.
        wanted = _WHAT if chosen.what == "all" else (chosen.what,)
        return next((status for status in map(_with_own_database, wanted) if status), 0)

    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    if chosen.what == "screens":
        return _screens(chosen)
    if chosen.what == "dispatch":
        return _dispatch(chosen)
    if chosen.what == "cards":
        return _cards(chosen)
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
        _keep(text, "")
    return 0


def _screens(chosen: argparse.Namespace) -> int:
    from tests.bench.push import say
    from tests.bench.screens import fill, measure_screens, section
    from transactions.models import Transaction

    if not chosen.filled:
        fill(say, chosen.stored)
    measured = measure_screens(say)
    text = section(measured, Transaction.objects.count())
    print(text)
    if chosen.write:
        _keep(text, "## Screens")
    return 0


def _dispatch(chosen: argparse.Namespace) -> int:
    from tests.bench.dispatch import measure_dispatch, section
    from tests.bench.push import say

    load = os.getloadavg()[0]
    text = section(measure_dispatch(say), load)
    print(text)
    if chosen.write:
        _keep(text, "## Incidents")
    return 0


def _cards(chosen: argparse.Namespace) -> int:
    from tests.bench.cards import measure_cards, section
    from tests.bench.push import say

    load = os.getloadavg()[0]
    text = section(measure_cards(say, min(chosen.rounds, 10)), load)
    print(text)
    if chosen.write:
        _keep(text, "## Cards")
    return 0


def _keep(text: str, heading: str) -> None:
    """Write a part of the page: what is under a heading, or without one what stands before them all."""
    first, *parts = re.split(r"(?m)^(?=## )", _PAGE.read_text())
    by_heading = {"": first} | {part.partition("\n")[0]: part for part in parts} | {heading: text}
    # Their headings are in the order of the alphabet, and the screens, which are long, last.
    _PAGE.write_text("\n\n".join(by_heading[one].strip() for one in sorted(by_heading)) + "\n")
    print(f"Written to {_PAGE.name}.", file=sys.stderr)


def _with_own_database(what: str) -> int:
    """Settings are read once per process, so what runs on the other database is another process."""
    from config.settings.base import DATABASES
    from tests.bench.system import own_database

    with own_database(DATABASES["default"]) as url:
        environment = {**os.environ, "DATABASE_URL": url, "LOG_LEVEL": "ERROR", _INSIDE: "1"}
        return subprocess.run(
            [sys.executable, "-m", "tests.bench", what, *(word for word in sys.argv[1:] if word not in _WHAT)],
            env=environment,
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
