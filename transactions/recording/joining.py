"""Files that turn out to be one message: what each showed is shown by one. DOMAIN.md section 1, "Message".

What a message shows is occurrences 1 to n of each key, so that both together show just as many as the one that showed
more: no body need be read again, and nothing stored changes but what the sources claim.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from transactions.models import AuditEvent, Delivery, Message, Repeat, Transaction
from transactions.recording.marks import Day
from transactions.recording.repeats import Table

_TABLES: tuple[Table, ...] = (Transaction, AuditEvent)
_IDENTITY = "safe_id, local_time, key_digest, occurrence, book"


def join_messages(message_id: int, others: Collection[int]) -> set[Day]:
    """Give a message all that the others showed, and its deliveries; the others are gone after it.

    The caller holds the locks on the safes that the others showed. Returns the safe days on which a key may be claimed
    otherwise than before.
    """
    apart = list(others)
    days: set[Day] = set()
    repeats = Repeat._meta.db_table
    with connection.cursor() as cursor:
        for table in _TABLES:
            # A row that two messages showed has a Repeat row of one of them at least.
            cursor.execute(
                f"""
                SELECT DISTINCT t.safe_id, t.business_date FROM {repeats} r
                JOIN {table._meta.db_table} t USING ({_IDENTITY})
                WHERE r.message_id = ANY(%s) OR (r.message_id = %s AND t.file_message_id = ANY(%s))
                """,
                [apart, message_id, apart],
            )
            days.update(cursor.fetchall())
            cursor.execute(
                f"UPDATE {table._meta.db_table} SET file_message_id = %s WHERE file_message_id = ANY(%s)",
                [message_id, apart],
            )
        cursor.execute(
            f"""
            WITH moved AS (DELETE FROM {repeats} WHERE message_id = ANY(%s) RETURNING *)
            INSERT INTO {repeats} ({_IDENTITY}, message_id) SELECT {_IDENTITY}, %s FROM moved ON CONFLICT DO NOTHING
            """,
            [apart, message_id],
        )
        for table in _TABLES:
            cursor.execute(
                f"""
                DELETE FROM {repeats} r USING {table._meta.db_table} t
                WHERE r.message_id = %s AND t.file_message_id = r.message_id
                  AND (t.safe_id, t.local_time, t.key_digest, t.occurrence, t.book)
                    = (r.safe_id, r.local_time, r.key_digest, r.occurrence, r.book)
                """,
                [message_id],
            )
        cursor.execute(
            f"UPDATE {Delivery._meta.db_table} SET message_id = %s WHERE message_id = ANY(%s)",
            [message_id, apart],
        )
        cursor.execute(f"DELETE FROM {Message._meta.db_table} WHERE id = ANY(%s)", [apart])
    return days
