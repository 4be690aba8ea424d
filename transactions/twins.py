"""What staff see of possible twins and of pairs, and what a ruling on a finding's page does: note it, draw the day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

from django.contrib.auth.models import User

from safes.finding_work import comment
from safes.models import Finding
from transactions.drawing import draw, draw_soon
from transactions.models import Book, Delivery, Repeat, Ruling, TouchedDay, Transaction
from transactions.recording.rulings import rule, withdraw_ruling

# Keys that a page has forms for; a day with more is one where something else is wrong.
SHOWN_KEYS = 50
# Marks of the safe that are drawn along at once; the worker draws the rest.
_DRAWN_AT_ONCE = 8

Moment = tuple[dt.datetime, str]
"""Wall-clock time and key digest in hexadecimal: a key, within a safe."""


@dataclass(slots=True)
class Twin:
    """One key on one safe day: what counts, what the sources claim, who showed it, what people said.

    ``claimed`` is None where the finding does not ask for it.
    """

    local_time: dt.datetime
    key: str
    type: str
    amount: Decimal
    currency: str
    group: int | None
    stored: int
    claimed: int | None
    rows: list[Transaction] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    in_force: Ruling | None = None
    withdrawn: list[Ruling] = field(default_factory=list)


def twins_of(finding: Finding) -> list[Twin]:
    """The keys a finding lists, and those of its safe day on which people have ruled, by their time. Six queries."""
    if finding.safe_id is None or finding.business_date is None:
        return []
    claims = _claims(finding)
    rulings = _rulings(finding.safe_id, finding.business_date)
    rows = _rows(finding.safe_id, finding.business_date, claims.keys() | rulings.keys())
    showing = _deliveries(finding.safe_id, rows)
    return [
        _twin(moment, found, claims.get(moment), showing[moment], rulings.get(moment, []))
        for moment, found in sorted(rows.items())[:SHOWN_KEYS]
    ]


def _twin(
    moment: Moment, rows: list[Transaction], claimed: int | None, deliveries: list[Delivery], rulings: list[Ruling]
) -> Twin:
    first = rows[0]
    return Twin(
        local_time=moment[0],
        key=moment[1],
        type=first.type,
        amount=first.amount,
        currency=first.currency or "",
        group=first.pickup_group_id,
        stored=sum(row.counted for row in rows),
        claimed=claimed,
        rows=rows,
        deliveries=deliveries,
        in_force=next((ruling for ruling in rulings if ruling.withdrawn_at is None), None),
        withdrawn=[ruling for ruling in rulings if ruling.withdrawn_at is not None],
    )


def _claims(finding: Finding) -> dict[Moment, int | None]:
    found: dict[Moment, int | None] = {}
    for entry in finding.detail.get("keys", ()):
        found[dt.datetime.fromisoformat(entry["local_time"]), entry["key"]] = entry.get("claimed")
    for entry in finding.detail.get("pairs", ()):
        for key in (entry["pushed_key"], entry["filed_key"]):
            found[dt.datetime.fromisoformat(entry["local_time"]), key] = None
    return found


def _rulings(safe_id: int, date: dt.date) -> dict[Moment, list[Ruling]]:
    # A business date lies at most a day behind the wall clock, and at most one ahead.
    first = dt.datetime.combine(date - dt.timedelta(days=1), dt.time())
    rulings = Ruling.objects.filter(
        safe=safe_id, book=Book.PRODUCTION, local_time__gte=first, local_time__lt=first + dt.timedelta(days=4)
    )
    found: dict[Moment, list[Ruling]] = defaultdict(list)
    for ruling in rulings.select_related("ruled_by", "withdrawn_by").order_by("-ruled_at")[:500]:
        found[ruling.local_time, bytes(ruling.key_digest).hex()].append(ruling)
    return found


def _rows(safe_id: int, date: dt.date, moments: Collection[Moment]) -> dict[Moment, list[Transaction]]:
    """The day's rows of these keys. A key that belongs to another day by now is that day's business."""
    rows = Transaction.objects.filter(
        safe=safe_id,
        local_time__in={time for time, _ in moments},
        key_digest__in={bytes.fromhex(key) for _, key in moments},
        book=Book.PRODUCTION,
        business_date=date,
    )
    found: dict[Moment, list[Transaction]] = defaultdict(list)
    for row in rows.order_by("local_time", "key_digest", "occurrence"):
        found[_moment(row)].append(row)
    return {moment: rows for moment, rows in found.items() if moment in moments}


def _deliveries(safe_id: int, rows: dict[Moment, list[Transaction]]) -> dict[Moment, list[Delivery]]:
    """Every first delivery of every message that showed these rows."""
    showing: dict[Moment, set[int]] = defaultdict(set)
    for moment, found in rows.items():
        for row in found:
            showing[moment] |= {pk for pk in (row.push_message_id, row.file_message_id) if pk is not None}
    repeats = Repeat.objects.filter(
        safe=safe_id, book=Book.PRODUCTION, local_time__in={time for time, _ in rows},
        key_digest__in={bytes.fromhex(key) for _, key in rows},
    )  # fmt: skip
    for repeat in repeats:
        showing[repeat.local_time, bytes(repeat.key_digest).hex()].add(repeat.message_id)
    by_message: dict[int, list[Delivery]] = defaultdict(list)
    messages = set().union(*showing.values()) if showing else set()
    for delivery in (
        Delivery.objects.filter(message__in=messages).select_related("endpoint", "feed").order_by("pk")[:500]
    ):
        by_message[delivery.message_id or 0].append(delivery)
    return defaultdict(
        list,
        {
            moment: sorted((one for pk in ids for one in by_message[pk]), key=lambda one: one.pk)
            for moment, ids in showing.items()
        },
    )


def _moment(row: Transaction) -> Moment:
    return row.local_time, bytes(row.key_digest).hex()


def rule_on(finding: Finding, moment: Moment, count: int, reason: str, by: User, *, in_force: int) -> Ruling:
    """A person's word on one key of a finding, followed at once; the finding's timeline keeps it.

    ``in_force`` is the id of the ruling the person saw in force, 0 for none: whoever looks at an old page must not
    overrule somebody they have not read. Raises ValueError, with a sentence.
    """
    twin = next((twin for twin in twins_of(finding) if (twin.local_time, twin.key) == moment), None)
    if twin is None or finding.safe_id is None:
        raise ValueError("This finding has no such transaction any more. Look at it again.")
    if in_force != (twin.in_force.pk if twin.in_force else 0):
        raise ValueError("Somebody ruled on it since this page was opened. Read what they said before you rule.")
    ruling = rule((finding.safe_id, moment[0], bytes.fromhex(moment[1])), count, reason, by)
    times = "never" if count == 0 else "once" if count == 1 else f"{count} times"
    _said(finding, by, "ruled", f"{twin.type} {twin.amount:f} at {moment[0]}: it happened {times}. {reason.strip()}")
    return ruling


def withdraw(finding: Finding, ruling: Ruling, by: User) -> None:
    """Take a ruling back, at once and with a line in the timeline. Raises ValueError, with a sentence."""
    if ruling.safe_id != finding.safe_id:
        raise ValueError("That ruling is about another safe.")
    withdraw_ruling(ruling, by)
    _said(
        finding, by, "withdrawn", f"The ruling on {ruling.local_time} was withdrawn: the messages are believed again."
    )


def _said(finding: Finding, by: User, what: str, text: str) -> None:
    # The ruling is committed, with marks on the days it changed: should this end here, the worker draws them.
    comment(finding.pk, by.get_username(), text, what=what)
    marked = TouchedDay.objects.filter(safe=finding.safe_id).order_by("business_date")
    dates = {finding.business_date, *marked.values_list("business_date", flat=True)[:_DRAWN_AT_ONCE]} - {None}
    if finding.safe_id is not None:
        draw(finding.safe_id, sorted(date for date in dates if date is not None))
    draw_soon()
