"""ingest_file PATH…"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db.transaction import atomic

from safes.commands import Result, SentenceCommand
from transactions.deliveries import record_delivery
from transactions.drawing import draw_touched
from transactions.feeds.arranging import manual_feed
from transactions.feeds.taking import store_file
from transactions.models import Delivery


class Command(SentenceCommand):
    help = "Takes files in as if a feed had brought them."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH")

    def work(self, **options: Any) -> Result:
        missing = [path for path in options["paths"] if not Path(path).is_file()]
        if missing:
            raise ValueError(f"There is no file {missing[0]}: check the path. Nothing was taken in.")
        return {"files": [self._take(Path(path)) for path in options["paths"]]}

    def _take(self, path: Path) -> Result:
        with path.open("rb") as content, atomic():
            delivery = store_file(manual_feed(), path.name, content)
        first = record_delivery(delivery.repeat_of_id or delivery.pk)
        while draw_touched():
            pass
        is_repeat = delivery.repeat_of_id is not None
        return {
            "path": str(path),
            "delivery": delivery.pk,
            "status": Delivery.Status.DUPLICATE.value if is_repeat else first.status,
            "received": first.received,
            "created": 0 if is_repeat else first.created,
            "known": (first.received or 0) - (first.quarantined or 0) if is_repeat else first.known,
            "quarantined": first.quarantined,
        }

    def tell(self, result: Result) -> str:
        return "\n".join(
            f"{one['path']}: {one['status']}, {one['received']} rows, {one['created']} created, {one['known']} known, "
            f"{one['quarantined']} quarantined"
            for one in result["files"]
        )
