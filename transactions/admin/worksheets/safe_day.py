"""The worksheet of a safe's business day: opening, cash in, cash out, closing, and what the site's tills say to it.

DOMAIN.md section 2, "Safe day". Amounts are in the currency of the day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum

from safes.admin.bases import EMPTY, change_url, day, wall_clock
from transactions.admin.channels import day_url
from transactions.admin.worksheets.addresses import of_safe, page, pickups_on
from transactions.admin.worksheets.sheet import (
    BLANK,
    Cell,
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
from transactions.catalogue import KIND_OF, Kind
from transactions.models import Banked, Book, Drops, PhysicalCount, Pickup, SafeDay, SiteDay, Transaction
from transactions.reconciliation.effects import TO_INVENTORY

_UNKNOWN_SINCE = "since first seen: nobody has counted it yet"


@dataclass(frozen=True, slots=True)
class _Typed:
    """What came of one type: how many, and how much."""

    type: str
    count: int
    amount: Decimal


def sheet_of(row: SafeDay, before: SafeDay | None) -> Sheet:
    """The sheet, in six queries; ``before`` is the day this one goes on from."""
    typed = _by_type(row)
    site = Cell("nowhere yet") if row.site is None else words(f"{row.site.code} {row.site.name}", change_url(row.site))
    closed = "not closed" if row.closed_at is None else wall_clock(row.closed_at)
    return Sheet(
        title="Safe day",
        name=f"{row.safe} on {row.business_date}",
        facts=(
            ("Safe", words(row.safe, change_url(row.safe))),
            ("Site", site),
            ("Business date", words(f"{row.business_date:%A}, {row.business_date}")),
            ("Currency", words(row.currency or "not known")),
            ("Closed by the site", words(closed)),
            ("Transactions", words(f"{row.transaction_count:,}", _all(row))),
            ("By channel", words("push and file", day_url(row.safe.serial_number, row.business_date))),
        ),
        sections=tuple(
            one
            for one in (
                _contents(row, typed, before),
                _inventory(row, typed, before),
                _tills(row),
                _pickups(row),
                _drops(row),
                _counts(row),
                _site(row),
            )
            if one is not None
        ),
    )


def _by_type(row: SafeDay) -> list[_Typed]:
    """One query over the day's rows, by the index on days."""
    rows = Transaction.objects.filter(
        safe=row.safe_id, business_date=row.business_date, book=Book.PRODUCTION, counted=True
    )
    # What has no currency is empty in a day, and nothing at all in a transaction.
    rows = rows.filter(currency=row.currency) if row.currency else rows.filter(currency=None)
    found = rows.order_by().values_list("type").annotate(Count("pk"), Sum("amount")).order_by("type")
    return [_Typed(*one) for one in found]


def _contents(row: SafeDay, typed: list[_Typed], before: SafeDay | None) -> Section:
    taken = pickups_on(row.safe.serial_number, row.business_date)
    return section(
        "Contents: what the courier takes",
        ("", "Transactions", "Amount"),
        [
            _opening(row, row.opening, row.is_counted, before),
            *_in(row, typed, Kind.VALIDATED, "+ Validated", row.validated),
            *_in(row, typed, Kind.MANUAL, "+ Manual, counted by nobody yet", row.manual),
            line(words("− Taken by the courier, by the drops"), BLANK, figure(-row.taken, taken)),
            line(words("= Closing"), BLANK, figure(row.closing, "#drops"), is_sum=True),
            *_beside(row, typed, Kind.PICKUP, "Reported by the servicings"),
            *_beside(row, typed, Kind.CHANGE_ORDER, "Change ordered"),
        ],
        anchor="contents",
    )


def _opening(row: SafeDay, amount: Decimal, is_counted: bool, before: SafeDay | None) -> Line:
    """What the day before closed with, or somebody counted; the first day has but its own rows to lead to."""
    text = "Opening" if is_counted else f"Opening, {_UNKNOWN_SINCE}"
    return line(words(text), BLANK, figure(amount, page("safeday", before.pk) if before else _all(row)))


def _in(row: SafeDay, typed: list[_Typed], kind: Kind, text: str, total: Decimal) -> list[Line]:
    """A line a type; one of nothing where there are none, since its absence would be asked about."""
    lines = _lines(row, f"{text}:", (one for one in typed if KIND_OF.get(one.type) == kind))
    return lines or [line(words(text), number(0, _all(row)), figure(total, _all(row)))]


def _all(row: SafeDay) -> str:
    return of_safe(row.safe.serial_number, row.business_date)


def _beside(row: SafeDay, typed: list[_Typed], kind: Kind, text: str) -> list[Line]:
    """Figures that are no part of the sum; left out where there are none."""
    return _lines(row, f"{text}:", (one for one in typed if KIND_OF.get(one.type) == kind))


def _lines(row: SafeDay, text: str, typed: Iterable[_Typed], sign: int = 1) -> list[Line]:
    """A line a type; ``sign`` says which way its amount goes."""
    lines = []
    for one in typed:
        url = of_safe(row.safe.serial_number, row.business_date, type=one.type)
        lines.append(line(words(f"{text} {one.type}"), number(one.count, url), figure(sign * one.amount, url)))
    return lines


def _inventory(row: SafeDay, typed: list[_Typed], before: SafeDay | None) -> Section | None:
    moved = [one for one in typed if one.type in TO_INVENTORY]
    if not (moved or row.inventory_opening or row.inventory_closing):
        return None
    lines = [_opening(row, row.inventory_opening, row.inventory_is_counted, before)]
    for one in moved:
        sign = TO_INVENTORY[one.type]
        lines += _lines(row, "+" if sign > 0 else "−", [one], sign)
    lines.append(line(words("= Closing"), BLANK, figure(row.inventory_closing, _all(row)), is_sum=True))
    return section("Inventory: what the safe gives out", ("", "Transactions", "Amount"), lines, anchor="inventory")


def _tills(row: SafeDay) -> Section | None:
    serial, date = row.safe.serial_number, row.business_date
    rows = list(
        Banked.objects.filter(safe=row.safe_id, business_date=date, currency=row.currency).order_by(
            "register", "user_name"
        )
    )
    if not rows:
        return None
    lines = []
    for one in rows:
        url = of_safe(serial, date, register=one.register, user_name=one.user_name)
        lines.append(
            line(
                words(one.register or "none"), words(one.user_name or "nobody"), number(one.count, url),
                figure(one.amount, url),
            )
        )  # fmt: skip
    total = sum((one.amount for one in rows), Decimal(0))
    count = sum(one.count for one in rows)
    lines.append(line(words("All"), BLANK, number(count, _all(row)), figure(total, "#site"), is_sum=True))
    return section("By register", ("Register", "User", "Transactions", "Brought"), lines, anchor="tills")


def _pickups(row: SafeDay) -> Section | None:
    rows = Pickup.objects.filter(safe=row.safe_id, business_date=row.business_date, currency=row.currency)
    lines = [
        line(
            words(one, page("pickup", one.pk)),
            words(_to_the_second(one)),
            figure(one.content, page("pickup", one.pk)),
            figure(one.reported_amount, page("pickup", one.pk)),
            with_sign(one.variance, page("pickup", one.pk)),
            words(one.get_status_display()),
        )
        for one in rows.order_by("serviced_local_time", "pk")
    ]
    headers = ("Pickup", "Serviced", "Dropped", "Reported", "Variance", "")
    return section("Pickups", headers, lines, anchor="pickups") if lines else None


def _to_the_second(pickup: Pickup) -> str:
    moment = pickup.serviced_local_time
    return str(EMPTY) if moment is None else wall_clock(moment.replace(microsecond=0))


def _drops(row: SafeDay) -> Section | None:
    serial, date = row.safe.serial_number, row.business_date
    rows = Drops.objects.filter(safe=row.safe_id, business_date=date, currency=row.currency)
    lines = []
    for one in rows.order_by("first_local_time", "pk"):
        group = "" if one.pickup_group_id is None else str(one.pickup_group_id)
        url = of_safe(serial, date, pickup_group_id=group)
        lines.append(
            line(
                words(group or ("counted opening" if one.is_opening else "none")),
                words(f"{one.first_local_time:%H:%M}–{one.last_local_time:%H:%M}"),
                figure(one.validated, url),
                figure(one.manual, url),
                words(_left(one)),
            )
        )
    headers = ("Pickup group", "From, to", "Validated", "Manual", "Left on")
    return section("Drops by pickup group", headers, lines, anchor="drops") if lines else None


def _left(one: Drops) -> str:
    if one.counted_on is not None:
        return f"counted on {one.counted_on}"
    return day(one.leaves_on) if one.leaves_on else "still there"


def _counts(row: SafeDay) -> Section | None:
    rows = PhysicalCount.objects.filter(
        safe=row.safe_id, business_date=row.business_date, currency=row.currency, withdrawn_at=None
    )
    lines = [
        line(
            words(f"{one.get_use_display()} of the {one.compartment}", page("physicalcount", one.pk)),
            words(one.counted_by or EMPTY),
            figure(one.amount, page("physicalcount", one.pk)),
        )
        for one in rows.order_by("pk")
    ]
    return section("Physical counts", ("Count", "By", "Amount"), lines, anchor="counts") if lines else None


def _site(row: SafeDay) -> Section:
    title = "The site’s takings and over/short"
    if row.site is None:
        note = "This safe stands at no site, so no till is held against it, and its days cannot be signed."
        return Section(title, note=note, anchor="site")
    found = SiteDay.objects.filter(site=row.site_id, business_date=row.business_date, currency=row.currency).first()
    if found is None:
        return Section(title, note="Neither its safes nor its tills brought anything on this day.", anchor="site")
    url = page("siteday", found.pk)
    told: Decimal | None = found.takings
    return section(
        title,
        ("All safes", "Takings", "Over/short", "Deposits and petty cash", "Unexplained"),
        [
            line(
                figure(found.safe_total, url),
                figure(found.takings, url),
                with_sign(found.variance, url),
                figure(found.deposits + found.petty_cash, url),
                with_sign(found.unexplained, url),
            )
        ],
        note="There are no takings yet." if told is None else "",
        anchor="site",
    )
