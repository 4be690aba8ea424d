"""What is in a safe now, by denomination, on the safe's own page; and in its list the sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import CharField
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from safes.admin.bases import ago, change_url, day, money
from safes.admin.safe_panels import SafePanel, hang_on_safe
from safes.admin.safes import SafeAdmin
from safes.models import Safe
from transactions.admin.safe_days import safe_days_url
from transactions.models import Drops, PhysicalCount
from transactions.reconciliation.contents.adding_up import Contents, Pieces
from transactions.reconciliation.contents.now import contents_of
from transactions.reconciliation.counts.checking import held_against_books
from transactions.reconciliation.pickups.waiting import pickups_due

_COUNTS = 3  # the latest physical counts that are shown


@dataclass(frozen=True, slots=True)
class _Line:
    """A unit value and how many of it, or words where nobody knows; ``share`` of the whole in percent, for the bar."""

    of: str
    count: str
    amount: str
    share: float


@dataclass(frozen=True, slots=True)
class _Holding:
    """A compartment in one currency, the largest denominations first."""

    title: str
    since: str
    total: str
    lines: list[_Line] = field(default_factory=list)


def _contents(request: HttpRequest, safe: Safe) -> Mapping[str, Any]:
    found = contents_of([safe.pk])[safe.pk]
    now = timezone.now()
    due = pickups_due(now, safe.pk).get(safe.pk) if request.user.has_perm("transactions.view_pickup") else None
    return {
        "holdings": [one for contents in found for one in _holdings(contents)],
        "due": due
        and f"The courier is {due.due}: cash waits since {ago(due.since, now)}, "
        f"and he usually comes every {_in_words(due.usual.total_seconds())}.",
        "days_url": safe_days_url(serial_number=safe.serial_number),
        **_counts(request, safe),
    }


def _in_words(seconds: float) -> str:
    hours = round(seconds / 3600)
    return f"{hours} hours" if hours < 48 else f"{round(seconds / 86_400)} days"


def _holdings(one: Contents) -> list[_Holding]:
    found = []
    if one.total or one.pieces or not (one.inventory or one.inventory_pieces):
        lines = _lines(one.pieces, one.without_pieces, one.currency, one.total)
        if one.manual:
            lines.append(_line("manual drops, which no machine counted", "", one.manual, one.currency, one.total))
        since = f"since {day(one.since)}{_counted(one.is_counted)}" if one.since else "empty"
        found.append(_Holding("For the courier", since, money(one.total, one.currency), lines))
    if one.inventory or one.inventory_pieces:
        lines = _lines(one.inventory_pieces, one.inventory_without_pieces, one.currency, one.inventory)
        since = f"since {day(one.inventory_since)}" if one.inventory_since else "since first seen"
        since += _counted(one.inventory_is_counted)
        found.append(_Holding("Inventory, which it gives out", since, money(one.inventory, one.currency), lines))
    return found


def _lines(pieces: Pieces, without: Decimal, currency: str, whole: Decimal) -> list[_Line]:
    lines = [
        _line(f"{unit:f}", f"{count:,}", unit * count, currency, whole)
        for unit, count in sorted(pieces, key=lambda piece: -piece[0])
    ]
    if without:
        lines.append(_line("not told by denomination", "", without, currency, whole))
    return lines


def _line(of: str, count: str, amount: Decimal, currency: str, whole: Decimal) -> _Line:
    # What nobody counted may make a denomination negative; such a line has no bar.
    share = round(min(max(float(amount / whole), 0.0), 1.0) * 100, 1) if whole else 0.0
    return _Line(of, count, money(amount, currency), share)


def _counted(is_counted: bool) -> str:
    return ", from a counted opening" if is_counted else ""


def _counts(request: HttpRequest, safe: Safe) -> dict[str, Any]:
    """The latest physical counts and how they came out, and where the next one is entered; by permission."""
    if not request.user.has_perm("transactions.view_physicalcount"):
        return {}
    rows = PhysicalCount.objects.filter(safe=safe, withdrawn_at=None).order_by("-business_date", "-pk")
    counts = list(rows[:_COUNTS])
    held = held_against_books([count for count in counts if count.use == PhysicalCount.Use.CHECK])
    lines = []
    for count in counts:
        against = held.get(count.pk)
        if against is None:
            result = "goes into the books"
        elif against.agrees:
            result = "agrees with the books"
        else:
            result = f"differs by {money(against.difference, count.currency)}"
        words = f"{count.business_date} {count.get_compartment_display()}: {money(count.amount, count.currency)}"
        lines.append((change_url(count), words, result, against is not None and not against.agrees))
    add = reverse("admin:transactions_physicalcount_add")
    may_add = request.user.has_perm("transactions.add_physicalcount")
    query = urlencode({"serial_number": safe.serial_number, "business_date": timezone.now().date().isoformat()})
    return {"shows_counts": True, "counts": lines, "count_url": f"{add}?{query}" if may_add else ""}


# Of each safe what waits for the courier, by currency: few lines, by an index of their own.
_HELD = f"""(
SELECT string_agg(to_char(amount, 'FM999,999,999,990.00') || ' ' || currency, ' + ' ORDER BY currency) FROM (
    SELECT currency, sum(validated + manual + counted) AS amount FROM {Drops._meta.db_table} d
    WHERE d.safe_id = {Safe._meta.db_table}.id AND leaves_on IS NULL AND counted_on IS NULL
    GROUP BY currency
) held WHERE amount <> 0)"""

SafeAdmin.held_now = RawSQL(_HELD, [], output_field=CharField())  # noqa: S611 - nothing in it comes from outside
hang_on_safe(
    SafePanel(
        "In it now, by the books",
        10,
        ("transactions.view_safeday",),
        "staff/panels/safe_contents.html",
        _contents,
        "contents",
    )
)
