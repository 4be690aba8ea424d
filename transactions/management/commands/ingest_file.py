"""ingest_file PATH…"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db.transaction import atomic

from safes.commands import Result, SentenceCommand
from transactions.deliveries import record_delivery
from transactions.feeds.arranging import manual_feed
from transactions.feeds.taking import store_file
from transactions.models import Delivery
from transactions.replaying import draw_all

# A smaller file is done before anybody could wonder.
_WORTH_TELLING = 1 << 20
_STEPS = 20


class Command(SentenceCommand):
    help = "Takes files in as if a feed had brought them: plain, gzip or zip. How far it is stands on stderr."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH")

    def work(self, **options: Any) -> Result:
        paths = [Path(path) for path in options["paths"]]
        for path in paths:
            if not path.is_file():
                raise ValueError(f"There is no file {path}: check the path. Nothing was taken in.")
            if not path.name.isprintable():
                raise ValueError(f"The name of {path!a} cannot be kept: rename the file. Nothing was taken in.")
        return {"files": [self._take(path) for path in paths]}

    def _take(self, path: Path) -> Result:
        try:
            with path.open("rb") as content, atomic():
                delivery = store_file(manual_feed(), path.name, content)
        except OSError as error:
            raise ValueError(
                f"{path} was not taken in: {error.strerror or error}. Give it again when that is mended."
            ) from None
        first = record_delivery(delivery.repeat_of_id or delivery.pk, tell=_Progress(self, path.name, delivery.size))
        draw_all()
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

    def complaint(self, result: Result) -> str | None:
        failed = [one["path"] for one in result["files"] if one["status"] == Delivery.Status.FAILED]
        if not failed:
            return None
        return f"{failed[0]} is stored, but was not recorded: the log says why, and a worker tries it again by itself."


class _Progress:
    """Tells on stderr how much of a large file has been read, in steps of five percent."""

    def __init__(self, command: Command, name: str, size: int) -> None:
        self.command, self.name, self.size, self.told = command, name, size, 0

    def __call__(self, read: int) -> None:
        step = _STEPS * read // self.size if self.size >= _WORTH_TELLING else 0
        if step > self.told:
            self.told = step
            said = "read, being recorded" if step == _STEPS else f"{step * 100 // _STEPS} % read"
            self.command.stderr.write(f"{self.name}: {said}", style_func=str)
            self.command.stderr.flush()
