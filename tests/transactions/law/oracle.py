"""The books as DOMAIN.md defines them, reckoned from nothing but what was said. No line of the code under test is used.

Section 1 gives m(M, k), Stored, Claimed and the instants; section 2 the business dates; both the findings.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tests.transactions.law.said import Fact, Push

PRODUCTION, TEST = 1, 2
Entry = tuple[int, Fact, dt.date, dt.datetime | None, str | None]
"""Book, fact, business date, instant, currency: one row that counts."""
Finding = tuple[str, str, Decimal | None]
"""Kind, subject and cash of an open finding."""


@dataclass(frozen=True)
class Place:
    """What a site gives the safes that stand at it."""

    zone: str
    rollover: dt.timedelta
    currency: str


NOWHERE_ROLLOVER = dt.timedelta(hours=6)


@dataclass
class Inputs:
    """Everything the books are a function of."""

    pushes: Iterable[Push]
    books: Mapping[str, int]  # of endpoints
    places: Mapping[str, Place]  # of sites
    placements: Mapping[str, Mapping[dt.date, str]]  # serial -> first date -> site
    rulings: Mapping[Fact, int]  # those in force, in the production book


@dataclass
class Books:
    entries: Counter[Entry] = field(default_factory=Counter)
    findings: Counter[Finding] = field(default_factory=Counter)


def books_of(said: Inputs) -> Books:
    return _Reckoning(said).books()


class _Reckoning:
    def __init__(self, said: Inputs) -> None:
        self.said = said
        # book -> fact -> (endpoint, message) -> m(M, k)
        self.shown: dict[int, dict[Fact, dict[tuple[str, str | bytes], int]]] = {PRODUCTION: {}, TEST: {}}
        # book -> fact -> occurrence -> offsets its readings carried
        self.offsets: dict[int, dict[Fact, dict[int, set[int]]]] = {PRODUCTION: {}, TEST: {}}
        for push in said.pushes:
            self._hear(push)

    def _hear(self, push: Push) -> None:
        book = self.said.books[push.endpoint]
        copies: Counter[Fact] = Counter()
        for reading in push.readings:
            copies[reading.fact] += 1
            offsets = self.offsets[book].setdefault(reading.fact, defaultdict(set))[copies[reading.fact]]
            if reading.offset is not None:
                offsets.add(reading.offset)
        for fact, number in copies.items():
            messages = self.shown[book].setdefault(fact, {})
            messages[push.message] = max(messages.get(push.message, 0), number)

    def stored(self, book: int, fact: Fact) -> int:
        return max(self.shown[book][fact].values())

    def counted(self, book: int, fact: Fact) -> int:
        ruled = self.said.rulings.get(fact) if book == PRODUCTION else None
        return self.stored(book, fact) if ruled is None else ruled

    def claimed(self, fact: Fact) -> int:
        """No feeds here: the largest sum within one endpoint."""
        sums: Counter[str] = Counter()
        for (endpoint, _), number in self.shown[PRODUCTION][fact].items():
            sums[endpoint] += number
        return max(sums.values())

    # --- places and dates ---

    def place(self, serial: str, date: dt.date) -> Place | None:
        starts = self.said.placements.get(serial, {})
        if not starts:
            return None
        past = [start for start in starts if start <= date]
        return self.said.places[starts[max(past) if past else min(starts)]]

    def nominal(self, fact: Fact) -> dt.date:
        place = self.place(fact.serial, fact.wall.date())
        return (fact.wall - (place.rollover if place else NOWHERE_ROLLOVER)).date()

    def business_date(self, book: int, fact: Fact) -> dt.date:
        nominal = self.nominal(fact)
        if fact.type == "EndOfDay":
            return nominal
        closes = [
            other.wall
            for other in self.shown[book]
            if other.type == "EndOfDay"
            and other.serial == fact.serial
            and self.nominal(other) == nominal
            and self.counted(book, other)
        ]
        return nominal if not closes or fact.wall <= max(closes) else nominal + dt.timedelta(days=1)

    def instant(self, fact: Fact, offsets: set[int]) -> dt.datetime | None:
        place = self.place(fact.serial, fact.wall.date())
        if offsets:
            agreeing = [offset for offset in self._of_zone(place, fact.wall) if offset in offsets] if place else []
            offset = agreeing[0] if agreeing and len(offsets) > 1 else min(offsets)
        elif place is None:
            return None
        else:
            offset = self._of_zone(place, fact.wall)[0]
        return fact.wall.replace(tzinfo=dt.UTC) - dt.timedelta(minutes=offset)

    @staticmethod
    def _of_zone(place: Place, wall: dt.datetime) -> list[int]:
        """The zone's offset at the first reading of that wall clock, and at the second."""
        there = zoneinfo.ZoneInfo(place.zone)
        found = [wall.replace(tzinfo=there, fold=fold).utcoffset() for fold in (0, 1)]
        return [int(offset.total_seconds()) // 60 for offset in found if offset is not None]

    def currency(self, fact: Fact) -> str | None:
        sent = {currency for _, _, currency in fact.denominations if currency}
        place = self.place(fact.serial, fact.wall.date())
        return sent.pop() if sent else place.currency if place else None

    # --- the books ---

    def books(self) -> Books:
        books = Books()
        for book, facts in self.shown.items():
            for fact in facts:
                date = self.business_date(book, fact)
                for occurrence in range(1, self.counted(book, fact) + 1):
                    # What only a ruling says happened is told like the first of its kind.
                    told = occurrence if occurrence <= self.stored(book, fact) else 1
                    instant = self.instant(fact, self.offsets[book][fact][told])
                    books.entries[book, fact, date, instant, self.currency(fact)] += 1
        books.findings.update(self._unknown_safes() + self._unknown_types() + self._by_day())
        # One per body, whatever the message: what could not be read is what was sent in those bytes.
        for push in {(push.endpoint, push.body): push for push in self.said.pushes}.values():
            if push.unreadable:
                books.findings["quarantined_row", f"delivery {push.endpoint} {push.body.hex()}", None] += 1
        return books

    def _cash(self, facts: Iterable[Fact]) -> Decimal:
        return sum((abs(fact.amount) * self.counted(PRODUCTION, fact) for fact in facts), Decimal(0))

    def _unknown_safes(self) -> list[Finding]:
        facts = self.shown[PRODUCTION]
        strangers = {fact.serial for fact in facts if not self.said.placements.get(fact.serial)}
        return [
            ("unknown_safe", serial, self._cash(f for f in facts if f.serial == serial and f.nature == "cash"))
            for serial in strangers
        ]

    def _unknown_types(self) -> list[Finding]:
        unknown = [f for f in self.shown[PRODUCTION] if f.nature == "unknown" and self.counted(PRODUCTION, f)]
        return [
            (
                "unknown_type",
                f"{serial} {type_}",
                self._cash(f for f in unknown if (f.serial, f.type) == (serial, type_)),
            )
            for serial, type_ in {(fact.serial, fact.type) for fact in unknown}
        ]

    def _by_day(self) -> list[Finding]:
        cash: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for fact in self.shown[PRODUCTION]:
            subject = f"{fact.serial} {self.business_date(PRODUCTION, fact)}"
            missing = self.claimed(fact) - self.stored(PRODUCTION, fact)
            if fact.nature == "cash" and fact.amount and missing > 0 and fact not in self.said.rulings:
                cash["possible_twin", subject] += missing * abs(fact.amount)
            if fact.unexplained and self.counted(PRODUCTION, fact):
                cash["amount_mismatch", subject] += self.counted(PRODUCTION, fact) * fact.unexplained
        return [(kind, subject, sum_) for (kind, subject), sum_ in cash.items()]
