"""The worksheet of a pickup: what was dropped for it, what the courier's servicing reported, and what is known besides.

DOMAIN.md section 2, "Pickup". Amounts are in the currency of the pickup, times by the safe's clock unless they say UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from safes.admin.bases import EMPTY, change_url, day, instant, money, wall_clock
from safes.models import Finding
from transactions.admin.leads import transactions_url
from transactions.admin.worksheets.sheet import (
    BLANK,
    Line,
    Section,
    Sheet,
    figure,
    line,
    number,
    section,
    with_sign,
    words,
)
from transactions.models import AuditEvent, Book, Drops, Pickup, PickupSlip, Transaction
from transactions.reconciliation.pickups.findings import subject_of
from transactions.reconciliation.pickups.showing import lines_of, pieces_of, servicings_of
from transactions.reconciliation.pickups.slips import slip_of

# Doors are opened for a courier shortly before his servicing is reported, and closed after it.
_AROUND = dt.timedelta(hours=2)
_DOORS = 100
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Around:
    """The pickups of the safe in that currency before and after it."""

    before: Pickup | None
    after: Pickup | None


def around(pickup: Pickup) -> Around:
    """Two queries, by the index on a safe's pickups."""
    others = Pickup.objects.filter(safe=pickup.safe_id, currency=pickup.currency).select_related("safe")
    earlier = Q(last_on__lt=pickup.last_on) | Q(last_on=pickup.last_on, pk__lt=pickup.pk)
    later = Q(last_on__gt=pickup.last_on) | Q(last_on=pickup.last_on, pk__gt=pickup.pk)
    return Around(
        others.filter(earlier, last_on__lte=pickup.last_on).order_by("-last_on", "-pk").first(),
        others.filter(later, last_on__gte=pickup.last_on).order_by("last_on", "pk").first(),
    )


def sheet_of(pickup: Pickup) -> Sheet:
    """The sheet, in five queries."""
    servicings = servicings_of(pickup)
    lines = lines_of(pickup, servicings)
    slip = slip_of(pickup)
    parts = (
        _outcome(pickup, slip),
        _drops(lines),
        _pieces(lines),
        _servicings(pickup, servicings),
        _slip(slip),
        _findings(pickup),
        _timeline(pickup, lines, servicings),
    )
    serviced = wall_clock(pickup.serviced_local_time) if pickup.serviced_local_time else "not yet"
    return Sheet(
        title="Pickup",
        name=f"{told(pickup)} of {pickup.safe}",
        facts=(
            ("Safe", words(pickup.safe, change_url(pickup.safe))),
            ("Pickup", words(told(pickup), _transactions(pickup))),
            ("Currency", words(pickup.currency or "not known")),
            ("First drop", words(wall_clock(pickup.opened_local_time))),
            ("Serviced", words(serviced)),
            ("Business dates", words(f"{pickup.first_on} to {pickup.last_on}")),
        ),
        sections=tuple(part for part in parts if part is not None),
    )


def told(pickup: Pickup) -> str:
    if pickup.pickup_group_id is None and pickup.serviced_without_group is None:
        return "drops that wait for the next servicing"
    return str(pickup)


def what_to_do(pickup: Pickup) -> str:
    """A sentence or two, for whoever opens the page."""
    if pickup.status == Pickup.Status.OPEN:
        return "The courier has not been here yet: nothing to do. When he comes late, Today says so."
    if pickup.status == Pickup.Status.AGREED:
        return "He took what was dropped. Enter the slip: bags, receipt, and what was counted when it is known."
    if pickup.status == Pickup.Status.UNJUDGED:
        return (
            "Nobody knows what was in the safe when its first drop came, or in which currency, so this pickup is not "
            "judged. After a counted opening the next one will be."
        )
    return (
        "He took another amount than was dropped. Compare the drops by day with the receipt in the bag, look for drops "
        "that went astray, ask Loomis for their count, and enter it on the slip."
    )


def _transactions(pickup: Pickup) -> str:
    if pickup.pickup_group_id is None:
        return ""
    return transactions_url(serial_number=pickup.safe.serial_number, q=pickup.pickup_group_id, book=Book.PRODUCTION)


def _outcome(pickup: Pickup, slip: PickupSlip | None) -> Section:
    lines = [
        line(words("Validated"), figure(pickup.validated), BLANK),
        line(words("+ Manual drops, which no machine counted"), figure(pickup.manual), BLANK),
    ]
    if pickup.counted:
        lines.append(line(words("+ From a counted opening"), figure(pickup.counted), BLANK))
    lines.append(line(words("= Content, by the drops"), figure(pickup.content), BLANK, is_sum=True))
    lines.append(line(words("Reported by the servicing"), figure(pickup.reported_amount), with_sign(pickup.variance)))
    counted = slip.counted_amount if slip else None
    if slip is not None and counted is not None:
        by = f", by {slip.counted_by}" if slip.counted_by else ""
        lines.append(line(words(f"Counted elsewhere{by}"), figure(counted), with_sign(counted - pickup.content)))
    notes = [what_to_do(pickup)]
    if pickup.astray:
        gone = money(pickup.astray, pickup.currency)
        notes.append(f"{gone} of it went astray: by the clock another pickup would have taken it.")
    return section(
        "How it comes out", ("", "Amount", "Against the drops"), lines, note=" ".join(notes), anchor="outcome"
    )


def _drops(lines: Iterable[Drops]) -> Section:
    rows = [
        line(
            words(day(one.business_date)),
            words(wall_clock(one.first_local_time)),
            words(wall_clock(one.last_local_time)),
            BLANK if one.is_opening else number(one.count),
            figure(one.validated),
            figure(one.manual),
            figure(one.counted),
            words(", ".join(_marks(one))),
        )
        for one in lines
    ]
    headers = ("Business date", "From", "To", "Drops", "Validated", "Manual", "Counted", "Marks")
    return section("Drops by day", headers, rows, note="" if rows else "Nothing was dropped for it.", anchor="drops")


def _marks(one: Drops) -> list[str]:
    return [text for text, is_so in (("counted opening", one.is_opening), ("astray", one.is_astray)) if is_so]


def _pieces(lines: Iterable[Drops]) -> Section | None:
    pieces = pieces_of(lines)
    if not pieces:
        return None
    rows = [line(words(f"{unit:f}"), number(count), figure(unit * count)) for unit, count in reversed(pieces)]
    total = sum((unit * count for unit, count in pieces), Decimal(0))
    rows.append(line(words("Together"), number(sum(count for _, count in pieces)), figure(total), is_sum=True))
    return section("By denomination, where known", ("Unit value", "Count", "Amount"), rows, anchor="pieces")


def _servicings(pickup: Pickup, servicings: Iterable[Transaction]) -> Section:
    rows = [
        line(
            words(wall_clock(one.local_time), change_url(one)),
            words(day(one.business_date)),
            words(one.user_name or EMPTY),
            # A servicing may be in another currency than these drops.
            words(one.currency or EMPTY),
            figure(one.amount, change_url(one)),
        )
        for one in servicings
    ]
    headers = ("Safe’s clock", "Business date", "By", "Currency", "Reported")
    return section("Servicings", headers, rows, note="" if rows else "None yet.", anchor="servicings")


def _slip(slip: PickupSlip | None) -> Section:
    if slip is None:
        return section("Slip", (), [], note="Nobody has entered bags, receipt or count yet.", anchor="slip")
    rows = [
        line(words("Bags or seals"), words(", ".join(slip.bag_numbers) or EMPTY)),
        line(words("Receipt"), words(slip.receipt_number or EMPTY)),
        line(words("Counted"), words(money(slip.counted_amount, slip.currency))),
        line(words("Counted by"), words(slip.counted_by or EMPTY)),
        line(words("Note"), words(slip.note or EMPTY)),
        line(words("Entered"), words(f"{instant(slip.entered_at)} by {slip.entered_by or 'the command line'}")),
    ]
    return section("Slip", ("", ""), rows, anchor="slip")


def _findings(pickup: Pickup) -> Section:
    subject = subject_of(pickup.safe, (pickup.pickup_group_id, pickup.serviced_without_group), pickup.currency)
    mine = Q(kind__in=("pickup_variance", "pickup_window_mismatch"), subject=subject)
    of_its_days = Q(
        kind__in=("pickup_group_mismatch", "door_open"), business_date__range=(pickup.first_on, pickup.last_on)
    )
    rows = Finding.objects.filter(mine | of_its_days, safe=pickup.safe_id).order_by("-state", "-opened_at", "-pk")
    lines = [
        line(
            words(one.kind.replace("_", " "), change_url(one)),
            words(one.state),
            words(one.summary),
            figure(one.cash_at_stake, change_url(one)),
        )
        for one in rows[:_SHOWN]
    ]
    headers = ("Kind", "State", "What is wrong", "Cash")
    return section("Findings", headers, lines, note="" if lines else "Nothing was found.", anchor="findings")


def _timeline(pickup: Pickup, lines: list[Drops], servicings: list[Transaction]) -> Section:
    """First and last drop of each day, the doors around the servicings, and these; by the safe's clock."""
    moments: list[tuple[dt.datetime, Line]] = []

    def happened(time: dt.datetime, what: str, who: str = "", url: str = "") -> None:
        moments.append((time, line(words(wall_clock(time)), words(what, url), words(who))))

    for one in lines:
        if not one.is_opening:
            happened(one.first_local_time, f"first drop of {one.business_date}")
            if one.count > 1:
                happened(one.last_local_time, f"last of {one.count:,} drops of {one.business_date}")
    for servicing in servicings:
        reported = money(servicing.amount, servicing.currency)
        happened(servicing.local_time, f"servicing: {reported}", servicing.user_name or "", change_url(servicing))
    for event in _doors(pickup, servicings):
        what = f"{event.type} {event.door_name or ''}".strip()
        happened(event.local_time, what, event.user_name or "", change_url(event))
    rows = [drawn for _, drawn in sorted(moments, key=lambda moment: moment[0])]
    return section("What happened", ("Safe’s clock", "What", "Who"), rows, anchor="timeline")


def _doors(pickup: Pickup, servicings: list[Transaction]) -> list[AuditEvent]:
    """What the audit events tell around the servicings, by the index on days; one query."""
    if not servicings:
        return []
    first, last = servicings[0].local_time - _AROUND, servicings[-1].local_time + _AROUND
    dates = {one.business_date + dt.timedelta(days=number) for one in servicings for number in (-1, 0, 1)}
    rows = AuditEvent.objects.filter(
        safe=pickup.safe_id, book=Book.PRODUCTION, business_date__in=dates, local_time__range=(first, last)
    )
    return list(rows.order_by("local_time", "pk")[:_DOORS])
