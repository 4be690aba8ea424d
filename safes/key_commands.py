"""What the commands that change a machine's key share."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import CommandParser

from safes.commands import Result, SentenceCommand
from safes.keys import DEFAULT_OVERLAP, LONGEST_OVERLAP


class RotateCommand(SentenceCommand):
    """Makes a new key with an overlap, and shows it once.

    A command says what ``holder`` and ``key`` are called in its answer and in a sentence, and does the work in
    ``rotate``.
    """

    holder: str
    key: str
    in_words: str

    def rotate(self, name: str, overlap: dt.timedelta) -> tuple[str, dt.datetime]:
        """The new key, and the earliest time (UTC) at which the old ones lapse. Raises ValueError, with a sentence."""
        raise NotImplementedError

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--overlap", type=float, default=DEFAULT_OVERLAP.total_seconds() / 3600, metavar="HOURS")

    def work(self, **options: Any) -> Result:
        hours = options["overlap"]
        if not 0 <= hours <= LONGEST_OVERLAP.total_seconds() / 3600:  # NaN and infinities neither
            raise ValueError("Give --overlap in hours, from 0 to 8760, which is a year.")
        key, until = self.rotate(options["name"], dt.timedelta(hours=hours))
        return {
            self.holder: options["name"],
            self.key: key,
            "old_key_until": until.isoformat(timespec="seconds").replace("+00:00", "Z"),
        }

    def tell(self, result: Result) -> str:
        return (
            f"{self.in_words} {result[self.holder]}, shown this once:\n"
            f"  {result[self.key]}\n"
            f"Keys before it work until {result['old_key_until']}; with an overlap, also for as long as the new one "
            "has not been used."
        )
