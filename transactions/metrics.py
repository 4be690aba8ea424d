"""What operators watch of deliveries: what came of them, what was turned away, what waits."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from safes.counters import Counter, Gauge
from safes.models import Finding
from transactions.models import Delivery, Feed, FeedFile, PushEndpoint, TouchedDay

DELIVERIES = Counter(
    "strongroom_deliveries_total",
    "Deliveries by what came of them; failed counts attempts, duplicate the same bytes again.",
    ("endpoint", "status"),
)
ROWS = Counter(
    "strongroom_rows_total", "Rows of deliveries: created, known already, or quarantined.", ("endpoint", "outcome")
)
REFUSED = Counter(
    "strongroom_pushes_refused_total",
    "Pushes not answered 200. Loomis tries for 24 hours and then discards the message.",
    # Empty where there is no such endpoint: a name that a stranger chose is no label.
    ("endpoint", "reason"),
)

# More marks than these are told as so many: the number says “far behind” either way.
_MARKS_COUNTED = 100_000


def count_recorded(delivery: Delivery, recorded_before: dt.datetime | None, created_before: int) -> None:
    """Count what recording a delivery came to; of one that was read again, only the rows that are new by it."""
    if delivery.recorded_at is None or delivery.recorded_at == recorded_before:
        return
    source = _source(delivery)
    created = delivery.created or 0
    if recorded_before is None:
        DELIVERIES.add(endpoint=source, status=delivery.status)
        ROWS.add(delivery.known or 0, endpoint=source, outcome="known")
        ROWS.add(delivery.quarantined or 0, endpoint=source, outcome="quarantined")
    ROWS.add(max(created - created_before, 0), endpoint=source, outcome="created")


def count_failed(delivery: Delivery) -> None:
    DELIVERIES.add(endpoint=_source(delivery), status="failed")


def _source(delivery: Delivery) -> str:
    return delivery.endpoint.name if delivery.endpoint is not None else str(delivery.channel)


def gauges() -> list[Gauge]:
    """Each by an index that holds only what waits, or only the last of an endpoint: history costs nothing here."""
    return [*_waiting(), _quarantine(), _last_pushes(), _marks(), *_feeds(), *_files()]


def _waiting() -> list[Gauge]:
    # Spelt as the condition of the index delivery_to_record is.
    rows = _rows(
        f"""
        SELECT status, count(*), extract(epoch FROM now() - min(received_at))
        FROM {Delivery._meta.db_table} WHERE status IN ('stored', 'failed') GROUP BY status
        """
    )
    found = {str(status): (float(count), float(age)) for status, count, age in rows}
    numbers = [((status,), found.get(status, (0.0, 0.0))[0]) for status in ("stored", "failed")]
    oldest = max([0.0, *(age for _, age in found.values())])
    return [
        Gauge("strongroom_deliveries_waiting", "Deliveries that are stored and not recorded.", ("status",), numbers),
        Gauge("strongroom_delivery_lag_seconds", "Age of the oldest of them; 0 when none waits.", (), [((), oldest)]),
    ]


def _quarantine() -> Gauge:
    """By the findings, which are closed when the rows were settled or read after all."""
    ((rows,),) = _rows(
        f"""
        SELECT coalesce(sum((detail->>'row_count')::bigint), 0)
        FROM {Finding._meta.db_table} WHERE state = 'open' AND kind = 'quarantined_row'
        """
    )
    return Gauge("strongroom_quarantined_rows_open", "Rows in quarantine that nobody settled.", (), [((), float(rows))])


def _last_pushes() -> Gauge:
    rows = _rows(
        f"""
        SELECT e.name, extract(epoch FROM now() - last.received_at)
        FROM {PushEndpoint._meta.db_table} e
        CROSS JOIN LATERAL (
            SELECT received_at FROM {Delivery._meta.db_table} d
            WHERE d.endpoint_id = e.id ORDER BY received_at DESC LIMIT 1
        ) last
        WHERE e.active
        """
    )
    samples = [((str(name),), max(float(age), 0.0)) for name, age in rows]
    return Gauge(
        "strongroom_last_push_age_seconds",
        "Since the last push that was stored; active endpoints that had one.",
        ("endpoint",),
        samples,
    )


def _feeds() -> list[Gauge]:
    """Active feeds that have a folder to look through; one that was never reached counts from when it was made."""
    rows = _rows(
        f"""
        SELECT name, extract(epoch FROM now() - coalesce(reached_at, created_at)),
            (failing_since IS NOT NULL)::int
        FROM {Feed._meta.db_table} WHERE active AND url <> ''
        """
    )
    ages = [((str(name),), max(float(age), 0.0)) for name, age, _ in rows]
    failing = [((str(name),), float(is_failing)) for name, _, is_failing in rows]
    return [
        Gauge("strongroom_feed_failing", "1 for a feed with something wrong, as its finding says.", ("feed",), failing),
        Gauge("strongroom_feed_reached_age_seconds", "Since a feed was last reached and listed.", ("feed",), ages),
    ]


def _files() -> list[Gauge]:
    # By the index feed_file_once_at_a_time, which holds only these states.
    waiting = _rows(
        f"""
        SELECT feed.name, count(*) FROM {FeedFile._meta.db_table} file JOIN {Feed._meta.db_table} feed
            ON feed.id = file.feed_id
        WHERE file.state IN ('seen', 'settled', 'fetched', 'failed') GROUP BY feed.name
        """
    )
    quarantined = _rows(
        f"""
        SELECT detail->>'feed', count(*) FROM {Finding._meta.db_table}
        WHERE state = 'open' AND kind = 'quarantined_row' AND detail ? 'feed' GROUP BY 1
        """
    )
    return [
        Gauge(
            "strongroom_feed_files_waiting",
            "Files that lie in a feed and are not recorded.",
            ("feed",),
            [((str(name),), float(number)) for name, number in waiting],
        ),
        Gauge(
            "strongroom_feed_files_quarantined",
            "Files with rows in quarantine, or none that could be read, that nobody settled.",
            ("feed",),
            [((str(name),), float(number)) for name, number in quarantined],
        ),
    ]


def _marks() -> Gauge:
    ((marks,),) = _rows(
        f"SELECT count(*) FROM (SELECT FROM {TouchedDay._meta.db_table} LIMIT {_MARKS_COUNTED}) AS marks"
    )
    return Gauge("strongroom_touched_days", "Safe days that wait to be drawn again.", (), [((), float(marks))])


def _rows(statement: str) -> list[tuple[str | int | float, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
