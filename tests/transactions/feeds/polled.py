"""Feeds on real servers, for tests that look through them."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from safes.models import Finding
from tests.safes.remote.serve import PASSWORD
from tests.safes.remote.servers import FileServer
from tests.transactions.feeds.filing import xml
from tests.transactions.pushing import drop
from transactions.feeds.arranging import add_feed
from transactions.feeds.polling import poll
from transactions.models import Feed, FeedFile


@dataclass
class Polled:
    """A feed, and the folder of the server that it looks through."""

    feed: Feed
    folder: Path

    def put(self, name: str, content: bytes | None = None, *, seconds_ago: int = 60) -> Path:
        """A file in the folder, changed so long ago; each name has content of its own unless told."""
        path = self.folder / name
        path.write_bytes(day(name) if content is None else content)
        then = timezone.now().timestamp() - seconds_ago
        os.utime(path, (then, then))
        return path

    def poll(self) -> dict[str, str]:
        """Look through the feed now: the state of each file that was worked on."""
        worked = {file.name: file.state for file in poll(self.feed.pk)}
        self.feed.refresh_from_db()
        return worked

    def states(self) -> list[tuple[str, str]]:
        """Every file that was ever seen, in that order."""
        return list(FeedFile.objects.filter(feed=self.feed).order_by("pk").values_list("name", "state"))

    def file(self, name: str) -> FeedFile:
        return FeedFile.objects.filter(feed=self.feed, name=name).latest("pk")

    def pass_time(self, seconds: int) -> None:
        """As if the feed had last been looked through so much earlier."""
        ago = dt.timedelta(seconds=seconds)
        for file in FeedFile.objects.filter(feed=self.feed):
            file.seen_at -= ago
            file.still_since -= ago
            if file.next_attempt_at is not None:
                file.next_attempt_at -= ago
            file.save()

    def lying(self) -> list[str]:
        """What lies in the folder and below, by name."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def finding(self, kind: str = "feed_failure") -> Finding | None:
        return Finding.objects.filter(kind=kind, state=Finding.State.OPEN).order_by("pk").last()


def feed_of(server: FileServer, name: str = "daily", **arranged: Any) -> Polled:
    """A feed of a server's folder, whose files are taken at the first look unless a settle period is given."""
    given = {"password": PASSWORD, "host_key": server.host_key, "settle_seconds": 0, **arranged}
    return Polled(add_feed(name, server.url, **given), server.folder)


def day(name: str, drops: int = 2) -> bytes:
    """A file of drops that no file of another name has."""
    return xml(drop(number, UserName=name) for number in range(drops))
