"""poll_feeds [NAME]"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db.models import QuerySet

from safes.commands import Result, SentenceCommand
from transactions.feeds.polling import poll
from transactions.models import Feed, FeedFile


class Command(SentenceCommand):
    help = "Looks through feeds now, and takes in what has stood still."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", metavar="NAME", help="one feed; none: all active ones")

    def work(self, **options: Any) -> Result:
        feeds = Feed.objects.exclude(url="")
        feeds = feeds.filter(name=options["name"]) if options["name"] else feeds.filter(active=True)
        if options["name"] and not feeds:
            raise ValueError(f"There is no feed {options['name']} with a URL: add_feed makes one.")
        files: list[FeedFile] = []
        self.troubles = []
        for feed in feeds:
            files += poll(feed.pk, wait=True)
            files += [file for file in _waiting(feed) if file not in files]
            feed.refresh_from_db()
            self.troubles += [f"Feed {feed.name}: {feed.error}"] if feed.error else []
        return {"files": [_told(file) for file in files]}

    def tell(self, result: Result) -> str:
        return (
            "\n".join(
                f"{one['name']}: {one['state']}"
                + (
                    f", {one['received']} rows, {one['created']} created, {one['known']} known, "
                    f"{one['quarantined']} quarantined"
                    if one["received"] is not None
                    else ""
                )
                for one in result["files"]
            )
            or "There was nothing to take in."
        )

    def complaint(self, result: Result) -> str | None:
        return " ".join(self.troubles) or None


def _waiting(feed: Feed) -> QuerySet[FeedFile]:
    """Files that were seen, and have not stood still for long enough or not come to their end."""
    return FeedFile.objects.filter(feed=feed, state=FeedFile.State.SEEN).order_by("name")


def _told(file: FeedFile) -> Result:
    came = file.delivery
    first = came.repeat_of or came if came else None
    counts = {name: getattr(first, name, None) for name in ("received", "created", "known", "quarantined")}
    if first is not None and first != came and first.received is not None:  # the same bytes again
        counts |= {"created": 0, "known": first.received - (first.quarantined or 0)}
    return {"name": file.name, "state": file.state, **counts}
