"""What follows for stored rows when a safe's place, or a site's zone, rollover or currency, turns out otherwise.

Instants, currencies and business dates are functions of what was sent and of where the safe stood; here they are drawn
anew, with the locks on the safes held by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from safes.estate import Standings, standings_of
from safes.localtime import instant
from transactions.business_day import nominal_date
from transactions.catalogue import END_OF_DAY
from transactions.models import AuditEvent, Book, DayClose, Transaction
from transactions.recording.closes import redraw_closes
from transactions.recording.dating import currency_of
from transactions.recording.marks import Day

_CHUNK = 5000

Stored = Transaction | AuditEvent


def derive_times(
    table: type[Transaction] | type[AuditEvent],
    rows: Sequence[Stored],
    standings: Mapping[int, Standings],
) -> None:
    """Store the instants and currencies of these rows, and their offsets, as they follow from the standings now."""
    values = []
    for row in rows:
        place = standings[row.safe_id].on(row.local_time.date())
        occurred_at, note = instant(row.local_time, place.time_zone, tuple(row.sent_offsets or ()))
        currency = currency_of([sent for _, _, sent in row.denominations or ()], place.currency)
        offsets = None if row.sent_offsets is None else "{" + ",".join(map(str, row.sent_offsets)) + "}"
        values.append((row.pk, occurred_at, note, currency, offsets))
    _update(
        f"""
        UPDATE {table._meta.db_table} t
        SET occurred_at = n.occurred_at, time_note = n.note, currency = n.currency, sent_offsets = n.offsets::smallint[]
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[])
             AS n(id, occurred_at, note, currency, offsets)
        WHERE t.id = n.id
          AND (t.occurred_at, t.time_note, t.currency, t.sent_offsets)
              IS DISTINCT FROM (n.occurred_at, n.note, n.currency, n.offsets::smallint[])
        """,
        values,
    )


def derive_again(safe_ids: list[int]) -> set[Day]:
    """Draw instants, currencies and business dates of these safes' rows anew; returns the days that must be redrawn."""
    standings = standings_of(safe_ids)
    touched: set[Day] = set()
    DayClose.objects.filter(safe_id__in=safe_ids).delete()
    for book in Book:
        closes: set[Day] = set()
        for table in (Transaction, AuditEvent):
            rows = table.objects.filter(safe_id__in=safe_ids, book=book).order_by("safe_id", "local_time")
            for chunk in _chunks(rows):
                derive_times(table, chunk, standings)
                closes |= _derive_nominal_dates(table, chunk, standings, touched)
        touched |= redraw_closes(closes, book, standings)
    return touched


def _derive_nominal_dates(
    table: type[Transaction] | type[AuditEvent],
    rows: Sequence[Stored],
    standings: Mapping[int, Standings],
    touched: set[Day],
) -> set[Day]:
    """Set business dates to the nominal ones, to be moved by the closes after; returns the days that have a close."""
    nominal = {row.pk: nominal_date(row.local_time, standings[row.safe_id].rollover) for row in rows}
    moved = [(row.pk, nominal[row.pk]) for row in rows if nominal[row.pk] != row.business_date]
    _update(
        f"""
        UPDATE {table._meta.db_table} t SET business_date = n.business_date
        FROM unnest(%s::bigint[], %s::date[]) AS n(id, business_date) WHERE t.id = n.id
        """,
        moved,
    )
    for row in rows:
        touched |= {(row.safe_id, row.business_date), (row.safe_id, nominal[row.pk])}
    return {(row.safe_id, nominal[row.pk]) for row in rows if row.type == END_OF_DAY}


def _update(statement: str, values: Sequence[tuple[Any, ...]]) -> None:
    if values:
        with connection.cursor() as cursor:
            cursor.execute(statement, [list(column) for column in zip(*values, strict=True)])


def _chunks(rows: Any) -> Any:
    chunk: list[Stored] = []
    for row in rows.iterator(chunk_size=_CHUNK):
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
