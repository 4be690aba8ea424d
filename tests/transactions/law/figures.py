"""The figures as DOMAIN.md section 2 defines them, reckoned afresh from all that counts. Nothing here asks our code.

Slow and plain on purpose: every drop looks for its servicing among all of its safe, every day is added up anew.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from tests.transactions.law.oracle import PRODUCTION, Entry, Finding, Inputs
from tests.transactions.law.said import Fact

ZERO = Decimal(0)
TOLERANCE = Decimal(5)
DOOR_OPEN = dt.timedelta(minutes=30)

PickupKey = tuple[str, int | None, dt.datetime | None, str]
"""Serial number, pickup group, wall clock of a servicing without a group, currency."""


@dataclass(frozen=True)
class Counted:
    """A counted opening; one a compartment, date and currency."""

    serial: str
    compartment: str
    date: dt.date
    currency: str
    amount: Decimal


@dataclass(frozen=True)
class Took:
    """Takings, told by their reference."""

    reference: str
    site: str
    date: dt.date
    register: str
    amount: Decimal


@dataclass(frozen=True)
class Row:
    """One row that counts in the production books."""

    fact: Fact
    date: dt.date
    currency: str

    @property
    def order(self) -> tuple[dt.datetime, bool, int]:
        return self.fact.wall, self.fact.group is None, self.fact.group or 0


@dataclass
class Pickup:
    validated: Decimal = ZERO
    manual: Decimal = ZERO
    counted: Decimal = ZERO
    astray: Decimal = ZERO
    servicings: list[Row] = field(default_factory=list)

    @property
    def content(self) -> Decimal:
        return self.validated + self.manual + self.counted


@dataclass
class Figures:
    days: dict[tuple[str, dt.date, str], tuple[Decimal | int, ...]] = field(default_factory=dict)
    pickups: dict[PickupKey, tuple[Decimal | str | None, ...]] = field(default_factory=dict)
    site_days: dict[tuple[str, dt.date, str], tuple[Decimal | None, ...]] = field(default_factory=dict)
    findings: Counter[Finding] = field(default_factory=Counter)


def figures_of(
    entries: Mapping[Entry, int], said: Inputs, counts: Iterable[Counted], takings: Iterable[Took]
) -> Figures:
    """All figures; ``entries`` are the oracle's own rows."""
    figures = Figures()
    rows: dict[str, list[Row]] = defaultdict(list)
    for (book, fact, date, _, currency, *_), number in entries.items():
        if book == PRODUCTION:
            rows[fact.serial] += [Row(fact, date, currency or "")] * number
    counts = list(counts)
    for serial in {*rows, *(count.serial for count in counts)}:
        _Safe(serial, rows[serial], [one for one in counts if one.serial == serial], said).reckon(figures)
    _reckon_sites([row for some in rows.values() for row in some], said, list(takings), figures)
    return figures


class _Safe:
    def __init__(self, serial: str, rows: list[Row], counts: list[Counted], said: Inputs) -> None:
        self.serial, self.said, self.counts = serial, said, counts
        self.cash = [row for row in rows if row.fact.nature != "audit"]
        self.audits = [row for row in rows if row.fact.nature == "audit"]
        self.drops = [row for row in rows if row.fact.type in ("CashIn", "ManualCashTransaction")]
        self.servicings = sorted((row for row in rows if row.fact.type == "Servicing"), key=lambda row: row.order)

    def reckon(self, figures: Figures) -> None:
        pickups: dict[PickupKey, Pickup] = defaultdict(Pickup)
        taken: dict[tuple[dt.date, str], Decimal] = defaultdict(Decimal)
        for row in self.servicings:
            pickups[self._key_of(row, row.currency)].servicings.append(row)
        for row in self.drops:
            self._take(row, pickups, taken)
        for count in self.counts:
            if count.compartment == "contents":
                self._take_count(count, pickups, taken)
        self._say_pickups(pickups, figures)
        self._say_days(taken, figures)
        self._say_closes_and_doors(figures)
        for row in self.cash:
            if row.fact.type == "ChangeRequest":
                subject = f"{self.serial} {row.fact.wall.isoformat()} {row.currency}".strip()
                figures.findings["change_order_overdue", subject, abs(row.fact.amount)] += 1

    # --- pickups ---

    def _key_of(self, servicing: Row, currency: str) -> PickupKey:
        group = servicing.fact.group
        return self.serial, group, None if group is not None else servicing.fact.wall, currency

    def _next(self, wall: dt.datetime) -> list[Row]:
        later = [row for row in self.servicings if row.fact.wall >= wall]
        return [row for row in later if row.fact.wall == later[0].fact.wall]

    def _take(self, drop: Row, pickups: dict[PickupKey, Pickup], taken: dict[tuple[dt.date, str], Decimal]) -> None:
        fact, nexts = drop.fact, self._next(drop.fact.wall)
        leaves: dt.date | None = None
        key: PickupKey
        astray = False
        if fact.group is None:
            key = self._key_of(nexts[0], drop.currency) if nexts else (self.serial, None, None, drop.currency)
            leaves = nexts[0].date if nexts else None
        else:
            key = (self.serial, fact.group, None, drop.currency)
            own = [row for row in self.servicings if row.fact.group == fact.group]
            following = [row for row in own if row.fact.wall >= fact.wall]
            leaves = following[0].date if following else drop.date if own else None
            astray = all(row.fact.group != fact.group for row in nexts) if nexts else bool(own)
        if self._was_counted(drop.date, drop.currency, leaves):
            return
        pickup = pickups[key]
        if fact.type == "CashIn":
            pickup.validated += fact.amount
        else:
            pickup.manual += fact.amount
        pickup.astray += fact.amount if astray else ZERO
        if leaves is not None:
            taken[leaves, drop.currency] += fact.amount

    def _take_count(
        self, count: Counted, pickups: dict[PickupKey, Pickup], taken: dict[tuple[dt.date, str], Decimal]
    ) -> None:
        later = [row for row in self.servicings if row.date >= count.date]
        nexts = [row for row in later if row.fact.wall == later[0].fact.wall]
        leaves = nexts[0].date if nexts else None
        if self._was_counted(count.date, count.currency, leaves):
            return
        key = self._key_of(nexts[0], count.currency) if nexts else (self.serial, None, None, count.currency)
        pickups[key].counted += count.amount
        if leaves is not None:
            taken[leaves, count.currency] += count.amount

    def _openings(self, compartment: str, currency: str) -> dict[dt.date, Decimal]:
        return {
            one.date: one.amount for one in self.counts if (one.compartment, one.currency) == (compartment, currency)
        }

    def _was_counted(self, date: dt.date, currency: str, leaves: dt.date | None) -> bool:
        """Whether it was in the safe when somebody counted what was in there."""
        later = sorted(day for day in self._openings("contents", currency) if day > date)
        return bool(later) and (leaves is None or leaves >= later[0])

    def _say_pickups(self, pickups: dict[PickupKey, Pickup], figures: Figures) -> None:
        serviced: dict[tuple[int | None, dt.datetime | None], list[Row]] = defaultdict(list)
        for row in self.servicings:
            _, group, time, _ = self._key_of(row, "")
            serviced[group, time].append(row)
        for key, pickup in pickups.items():
            _, group, time, currency = key
            came = serviced[group, time]
            reported = sum((row.fact.amount for row in pickup.servicings), ZERO) if came else None
            variance = None if reported is None else reported - pickup.content
            known = {of_key[3] for of_key in pickups if of_key[:3] == key[:3]}
            status = self._status(came, currency, variance, is_mixed="" in known and len(known) > 1)
            figures.pickups[key] = (
                *(pickup.validated, pickup.manual, pickup.counted, pickup.content),
                *(reported, variance, pickup.astray, status),
            )
            told = f"servicing {time.isoformat()}" if time else f"group {group}"
            subject = f"{self.serial} {told} {currency}".strip()
            if came and status in ("agreed", "differs") and variance is not None:
                date = max(came, key=lambda row: row.order).date
                if abs(variance) > self._tolerance(date):
                    figures.findings["pickup_variance", subject, abs(variance)] += 1
            if pickup.astray:
                figures.findings["pickup_window_mismatch", subject, abs(pickup.astray)] += 1

    def _status(self, came: list[Row], currency: str, variance: Decimal | None, *, is_mixed: bool) -> str:
        if not came:
            return "open"
        if is_mixed:
            return "unjudged"
        first = self.servicings[0]
        is_first = any(row.fact.wall == first.fact.wall for row in came)
        if is_first and not any(day <= first.date for day in self._openings("contents", currency)):
            return "unjudged"
        return "differs" if variance else "agreed"

    def _tolerance(self, date: dt.date) -> Decimal:
        return TOLERANCE if _site_on(self.said, self.serial, date) else ZERO

    # --- days ---

    def _say_days(self, taken: Mapping[tuple[dt.date, str], Decimal], figures: Figures) -> None:
        by_day: dict[tuple[dt.date, str], list[Row]] = defaultdict(list)
        for row in self.cash:
            by_day[row.date, row.currency].append(row)
        counted = {(one.date, one.currency) for one in self.counts}
        for currency in {currency for _, currency in {*by_day, *taken, *counted}}:
            contents, inventory = self._openings("contents", currency), self._openings("inventory", currency)
            held = held_inventory = ZERO
            dates = {date for date, other in {*by_day, *taken, *counted} if other == currency}
            for date in sorted(dates):
                rows, left = by_day[date, currency], taken.get((date, currency), ZERO)
                if not rows and not left and (date, currency) not in counted:
                    continue
                opening = contents.get(date, held)
                opening_inventory = inventory.get(date, held_inventory)
                validated, manual = _sum(rows, "CashIn"), _sum(rows, "ManualCashTransaction")
                change = -_sum(rows, "CashDispenseTillCheckout")
                held = opening + validated + manual - left
                held_inventory = opening_inventory + change
                figures.days[self.serial, date, currency] = (
                    *(len(rows), validated, manual, _sum(rows, "Servicing"), _sum(rows, "ChangeRequest")),
                    *(change, left, opening, held, opening_inventory, held_inventory),
                )

    def _say_closes_and_doors(self, figures: Figures) -> None:
        closed = {row.date for row in self.cash if row.fact.type == "EndOfDay"}
        traded = {row.date for row in self.cash if row.fact.nature == "cash"}
        for date in traded - closed if closed else ():
            cash = sum((row.fact.amount for row in self.drops if row.date == date), ZERO)
            figures.findings["missing_end_of_day", f"{self.serial} {date}", cash] += 1
        unserved = {
            row.date
            for row in self.audits
            if row.fact.type == "DoorOpened"
            and not any(abs(other.fact.wall - row.fact.wall) <= DOOR_OPEN for other in self.servicings)
        }
        for date in unserved:
            figures.findings["door_open", f"{self.serial} {date}", None] += 1


def _sum(rows: Iterable[Row], type_: str) -> Decimal:
    return sum((row.fact.amount for row in rows if row.fact.type == type_), ZERO)


# --- sites ---

_BANKED = {"CashIn": 1, "ManualCashTransaction": 1, "CashDispenseTillCheckout": -1}


def _site_on(said: Inputs, serial: str, date: dt.date) -> str | None:
    starts = said.placements.get(serial, {})
    past = [start for start in starts if start <= date]
    return starts[max(past) if past else min(starts)] if starts else None


@dataclass
class _Register:
    safe: Decimal = ZERO
    takings: Decimal | None = None

    @cached_property
    def variance(self) -> Decimal | None:
        return None if self.takings is None else self.safe - self.takings


def _reckon_sites(rows: list[Row], said: Inputs, takings: list[Took], figures: Figures) -> None:
    days: dict[tuple[str, dt.date, str], dict[str, _Register]] = defaultdict(lambda: defaultdict(_Register))
    named = set()
    for row in rows:
        site = _site_on(said, row.fact.serial, row.date)
        if row.fact.type in _BANKED and site is not None:
            register = row.fact.register or ""
            named.add((site, register))
            days[site, row.date, row.currency][register].safe += _BANKED[row.fact.type] * row.fact.amount
    strange: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for took in takings:
        till = days[took.site, took.date, said.places[took.site].currency][took.register]
        till.takings = (till.takings or ZERO) + took.amount
        if (took.site, took.register) not in named:
            strange[took.site, took.register] += took.amount
    for (site, date, currency), registers in days.items():
        total = sum((one.safe for one in registers.values()), ZERO)
        told = [one.takings for one in registers.values() if one.takings is not None]
        variance = total - sum(told, ZERO) if told else None
        figures.site_days[site, date, currency] = (total, sum(told, ZERO) if told else None, variance)
        if variance is None:
            continue
        off = [abs(one.variance) for code, one in registers.items() if code and one.variance is not None]
        loose = abs(registers[""].safe) if "" in registers else ZERO
        stake = max(abs(variance), sum((one for one in off if one > TOLERANCE), ZERO) - loose)
        if stake > TOLERANCE:
            figures.findings["till_variance", f"{site} {date} {currency}", stake] += 1
    for (site, register), cash in strange.items():
        figures.findings["unknown_register", f"{site} {register}", cash] += 1
