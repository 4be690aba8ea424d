"""The books as DOMAIN.md defines them, reckoned from nothing but what was said. No line of the code under test is used.

Section 1 gives m(M, k), Stored, Claimed and the instants; section 2 the business dates; both the findings.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from tests.transactions.law.said import Fact, File, Push, Telling

PRODUCTION, TEST = 1, 2
Entry = tuple[int, Fact, dt.date, dt.datetime | None, str | None, bool, bool]
"""Book, fact, business date, instant, currency, seen by push, seen by file: one row that counts."""
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

    tellings: Iterable[Telling]
    books: Mapping[str, int]  # of endpoints and feeds
    places: Mapping[str, Place]  # of sites
    placements: Mapping[str, Mapping[dt.date, str]]  # serial -> first date -> site
    rulings: Mapping[Fact, int]  # those in force, in the production book


@dataclass
class Books:
    entries: Counter[Entry] = field(default_factory=Counter)
    findings: Counter[Finding] = field(default_factory=Counter)


def books_of(said: Inputs) -> Books:
    return _Reckoning(said).books()


@dataclass(frozen=True)
class Row:
    """One occurrence of a fact, and which channels showed it themselves."""

    fact: Fact
    occurrence: int
    pushed: bool
    filed: bool


Pairs = dict[Row, Row]
"""What a push alone told by what a file alone told of the same thing."""


def pairs_of(alone: Iterable[Row]) -> Pairs:
    """In sorted order, the first with the first: by their groups at one time, then by their times in one group."""
    left = [row for row in alone if row.fact.nature != "audit" and row.pushed != row.filed]
    by_group = _matched(
        left,
        lambda fact: replace(fact, group=None),
        lambda row: (row.fact.group is not None, row.fact.group or 0, row.occurrence),
    )
    taken = {*by_group, *by_group.values()}
    by_fraction = _matched(
        [row for row in left if row not in taken],
        lambda fact: replace(fact, wall=fact.wall.replace(microsecond=0)),
        lambda row: (row.fact.wall, row.occurrence),
    )
    return by_group | by_fraction


def _matched(rows: list[Row], agreeing: Callable[[Fact], Fact], order: Callable[[Row], Any]) -> Pairs:
    alike: dict[Fact, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=order):
        alike[agreeing(row.fact)].append(row)
    return {
        pushed: filed
        for some in alike.values()
        for pushed, filed in zip([r for r in some if r.pushed], [r for r in some if r.filed], strict=False)
    }


def messages_of(tellings: Iterable[Telling]) -> dict[Telling, tuple[str, object]]:
    """Which message each body belongs to: files whose names or bytes are the same are one, along the chain."""
    found: dict[Telling, tuple[str, object]] = {}
    chains: list[set[File]] = []
    for telling in tellings:
        if isinstance(telling, Push):
            found[telling] = telling.endpoint, telling.message_id or telling.body
            continue
        joined = [chain for chain in chains if any(_is_one_message(telling, other) for other in chain)]
        chains = [chain for chain in chains if chain not in joined] + [{telling}.union(*joined)]
    for number, chain in enumerate(chains):
        found |= {file: (file.feed, number) for file in chain}
    return found


def _is_one_message(one: File, other: File) -> bool:
    return one.feed == other.feed and (one.file_name == other.file_name or one.body == other.body)


class _Reckoning:
    def __init__(self, said: Inputs) -> None:
        self.said = said
        # book -> fact -> (is a file, source, message) -> m(M, k)
        self.shown: dict[int, dict[Fact, dict[tuple[bool, str, object], int]]] = {PRODUCTION: {}, TEST: {}}
        # book -> fact -> occurrence -> offsets its readings carried
        self.offsets: dict[int, dict[Fact, dict[int, set[int]]]] = {PRODUCTION: {}, TEST: {}}
        for telling, message in messages_of(said.tellings).items():
            self._hear(telling, (isinstance(telling, File), *message))

    def _hear(self, telling: Telling, message: tuple[bool, str, object]) -> None:
        book = self.said.books[telling.source]
        copies: Counter[Fact] = Counter()
        for reading in telling.readings:
            copies[reading.fact] += 1
            offsets = self.offsets[book].setdefault(reading.fact, defaultdict(set))[copies[reading.fact]]
            if reading.offset is not None:
                offsets.add(reading.offset)
        for fact, number in copies.items():
            messages = self.shown[book].setdefault(fact, {})
            messages[message] = max(messages.get(message, 0), number)

    def stored(self, book: int, fact: Fact) -> int:
        return max(self.shown[book][fact].values())

    def ruled(self, book: int, fact: Fact) -> int | None:
        return self.said.rulings.get(fact) if book == PRODUCTION else None

    def shown_by(self, book: int, fact: Fact, by_file: bool) -> int:
        return max(
            (number for (is_file, *_), number in self.shown[book][fact].items() if is_file == by_file), default=0
        )

    def rows(self, book: int) -> list[Row]:
        """What would count if nobody told the same thing in two ways."""
        found = []
        for fact in self.shown[book]:
            ruled = self.ruled(book, fact)
            pushed, filed = self.shown_by(book, fact, False), self.shown_by(book, fact, True)
            most = self.stored(book, fact) if ruled is None else ruled
            found += [Row(fact, number, number <= pushed, number <= filed) for number in range(1, most + 1)]
        return found

    @cached_property
    def pairs(self) -> Pairs:
        return pairs_of(row for row in self.rows(PRODUCTION) if self.ruled(PRODUCTION, row.fact) is None)

    @cached_property
    def counting(self) -> dict[int, list[Row]]:
        return {book: [row for row in self.rows(book) if book == TEST or row not in self.pairs] for book in self.shown}

    def counted(self, book: int, fact: Fact) -> int:
        return sum(row.fact == fact for row in self.counting[book])

    def claimed(self, fact: Fact) -> int:
        """Over the feeds where any shows it, else over the endpoints: the largest sum within one."""
        sums: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        for (is_file, source, _), number in self.shown[PRODUCTION][fact].items():
            sums[is_file][source] += number
        return max((sums[True] or sums[False]).values())

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
            for other in {row.fact for row in self.counting[book] if row.fact.type == "EndOfDay"}
            if other.serial == fact.serial and self.nominal(other) == nominal
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
        paired = set(self.pairs.values())
        for book, rows in self.counting.items():
            for row in rows:
                fact = row.fact
                # What only a ruling says happened is told like the first of its kind.
                told = row.occurrence if row.occurrence <= self.stored(book, fact) else 1
                instant = self.instant(fact, self.offsets[book][fact][told])
                is_pair = book == PRODUCTION and row in paired
                seen = row.pushed or is_pair, row.filed
                books.entries[book, fact, self.business_date(book, fact), instant, self.currency(fact), *seen] += 1
        books.findings.update(self._unknown_safes() + self._unknown_types() + self._by_day() + self._changed_files())
        # One per body, whatever the message: what could not be read is what was sent in those bytes.
        for telling in {(telling.source, telling.body): telling for telling in self.said.tellings}.values():
            if telling.unreadable:
                books.findings["quarantined_row", f"delivery {telling.source} {telling.body.hex()}", None] += 1
        return books

    def _changed_files(self) -> list[Finding]:
        bodies: dict[str, set[bytes]] = defaultdict(set)
        for telling in self.said.tellings:
            if isinstance(telling, File):
                bodies[f"{telling.feed}: {telling.file_name}"].add(telling.body)
        return [("file_changed", subject, None) for subject, different in bodies.items() if len(different) > 1]

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
        for pushed, filed in self.pairs.items():
            if pushed.fact.group != filed.fact.group:
                subject = f"{filed.fact.serial} {self.business_date(PRODUCTION, filed.fact)}"
                cash["pickup_group_mismatch", subject] += abs(filed.fact.amount)
        return [(kind, subject, sum_) for (kind, subject), sum_ in cash.items()]
