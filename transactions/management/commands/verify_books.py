"""verify_books [--safe SERIAL] [--from D --to D]"""

from __future__ import annotations

import datetime as dt
import signal
import sys
from typing import Any

from django.core.management.base import CommandParser

from safes.commands import Result, SentenceCommand
from transactions.verifying.progress import Progress
from transactions.verifying.running import scope_of, verify

_SHOWN = 20


class Command(SentenceCommand):
    help = (
        "Rebuilds the books from the raw deliveries and all that people said, in a scratch schema of the same "
        "database, and compares: equal, or every difference by name. Changes nothing and keeps nobody waiting."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--safe", metavar="SERIAL", help="compare this safe, and the sites it stood at, only")
        parser.add_argument("--from", dest="first", metavar="DATE", help="compare business dates from this one on")
        parser.add_argument("--to", dest="last", metavar="DATE", help="and up to this one, which is included")

    def work(self, **options: Any) -> Result:
        scope = scope_of(options["safe"], _date(options["first"], "--from"), _date(options["last"], "--to"))
        # Asked to stop, it puts away what it has built up.
        before = signal.signal(signal.SIGTERM, _stop)
        try:
            with Progress(self.stderr) as progress:
                return verify(scope, progress)
        finally:
            signal.signal(signal.SIGTERM, before)

    def tell(self, result: Result) -> str:
        what = f"{result['checked']:,} rows compared, {result['deliveries']:,} deliveries read again"
        if result["purged"]:
            what += f" ({result['purged']:,} of them purged: what they showed was taken from the books)"
        if result["equal"]:
            return f"The books are what follows from the raw deliveries: {what}."
        lines = [_line(one) for one in result["differences"][:_SHOWN]]
        left = result["difference_count"] - len(lines)
        return "\n".join([f"{what}.", *lines, *([f"… and {left:,} more; --json lists up to 1,000."] if left else [])])

    def complaint(self, result: Result) -> str | None:
        if result["equal"]:
            return None
        count = result["difference_count"]
        return (
            f"{'1 row differs' if count == 1 else f'{count:,} rows differ'} between the books and what follows from "
            "the raw deliveries. Nothing was changed; docs/operations.md says what to do."
        )


def _line(one: dict[str, Any]) -> str:
    where = " ".join(str(part) for part in (one.get("safe") or one.get("site"), one.get("date")) if part)
    row = ", ".join(f"{name} {value}" for name, value in one["row"].items())
    if one.get("error"):
        return f"{one['table']} ({row}): {one['error']}"
    if one["rebuilt"] is None:
        return f"{one['table']}, {where} ({row}): is in the books, and follows from nothing"
    if one["books"] is None:
        return f"{one['table']}, {where} ({row}): is missing in the books"
    values = "; ".join(
        f"{name} is {value} in the books and follows as {one['rebuilt'][name]}" for name, value in one["books"].items()
    )
    return f"{one['table']}, {where} ({row}): {values}"


def _date(text: str | None, option: str) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text[:30]}” is no date: give {option} as 2026-11-21.") from None


def _stop(*_: object) -> None:
    sys.exit(143)
