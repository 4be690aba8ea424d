"""What the channels told of a safe's days, read from its transactions: all figures of several days at once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django.db import connection

from transactions.catalogue import CASH_KINDS
from transactions.completeness.judging import Covered, Line, Told
from transactions.models import Book, Message, Repeat, Transaction

Channel = Literal["push", "file"]
Day = tuple[dt.date, str]
"""Business date and currency; an empty one is not known."""

# How often the sources of a channel told of a key, if they told of nothing twice (DOMAIN.md section 1, "Claimed").
_CLAIMED = f"""
SELECT count(*) FROM (
    SELECT o.{{channel}}_message_id AS message_id FROM {Transaction._meta.db_table} o
    WHERE (o.safe_id, o.local_time, o.key_digest, o.book) = (t.safe_id, t.local_time, t.key_digest, t.book)
      AND o.{{channel}}_message_id IS NOT NULL
    UNION ALL
    SELECT r.message_id FROM {Repeat._meta.db_table} r
    WHERE (r.safe_id, r.local_time, r.key_digest, r.book) = (t.safe_id, t.local_time, t.key_digest, t.book)
) shown JOIN {Message._meta.db_table} m ON m.id = shown.message_id AND {{source}}
GROUP BY m.endpoint_id, m.feed_id ORDER BY 1 DESC LIMIT 1
"""

# The second of two equal drops that a channel told of in two messages stands on no message of that channel, but when
# the other channel shows both, it was told of all the same: how a source cuts its messages changes no figure. Only the
# few rows that are a second occurrence, and that one channel shows, are looked up for it.
_TOLD = """
(t.seen_by_{channel} IS NOT NULL OR CASE
    WHEN t.occurrence > 1 AND t.seen_by_{other} IS NOT NULL THEN coalesce(({claimed}), 0) >= t.occurrence
    ELSE false END)
"""
_BY_PUSH = _TOLD.format(
    channel="push", other="file", claimed=_CLAIMED.format(channel="push", source="m.endpoint_id IS NOT NULL")
)
_BY_FILE = _TOLD.format(
    channel="file", other="push", claimed=_CLAIMED.format(channel="file", source="m.endpoint_id IS NULL")
)

_LINES = f"""
SELECT t.business_date, coalesce(t.currency, ''), t.type, {_BY_PUSH} AS by_push, {_BY_FILE} AS by_file,
       count(*), coalesce(sum(abs(t.amount)) FILTER (WHERE t.kind = ANY(%s)), 0)
FROM {Transaction._meta.db_table} t
WHERE t.safe_id = %s AND t.business_date = ANY(%s) AND t.book = %s AND t.counted
GROUP BY 1, 2, 3, 4, 5
"""

_MISSING = f"""
SELECT local_time, type, amount, currency, user_name FROM (
    SELECT t.*, {_BY_PUSH} AS by_push, {_BY_FILE} AS by_file FROM {Transaction._meta.db_table} t
    WHERE t.safe_id = %s AND t.business_date = %s AND t.book = %s AND t.counted
      AND (t.seen_by_push IS NULL OR t.seen_by_file IS NULL)
) t
WHERE CASE %s WHEN 'push' THEN by_file AND NOT by_push ELSE by_push AND NOT by_file END
  AND (%s::text[] IS NULL OR type = ANY(%s))
ORDER BY local_time, key_digest, occurrence LIMIT %s
"""

_KEYS = f"""
SELECT encode(sha256(coalesce(string_agg(key_digest || int4send(occurrence), ''::bytea
                                         ORDER BY key_digest, occurrence), ''::bytea)), 'hex')
FROM {Transaction._meta.db_table} WHERE safe_id = %s AND business_date = %s AND book = %s AND counted
"""


@dataclass(frozen=True, slots=True)
class Missing:
    """A transaction that one channel did not tell of."""

    local_time: dt.datetime
    type: str
    amount: Decimal
    currency: str | None
    user_name: str | None


def lines_of(safe_id: int, dates: Collection[dt.date]) -> dict[Day, list[Line]]:
    """What the channels told of these days; days without transactions are not there."""
    found: dict[Day, list[Line]] = defaultdict(list)
    for date, currency, type_, by_push, by_file, count, cash in _ask(
        _LINES, [sorted(CASH_KINDS), safe_id, list(dates), Book.PRODUCTION]
    ):
        found[date, currency].append(Line(type_, by_push, by_file, Told(count, cash)))
    return found


def missing_of(safe_id: int, date: dt.date, channel: Channel, covered: Covered, most: int) -> list[Missing]:
    """Transactions of a day that this channel did not tell of and the other did, of the types both cover, in order."""
    types = None if covered.push_types is None else sorted(covered.push_types)
    return [Missing(*row) for row in _ask(_MISSING, [safe_id, date, Book.PRODUCTION, channel, types, types, most])]


def keys_of(safe_id: int, date: dt.date) -> str:
    """SHA-256, in hexadecimal, over the keys and occurrences of a day's counted transactions, in order."""
    ((digest,),) = _ask(_KEYS, [safe_id, date, Book.PRODUCTION])
    return str(digest)


def _ask(statement: str, values: list[Any]) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
