"""Making and changing feeds. Commands and the admin call the same functions."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.transaction import atomic

from safes.remote import parse_address
from safes.sealing import seal
from transactions.models import Feed

# What ingest_file takes in comes by this one, as if somebody had put it into a folder.
MANUAL = "manual"


def add_feed(name: str, url: str, *, password: str = "", **arranged: Any) -> Feed:
    """Make a feed. A password in the URL is taken out of it and kept encrypted, as ``password`` is.

    Raises ValidationError, with sentences.
    """
    try:
        address, in_url = parse_address(url)
    except ValueError as error:
        raise ValidationError(str(error)) from None
    if in_url and arranged.get("password_env"):
        raise ValidationError("Give the password in the URL or in a variable (--password-env), not both.")
    return save(Feed(name=name, url=address.url, **arranged), password=in_url or password)


@atomic
def save(feed: Feed, *, password: str = "") -> Feed:
    """Store a feed; with a password, that from now on. Raises ValidationError, with sentences."""
    if feed.name == MANUAL and feed.url:
        raise ValidationError(f"{MANUAL} is the feed of files that are taken in by hand: choose another name.")
    if feed.pk:
        before = Feed.objects.select_for_update(no_key=True).get(pk=feed.pk)
        if before.environment != feed.environment:
            raise ValidationError("The environment of a feed decides what has been counted, and cannot be changed.")
    elif Feed.objects.filter(name=feed.name).exists():
        raise ValidationError(f"There is a feed {feed.name} already: choose another name.")
    if password:
        feed.sealed_password = seal(password)
    feed.full_clean()
    feed.next_poll_at = None  # what was changed is tried at once
    feed.save()
    return feed


def manual_feed() -> Feed:
    """The feed of files that are taken in by hand."""
    return Feed.objects.get_or_create(name=MANUAL, defaults={"url": "", "pattern": "*"})[0]
