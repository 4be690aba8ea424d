"""One area, lived through by the system itself: pushes recorded, takings kept, days drawn, findings settled.

What comes of it is what would have come of it in life, but for the time it was written at, which is set back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import islice

from django.db import connection
from django.db.models import F
from django.utils import timezone

from safes.estate import add_site, place_safe
from safes.findings import settle_by_person
from safes.models import Finding, FindingNote, MachineKey, Safe
from transactions.completeness.covering import follow_arranged
from transactions.deliveries import record_delivery
from transactions.drawing import draw_touched
from transactions.endpoints import add_endpoint
from transactions.models import (
    AuditEvent,
    Delivery,
    PushEndpoint,
    Taking,
    TouchedDay,
    TouchedSiteDay,
    Transaction,
)
from transactions.receiving import Arrival, digest_of, store
from transactions.reconciliation.counts.keeping import Said, enter_count
from transactions.reconciliation.takings.book import Teller
from transactions.reconciliation.takings.keeping import keep
from transactions.simulation.estate import SimSafe
from transactions.simulation.messages import Habits, told
from transactions.simulation.takings import takings_between

Say = Callable[[str], None]

ENDPOINT = "chain"
_STEP = dt.timedelta(hours=12)
_HABITS = Habits(
    again=0.02, respelt=0.01, overlapping=0.01, late=0.02, nameless=0.0, with_broken_row=0.005, lost_every=0
)
_REPORTS = 100
# What is younger than that is still open; of what is older, one in forty was forgotten.
_SETTLED_AFTER = dt.timedelta(days=10)
_FORGOTTEN = 40


def live(estate: list[SimSafe], begin: dt.datetime, end: dt.datetime, say: Say) -> None:
    """All that the safes of an estate told from ``begin`` until ``end`` (UTC), in a database without any."""
    _open(estate)
    _push(estate, begin, end, say)
    _count(begin)
    say("takings")
    reports = filter(None, takings_between(estate, begin, end))
    while some := list(islice(reports, _REPORTS)):
        keep([taking.as_json() for report in some for taking in report], Teller(Taking.Source.API))
    _draw(say)
    say("setting times back")
    _set_back()
    _settle(end)


def _open(estate: list[SimSafe]) -> None:
    sites = {
        site: add_site(site.code, name=site.name, time_zone=site.zone)
        for site in dict.fromkeys(safe.site for safe in estate)
    }
    for safe in estate:
        place_safe(safe.serial, sites[safe.site], model="Recycler" if safe.is_recycler else "Smart safe")
    add_endpoint(ENDPOINT)
    follow_arranged()


def _push(estate: list[SimSafe], begin: dt.datetime, end: dt.datetime, say: Say) -> None:
    endpoint_key = MachineKey.objects.get(scope=MachineKey.Scope.PUSH)
    endpoint = PushEndpoint.objects.get(name=ENDPOINT)
    came: list[tuple[int, dt.datetime]] = []
    for number, message in enumerate(told(estate, begin, end, _STEP, habits=_HABITS)):
        stored = store(endpoint, endpoint_key, Arrival(message.body, digest_of(message.body), {}))
        came.append((stored.delivery_id, message.due))
        if not stored.is_repeat:
            record_delivery(stored.delivery_id, body=message.body)
        if number % 200 == 0:
            say(f"pushes, until {message.due:%Y-%m-%d}")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {Delivery._meta.db_table} d SET received_at = c.at, recorded_at = c.at
            FROM unnest(%s::bigint[], %s::timestamptz[]) AS c(id, at) WHERE d.id = c.id
            """,
            [[one for one, _ in came], [at for _, at in came]],
        )


def _count(begin: dt.datetime) -> None:
    """Each safe was counted on its second day. Checks are left out: a finding about one is known by the check's id."""
    opening = begin.date() + dt.timedelta(days=2)
    for number, safe in enumerate(Safe.objects.order_by("pk")):
        said = Said("contents", "opening", opening, "USD", Decimal(500 + 20 * number), counted_by="The opening team")
        enter_count(safe, said, None)


def _draw(say: Say) -> None:
    while draw_touched():
        say(f"days to draw: {TouchedDay.objects.count():,}, of sites: {TouchedSiteDay.objects.count():,}")


def _set_back() -> None:
    """What was written now was written when it happened: everything that is a function of now would be of one day."""
    finding, note, taking = (model._meta.db_table for model in (Finding, FindingNote, Taking))
    now = timezone.now()
    # When its cause came: the day after its date, or now if that is to come.
    opened = "least(%s, (business_date + 1) + time '12:00')"
    statements = [
        f"UPDATE {finding} SET opened_at = {opened} WHERE business_date IS NOT NULL",
        f"UPDATE {note} n SET at = f.opened_at FROM {finding} f WHERE f.id = n.finding_id AND %s IS NOT NULL",
        f"UPDATE {taking} SET entered_at = {opened}, changed_at = {opened}",
    ]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, [now] * statement.count("%s"))
        for model in (Transaction, AuditEvent):
            cursor.execute(
                f"""
                UPDATE {model._meta.db_table} t SET seen_by_push = d.received_at
                FROM (SELECT message_id, min(received_at) AS received_at FROM {Delivery._meta.db_table}
                      WHERE repeat_of_id IS NULL GROUP BY message_id) d
                WHERE d.message_id = t.push_message_id
                """
            )


def _settle(end: dt.datetime) -> None:
    old = Finding.objects.filter(state=Finding.State.OPEN, business_date__lt=(end - _SETTLED_AFTER).date())
    for finding_id in _but_one_in(_FORGOTTEN, old.order_by("pk").values_list("pk", flat=True)):
        settle_by_person(finding_id, "supervisor", "Looked into with the site: explained.")
    Finding.objects.filter(settled_facts__isnull=False, business_date__isnull=False).update(
        closed_at=F("opened_at") + dt.timedelta(days=2)
    )


def _but_one_in(number: int, ids: Iterable[int]) -> Iterator[int]:
    return (one for place, one in enumerate(ids) if place % number)
