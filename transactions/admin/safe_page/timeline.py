"""A day of a safe as it went: drops, doors, log-ins and all else, one after the other by the safe's own clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from safes.admin.bases import change_url, money, wall_clock
from safes.admin.safe_panels import SafePanel, hang_on_safe
from safes.models import Safe
from transactions.admin.leads import audit_events_url, transactions_url
from transactions.admin.safe_page.asked import day_asked, latest_day
from transactions.models import AuditEvent, Book, Transaction

SHOWN = 500


@dataclass(frozen=True, slots=True)
class Moment:
    """A line: when by the safe's clock, what, who and where, and the row it is told by."""

    time: str
    what: str
    url: str
    who: str
    where: str
    amount: str
    is_audit: bool
    is_counted: bool


def _timeline(request: HttpRequest, safe: Safe) -> Mapping[str, Any]:
    """Three queries at most, by the index on days: the last day it has, and what happened on the one asked for."""
    date = day_asked(request) or latest_day(safe)
    moments = moments_of(safe, date)
    only = {"serial_number": safe.serial_number, "business_date_from": str(date), "business_date_to": str(date)}
    return {
        "date": date,
        "moments": moments[:SHOWN],
        "is_cut": len(moments) > SHOWN,
        "shown": SHOWN,
        "before": date - dt.timedelta(days=1),
        "after": date + dt.timedelta(days=1),
        "month": request.GET.get("month", ""),
        "transactions_url": transactions_url(**only, book=Book.PRODUCTION.value),
        "audit_url": audit_events_url(**only, book=Book.PRODUCTION.value),
    }


def moments_of(safe: Safe, date: dt.date) -> list[Moment]:
    """What the books have of that business date in the order of its clock; one line more than is shown, if there is."""
    rows: list[Transaction | AuditEvent] = [*_of(Transaction.objects.all(), safe, date)]
    rows += _of(AuditEvent.objects.all(), safe, date)
    return [_moment(row) for row in sorted(rows, key=lambda row: (row.local_time, row.pk))[: SHOWN + 1]]


def _of(rows: QuerySet[Any], safe: Safe, date: dt.date) -> list[Any]:
    found = rows.filter(safe=safe, business_date=date, book=Book.PRODUCTION).order_by("local_time", "pk")
    return list(found[: SHOWN + 1])


def _moment(row: Transaction | AuditEvent) -> Moment:
    is_audit = isinstance(row, AuditEvent)
    where = [f"register {row.register}" if row.register else "", f"door {row.door_name}" if row.door_name else ""]
    return Moment(
        time=wall_clock(row.local_time).partition(" ")[2]
        if row.local_time.date() == row.business_date
        else wall_clock(row.local_time),
        what=row.type,
        url=change_url(row),
        who=row.user_name or "",
        where=", ".join(part for part in where if part),
        amount="" if is_audit else money(row.amount, row.currency),
        is_audit=is_audit,
        is_counted=row.counted,
    )


hang_on_safe(
    SafePanel(
        "A day as it went",
        30,
        ("transactions.view_transaction", "transactions.view_auditevent"),
        "staff/panels/safe_timeline.html",
        _timeline,
        "timeline",
        wide=True,
    )
)
