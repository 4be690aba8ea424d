"""A worker in a process of its own that looks through a feed, and comes to grief or waits at a point of it:

    python -m tests.transactions.feeds.worker FEED_ID POINT (die | wait)

“wait” says so in a line, and goes on when its standard input ends.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

# Each is the step that the worker does not come to.
POINTS = {
    "fetching": "safes.remote.places.Place.fetch",
    "storing": "transactions.feeds.taking.store_file",
    "committing what was fetched": "transactions.feeds.taking.settle_changed_file",
    "recording": "transactions.feeds.polling.record_file",
    "committing what was recorded": "transactions.deliveries.keep_bad_rows",
    "putting away": "transactions.feeds.polling.put_away",
    "saying that it was put away": "transactions.feeds.taking.FeedFile.save",
    "saying how it went": "transactions.feeds.polling._say_how_it_went",
}


def at(point: str, happens: Callable[[], object]) -> None:
    """Let something happen right before a step."""
    from django.utils.module_loading import import_string

    place, _, name = POINTS[point].rpartition(".")
    try:
        holder: Any = sys.modules[place]
    except KeyError:
        holder = import_string(place)
    step = getattr(holder, name)

    def stopped(*arguments: Any, **named: Any) -> Any:
        # Files are saved at every step; the one that matters here is the last.
        if point != "saying that it was put away" or arguments[0].state == "archived":
            happens()
        return step(*arguments, **named)

    setattr(holder, name, stopped)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wait() -> None:
    sys.stdout.write("waiting\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    django.setup()

    from transactions.feeds.polling import poll

    feed_id, point, what = sys.argv[1:]
    at(point, {"die": die, "wait": wait}[what])
    poll(int(feed_id))
