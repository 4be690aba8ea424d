"""rotate_update_key NAME"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import CommandParser

from incidents.arranging import rotate
from safes.commands import Result, SentenceCommand
from safes.keys import DEFAULT_OVERLAP, LONGEST_OVERLAP


class Command(SentenceCommand):
    help = (
        "Gives a Loomis account a new key for updates and shows it, this once. The old one works until the overlap "
        "ends and the new one has been used; with --overlap 0 it lapses at once."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--overlap", type=float, default=DEFAULT_OVERLAP.total_seconds() / 3600, metavar="HOURS")

    def work(self, **options: Any) -> Result:
        hours = options["overlap"]
        if not 0 <= hours <= LONGEST_OVERLAP.total_seconds() / 3600:  # NaN and infinities neither
            raise ValueError("Give --overlap in hours, from 0 to 8760, which is a year.")
        key, until = rotate(options["name"], dt.timedelta(hours=hours))
        return {
            "account": options["name"],
            "update_key": key,
            "old_key_until": until.isoformat(timespec="seconds").replace("+00:00", "Z"),
        }

    def tell(self, result: Result) -> str:
        return (
            f"The new key for updates of {result['account']}, shown this once:\n"
            f"  {result['update_key']}\n"
            f"Keys before it work until {result['old_key_until']}; with an overlap, also for as long as the new one "
            "has not been used."
        )
