"""Messages: what several bodies of one source may belong to. DOMAIN.md section 1, "Identity"."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import QuerySet

from transactions.models import Book, Delivery, Message
from transactions.models.endpoint import Environment
from transactions.wire.values import BadRow


@dataclass(slots=True)
class Reading:
    """What came of a delivery: the rows of its body, those of them that are records, and how many of these were new.

    ``bad_rows`` may be fewer than there are, and one with position 0 stands for a whole body.
    """

    message: Message
    received: int
    records: int
    created: int
    bad_rows: list[BadRow]
    notes: list[str] = field(default_factory=list)


def locked_message(key: str, *, endpoint_id: int | None = None, feed_id: int | None = None) -> Message:
    """The message of that key, locked: two of its bodies are recorded one after the other."""
    source, source_id = ("endpoint_id", endpoint_id) if feed_id is None else ("feed_id", feed_id)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Message._meta.db_table} ({source}, key) VALUES (%s, %s) ON CONFLICT ({source}, key) "
            "DO UPDATE SET key = excluded.key RETURNING id",
            [source_id, key],
        )
        return Message(pk=cursor.fetchone()[0], endpoint_id=endpoint_id, feed_id=feed_id, key=key)


def locked_file_message(delivery: Delivery) -> tuple[Message, list[int]]:
    """The message that a file belongs to, and the ids of others that turn out to be the same one and are to be joined.

    Names are one message when the same bytes came under both, and so on along the chain. Until the transaction ends no
    other file of the feed is recorded: two of them might each take itself for the first of its chain.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_FILES, delivery.feed_id])
        # Asked once the lock is held, so that what others have recorded by now is seen.
        cursor.execute(_OF_CHAIN, {"delivery": delivery.pk, "feed": delivery.feed_id})
        found = cursor.fetchall()
    if not found:
        return locked_message(delivery.file_name, feed_id=delivery.feed_id), []
    (first, key), *others = found
    return Message(pk=first, feed_id=delivery.feed_id, key=key), [pk for pk, _ in others]


_FILES = 0x53_46_4D_53  # with a feed's id the name of the lock on its messages
_DELIVERIES = Delivery._meta.db_table
_OF_CHAIN = f"""
WITH RECURSIVE chain (name, body) AS (
    SELECT file_name, id FROM {_DELIVERIES} WHERE id = %(delivery)s
    UNION
    SELECT d.file_name, coalesce(d.repeat_of_id, d.id)
    FROM chain JOIN {_DELIVERIES} d
      ON d.feed_id = %(feed)s AND (d.file_name = chain.name OR d.id = chain.body OR d.repeat_of_id = chain.body)
)
SELECT id, key FROM {Message._meta.db_table} WHERE feed_id = %(feed)s AND key IN (SELECT name FROM chain) ORDER BY id
"""


def other_bodies(messages: Collection[int], delivery: Delivery) -> QuerySet[Delivery]:
    """Deliveries of other bodies that were recorded as one of these messages."""
    recorded = Delivery.objects.filter(message__in=messages, repeat_of__isnull=True, recorded_at__isnull=False)
    return recorded.exclude(pk=delivery.pk).order_by("pk")


def book_of(delivery: Delivery) -> Book:
    source = delivery.endpoint or delivery.feed
    return Book.TEST if source is not None and source.environment == Environment.TEST else Book.PRODUCTION
