"""replay_delivery ID… | --failed | --since …"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from safes.commands import Result, SentenceCommand
from transactions.replaying import replay


class Command(SentenceCommand):
    help = "Reads stored raw bodies again and records what they say; changes nothing that is right."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, metavar="ID")
        parser.add_argument("--failed", action="store_true", help="those that could not be recorded")
        parser.add_argument("--since", metavar="WHEN", help="received since 2026-11-21, or 2026-11-21T17:00Z; UTC")

    def work(self, **options: Any) -> Result:
        since = _moment(options["since"]) if options["since"] else None
        if not options["ids"] and not options["failed"] and since is None:
            raise ValueError("Say which deliveries to read again: their ids, --failed, or --since.")
        readings = replay(ids=options["ids"], failed=options["failed"], since=since)
        return {"deliveries": [asdict(reading) for reading in readings]}

    def tell(self, result: Result) -> str:
        lines = [
            f"delivery {one['delivery']}: "
            + (
                one["error"]
                or f"{one['status']}, {one['received']} rows, {one['created']} created, {one['known']} known, "
                f"{one['quarantined']} quarantined"
            )
            for one in result["deliveries"]
        ]
        return "\n".join(lines) or "There is nothing to read again."

    def complaint(self, result: Result) -> str | None:
        left = [one for one in result["deliveries"] if one["error"]]
        if not left:
            return None
        how_many = "1 delivery" if len(left) == 1 else f"{len(left)} deliveries"
        return f"{how_many} could not be read again: {left[0]['error']}"


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"“{text[:30]}” is no date or time: give --since as 2026-11-21 or 2026-11-21T17:00Z."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
