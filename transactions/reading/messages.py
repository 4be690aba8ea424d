"""Messages: what several bodies of one source may belong to. DOMAIN.md section 1, "Identity"."""

from __future__ import annotations

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


def other_bodies(message: Message, delivery: Delivery) -> QuerySet[Delivery]:
    """Deliveries of other bodies that were recorded as this message."""
    recorded = message.deliveries.filter(repeat_of__isnull=True, recorded_at__isnull=False)
    return recorded.exclude(pk=delivery.pk).order_by("pk")


def book_of(delivery: Delivery) -> Book:
    source = delivery.endpoint or delivery.feed
    return Book.TEST if source is not None and source.environment == Environment.TEST else Book.PRODUCTION
