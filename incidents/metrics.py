"""What operators watch of incidents: how tries end, and what waits in the outbox."""

from __future__ import annotations

from django.db import connection

from incidents.models import Dispatch, LoomisAccount
from safes.counters import Counter, Gauge

TRIES = Counter(
    "strongroom_incident_tries_total",
    "Tries to get a message to Loomis, by what came of them.",
    ("kind", "outcome"),
)

_WAITING = ("due", "claimed", "held")
_STUCK = ("unknown", "dead")


def gauges() -> list[Gauge]:
    """Each by an index that holds only what has not got through: history costs nothing here."""
    # Spelt as the condition of the index dispatch_not_done is.
    rows = _rows(
        f"""
        SELECT state, count(*), coalesce(max(extract(epoch FROM now() - created_at)) FILTER (WHERE state <> 'held'), 0)
        FROM {Dispatch._meta.db_table} WHERE state NOT IN ('done', 'dropped') GROUP BY state
        """
    )
    found = {str(state): (float(number), float(age)) for state, number, age in rows}
    oldest = max([0.0, *(age for state, (_, age) in found.items() if state in _WAITING)])
    failing = _rows(f"SELECT name, (failing_since IS NOT NULL)::int FROM {LoomisAccount._meta.db_table} WHERE active")
    return [
        Gauge(
            "strongroom_outbox_waiting",
            "Messages to Loomis that have not gone out: due, claimed, or held until Loomis has given its number.",
            ("state",),
            [((state,), found.get(state, (0.0, 0.0))[0]) for state in _WAITING],
        ),
        Gauge("strongroom_outbox_lag_seconds", "Age of the oldest of them but those held.", (), [((), oldest)]),
        Gauge(
            "strongroom_outbox_stuck",
            "Messages that are tried no more by themselves: of unknown outcome, or dead letters.",
            ("state",),
            [((state,), found.get(state, (0.0, 0.0))[0]) for state in _STUCK],
        ),
        Gauge(
            "strongroom_loomis_account_failing",
            "1 for a Loomis account whose last try did not get through.",
            ("account",),
            [((str(name),), float(is_failing)) for name, is_failing in failing],
        ),
    ]


def _rows(statement: str) -> list[tuple[str | int | float, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
