"""The books as the database has them, in the oracle's words."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from safes.models import Finding, Safe
from tests.transactions.law.figures import Figures
from tests.transactions.law.oracle import Books, Entry
from tests.transactions.law.said import Fact, Telling
from transactions.drawing import draw_touched
from transactions.models import AuditEvent, Delivery, Pickup, SafeDay, SiteDay, Transaction

# They hang on the moment asked and on what a channel covers, and have tests of their own.
_OF_THE_CLOCK = ("missing_in_push", "missing_in_file")


def draw_all() -> None:
    while draw_touched():
        pass


def books_in_database(said: Iterable[Telling]) -> Books:
    """Everything that counts, and every open finding."""
    books = Books()
    serials = dict(Safe.objects.values_list("pk", "serial_number"))
    for table in (Transaction, AuditEvent):
        for row in table.objects.filter(counted=True):
            books.entries[_entry(row, serials[row.safe_id])] += 1
    bodies = {hashlib.sha256(telling.body).digest(): telling.body.hex() for telling in said}
    subjects = {
        f"delivery {pk}": f"delivery {endpoint or feed} {bodies[bytes(digest)]}"
        for pk, endpoint, feed, digest in Delivery.objects.values_list("pk", "endpoint__name", "feed__name", "digest")
    }
    found = Finding.objects.filter(state=Finding.State.OPEN).exclude(kind__in=_OF_THE_CLOCK)
    for kind, subject, cash in found.values_list("kind", "subject", "cash_at_stake"):
        books.findings[kind, _WITHOUT_NUMBER.sub("", subjects.get(subject, subject)), cash] += 1
    return books


# Which transaction of that moment it is hangs on how keys are made.
_WITHOUT_NUMBER = re.compile(r"/[0-9a-f]{8}/\d+")


def figures_in_database() -> Figures:
    """All drawn figures; their findings are with the books."""
    figures = Figures()
    for day in SafeDay.objects.select_related("safe"):
        figures.days[day.safe.serial_number, day.business_date, day.currency] = (
            *(day.transaction_count, day.validated, day.manual, day.picked_up, day.change_ordered),
            *(day.inventory_change, day.taken, day.opening, day.closing, day.inventory_opening, day.inventory_closing),
        )
    for row in Pickup.objects.select_related("safe"):
        figures.pickups[row.safe.serial_number, row.pickup_group_id, row.serviced_without_group, row.currency] = (
            *(row.validated, row.manual, row.counted, row.content, row.reported_amount, row.variance, row.astray),
            row.status,
        )
    for one in SiteDay.objects.select_related("site"):
        key = (one.site.code, one.business_date, one.currency)
        figures.site_days[key] = (one.safe_total, one.takings, one.variance)
    return figures


def figures_differ(found: Figures, due: Figures) -> dict[str, object]:
    """Empty when the figures agree; else what is there, and what is due, by key."""
    differing: dict[str, object] = {}
    for name in ("days", "pickups", "site_days"):
        there, wanted = getattr(found, name), getattr(due, name)
        wrong = {
            key: (there.get(key), wanted.get(key)) for key in {*there, *wanted} if there.get(key) != wanted.get(key)
        }
        if wrong:
            differing[name] = wrong
    return differing


def difference(found: Books, due: Books) -> dict[str, object]:
    """Empty when the books agree; else what is there and should not be, and what is missing."""
    parts: dict[str, Counter[Any]] = {
        "entries too many": found.entries - due.entries,
        "entries missing": due.entries - found.entries,
        "findings too many": found.findings - due.findings,
        "findings missing": due.findings - found.findings,
    }
    return {name: list(part.elements()) for name, part in parts.items() if part}


def _entry(row: Transaction | AuditEvent, serial: str) -> Entry:
    denominations = tuple((Decimal(unit), count, currency) for unit, count, currency in row.denominations or ())
    fact = Fact(
        serial=serial,
        wall=row.local_time,
        type=row.type,
        amount=row.amount,
        group=row.pickup_group_id,
        user=row.user_name,
        register=row.register,
        denominations=denominations,
    )
    seen = row.seen_by_push is not None, row.seen_by_file is not None
    return row.book, fact, row.business_date, row.occurred_at, row.currency, *seen
