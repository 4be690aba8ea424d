"""What a replay takes back: rows that a message was taken to show and, read again, does not.

They stay and are marked: no message shows them any more, so they are counted nowhere. DOMAIN.md section 1, "Replay".
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from transactions.catalogue import END_OF_DAY
from transactions.models import AuditEvent, Book, Delivery, Message, Repeat, Transaction
from transactions.recording.rows import Identities, Key


@dataclass(frozen=True, slots=True)
class Gone:
    """A row that one message fewer shows now."""

    safe_id: int
    local_time: dt.datetime
    digest: bytes
    business_date: dt.date
    is_close: bool

    @property
    def key(self) -> Key:
        return self.safe_id, self.local_time, self.digest


def safes_shown_by(message_id: int, channel: str) -> set[int]:
    """Ids of the safes a message was so far taken to speak of: their locks are due before anything is withdrawn."""
    slot = {f"{channel}_message": message_id}
    found = Repeat.objects.filter(message=message_id).values_list("safe_id").distinct()
    for table in (Transaction, AuditEvent):
        found = found.union(table.objects.filter(**slot).order_by().values_list("safe_id").distinct())
    return {safe_id for (safe_id,) in found}


def withdraw_missing(
    table: type[Transaction] | type[AuditEvent],
    shown: Identities,
    book: Book,
    channel: str,
    message_id: int,
) -> list[Gone]:
    """Take back what this message shows no longer: ``shown`` is all it shows now of this table."""
    name = table._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            DELETE FROM {Repeat._meta.db_table} r
            USING {name} t
            WHERE r.message_id = %s AND r.book = %s
              AND (t.safe_id, t.local_time, t.key_digest, t.occurrence, t.book)
                = (r.safe_id, r.local_time, r.key_digest, r.occurrence, r.book)
              AND NOT EXISTS ({_SHOWN.format(row="r", source=shown.source)})
            RETURNING t.safe_id, t.local_time, t.key_digest, t.business_date, t.type
            """,
            [message_id, book, *shown.parameters],
        )
        gone = cursor.fetchall()
        cursor.execute(
            _PROMOTE.format(
                table=name,
                channel=channel,
                source="endpoint_id IS NOT NULL",
                shown=_SHOWN.format(row="t", source=shown.source),
            ),
            [message_id, book, *shown.parameters],
        )
        gone += cursor.fetchall()
    return [Gone(safe_id, time, digest, date, type_ == END_OF_DAY) for safe_id, time, digest, date, type_ in gone]


_SHOWN = """
SELECT 1 FROM {source} AS i(safe_id, local_time, key_digest, occurrence)
WHERE (i.safe_id, i.local_time, i.key_digest, i.occurrence)
    = ({row}.safe_id, {row}.local_time, {row}.key_digest, {row}.occurrence)
"""

# Another message of the channel that showed the row too takes the place of the one that does not; its Repeat row goes.
_PROMOTE = f"""
WITH lost AS (
    SELECT t.* FROM {{table}} t
    WHERE t.{{channel}}_message_id = %s AND t.book = %s AND NOT EXISTS ({{shown}})
), heir AS (
    SELECT DISTINCT ON (lost.id) lost.id, r.id AS repeat_id, r.message_id,
           (SELECT min(d.received_at) FROM {Delivery._meta.db_table} d WHERE d.message_id = r.message_id) AS seen_at
    FROM lost
    JOIN {Repeat._meta.db_table} r
      ON (r.safe_id, r.local_time, r.key_digest, r.occurrence, r.book)
       = (lost.safe_id, lost.local_time, lost.key_digest, lost.occurrence, lost.book)
    JOIN {Message._meta.db_table} m ON m.id = r.message_id AND m.{{source}}
    ORDER BY lost.id, r.message_id
), spent AS (
    DELETE FROM {Repeat._meta.db_table} r USING heir WHERE r.id = heir.repeat_id
)
UPDATE {{table}} t
SET {{channel}}_message_id = heir.message_id,
    seen_by_{{channel}} = heir.seen_at,
    counted = t.counted AND (heir.id IS NOT NULL OR
        CASE '{{channel}}' WHEN 'push' THEN t.file_message_id ELSE t.push_message_id END IS NOT NULL)
FROM lost LEFT JOIN heir ON heir.id = lost.id
WHERE t.id = lost.id
RETURNING t.safe_id, t.local_time, t.key_digest, t.business_date, t.type
"""
