"""A feed's folder, reached with the feed's own credentials."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase

from safes.remote import PATIENCE, Place, PlaceError, connect, parse_address
from safes.sealing import Unreadable, unseal
from transactions.models import Feed


@contextmanager
def reach(feed: Feed, seconds: float = PATIENCE) -> Iterator[Place]:
    """The folder of a feed. Raises PlaceError, with a sentence, when it cannot be reached.

    A server that says nothing for so many ``seconds`` is taken for away.
    """
    if not feed.url:
        raise PlaceError(f"The feed {feed.name} has no URL: its files are taken in by hand, with ingest_file.")
    address, _ = parse_address(feed.url)
    with connect(address, password=_password(feed), host_key=feed.host_key, seconds=seconds) as place:
        yield place


def try_out(feed: Feed, seconds: float = PATIENCE) -> str:
    """What a feed's folder holds, in a sentence. Raises PlaceError, with one, when it cannot be reached."""
    with reach(feed, seconds) as place:
        entries = place.entries()
    matching = [entry for entry in entries if is_wanted(feed, entry.name)]
    others = len(entries) - len(matching)
    return (
        f"{place.address.url} was reached. It holds {len(matching):,} files that match {feed.pattern}, "
        f"and {others:,} others, which are left alone."
    )


def is_wanted(feed: Feed, name: str) -> bool:
    """Whether a file of this name is for us: it matches, and is none that somebody is still writing."""
    lower = name.lower()
    unfinished = lower.endswith((".tmp", ".part", ".partial", ".filepart")) or lower.startswith((".", "~"))
    # A name that no page could show is no name of Loomis's, and could not be stored either.
    return not unfinished and name.isprintable() and len(name) <= 255 and fnmatchcase(lower, feed.pattern.lower())


def _password(feed: Feed) -> str:
    if feed.password_env:
        password = os.environ.get(feed.password_env)
        if password is None:
            raise PlaceError(
                f"The environment has no variable {feed.password_env}, which holds the password of the feed "
                f"{feed.name}: set it for the workers and for the web processes."
            )
        return password
    try:
        return unseal(feed.sealed_password)
    except Unreadable as error:
        raise PlaceError(str(error)) from error
