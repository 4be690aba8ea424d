"""Stories: what was said by whom, what people did about it, and an order in which all of it arrived."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from hypothesis import strategies as st

from tests.transactions.law.figures import Counted, Took
from tests.transactions.law.oracle import PRODUCTION, TEST, Place
from tests.transactions.law.said import TYPES, Denominations, Fact, File, Push, Reading, Telling

ENDPOINTS = {"north": PRODUCTION, "south": PRODUCTION, "trial": TEST}
FEEDS = {"daily": PRODUCTION, "spare": PRODUCTION, "rehearsal": TEST}
BOOKS = ENDPOINTS | FEEDS
SERIALS = ("SR1", "SR2", "ŠR-3")
PLACES = {
    "CHI": Place("America/Chicago", dt.timedelta(hours=6), "USD"),
    "LIS": Place("Europe/Lisbon", dt.timedelta(hours=4), "EUR"),
    "LHI": Place("Australia/Lord_Howe", dt.timedelta(0), "AUD"),
    "KTM": Place("Asia/Kathmandu", dt.timedelta(hours=23, minutes=59), "NPR"),
}
# Chicago's clock goes forward, Chicago's goes back, Lisbon's goes forward, Lord Howe's goes back by half an hour.
FIRST_DAYS = (dt.date(2026, 3, 7), dt.date(2026, 10, 31), dt.date(2026, 3, 28), dt.date(2026, 4, 4))
TIMES = [
    dt.time(0, 0),
    dt.time(0, 1),
    dt.time(1, 45),
    dt.time(2, 30),
    dt.time(3, 59, 59, 999999),
    dt.time(4, 0),
    dt.time(5, 59, 59, 500000),
    dt.time(6, 0),
    dt.time(17, 30, 5),
    dt.time(23, 59, 59, 999999),
]
_DENOMINATIONS: list[Denominations] = [
    (),
    (),
    ((Decimal("0.5"), 1, "USD"), (Decimal(20), 1, "USD")),
    ((Decimal(20), 2, None),),
    ((Decimal(5), 4, "EUR"), (Decimal(10), -1, "EUR")),
]


@dataclass(frozen=True)
class Placing:
    serial: str
    site: str
    starts_on: dt.date


@dataclass(frozen=True)
class SiteEdit:
    """A site that was entered wrongly, in everything that dates a transaction, gets its true values."""

    code: str
    wrong: Place


@dataclass(frozen=True)
class Verdict:
    """A person rules, again and again; ``None`` takes the ruling back."""

    fact: Fact
    counts: tuple[int | None, ...]


@dataclass(frozen=True)
class Arrival:
    """A push or a file that comes in whole, or whose server dies between the raw bytes and what they say."""

    telling: Telling
    crash: bool = False

    def __repr__(self) -> str:
        return f"{self.telling.source}/{self.telling.name}{' CRASH' * self.crash}"


@dataclass(frozen=True)
class CatchUp:
    """What the worker does by the clock: deliveries left behind are recorded."""


@dataclass(frozen=True)
class Replay:
    """A stored body is read again."""

    telling: Telling

    def __repr__(self) -> str:
        return f"REPLAY {self.telling.source}/{self.telling.name}"


@dataclass(frozen=True)
class Counting:
    """A person enters a counted opening, having entered wrong ones before, each withdrawn."""

    counted: Counted
    wrong: tuple[Decimal, ...] = ()


@dataclass(frozen=True)
class Taking:
    """A till says what it took; ``wrong`` is what it said before under the same reference."""

    took: Took
    wrong: tuple[Decimal, ...] = ()


Action = Placing | SiteEdit | Verdict | Arrival | CatchUp | Replay | Counting | Taking


@dataclass(frozen=True)
class Story:
    tellings: tuple[Telling, ...]
    people: tuple[Action, ...]

    @property
    def placements(self) -> dict[str, dict[dt.date, str]]:
        found: dict[str, dict[dt.date, str]] = {}
        for action in self.people:
            if isinstance(action, Placing):
                found.setdefault(action.serial, {})[action.starts_on] = action.site
        return found

    @property
    def counts(self) -> list[Counted]:
        return [action.counted for action in self.people if isinstance(action, Counting)]

    @property
    def takings(self) -> list[Took]:
        return [action.took for action in self.people if isinstance(action, Taking)]

    @property
    def rulings(self) -> dict[Fact, int]:
        verdicts = {action.fact: action.counts[-1] for action in self.people if isinstance(action, Verdict)}
        return {fact: count for fact, count in verdicts.items() if count is not None}


@st.composite
def facts(draw: st.DrawFn, first: dt.date, serial: str | None = None) -> Fact:
    type_ = draw(st.sampled_from([*TYPES, "CashIn", "EndOfDay"]))
    date = first + dt.timedelta(days=draw(st.integers(0, 2)))
    cash = TYPES[type_][1] in ("cash", "unknown")
    return Fact(
        serial=serial or draw(st.sampled_from(SERIALS)),
        wall=dt.datetime.combine(date, draw(st.sampled_from(TIMES))),
        type=type_,
        amount=draw(st.sampled_from([Decimal("20.5"), Decimal(40), Decimal(-10), Decimal(0)])) if cash else Decimal(0),
        group=draw(st.sampled_from([None, None, 7, 2**62])),
        user=draw(st.sampled_from([None, "ANNA", "JOSÉ Č"])),
        register=draw(st.sampled_from([None, "0"])),
        denominations=draw(st.sampled_from(_DENOMINATIONS)) if TYPES[type_][1] == "cash" else (),
    )


# The zone's own, the other side of a clock change, one nobody there has, and mostly none.
_OFFSETS = [None, None, None, None, None, -300, -360, 0, 345, 630]


def told(fact: Fact) -> st.SearchStrategy[Reading]:
    return st.builds(Reading, st.just(fact), st.integers(0, 59), st.sampled_from(_OFFSETS))


def _crowd(first: dt.date, start: int) -> tuple[Reading, ...]:
    """Enough rows in one message that they are taken in by the way of large ones."""
    noon = dt.datetime.combine(first, dt.time(11))
    facts_ = [Fact("SR1", noon + dt.timedelta(seconds=start + n), "CashIn", Decimal(10 + n)) for n in range(55)]
    return tuple(Reading(fact) for fact in facts_)


@st.composite
def pushes(draw: st.DrawFn, first: dt.date, pool: list[Fact]) -> Push:
    # Genuine twins are common: the same few facts are drawn with repetition.
    said = draw(st.lists(st.sampled_from(pool).flatmap(told), min_size=1, max_size=5))
    endpoint = draw(st.sampled_from(["north", "north", "north", "south", "trial"]))
    crowd = draw(st.sampled_from([None] * 7 + [0, 20]))
    return Push(
        endpoint=endpoint,
        message_id=draw(st.sampled_from([None, "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "m-2", "m-3"])),
        readings=(*said, *(_crowd(first, crowd) if crowd is not None else ())),
        unreadable=draw(st.sampled_from([0, 0, 0, 1])) if endpoint != "trial" else 0,
        salt=draw(st.integers(0, 1)),
    )


@st.composite
def files(draw: st.DrawFn, first: dt.date, pool: list[Fact]) -> File:
    said = draw(st.lists(st.sampled_from(pool).flatmap(told), min_size=1, max_size=5))
    crowd = draw(st.sampled_from([None] * 7 + [0, 20]))
    feed = draw(st.sampled_from(["daily", "daily", "daily", "spare", "rehearsal"]))
    return File(
        feed=feed,
        file_name=draw(st.sampled_from(["a.xml", "b.xml", "c.xml"])),
        readings=(*said, *(_crowd(first, crowd) if crowd is not None else ())),
        unreadable=draw(st.sampled_from([0, 0, 0, 1])) if feed != "rehearsal" else 0,
        salt=draw(st.integers(0, 1)),
    )


def _nearly(fact: Fact) -> st.SearchStrategy[Fact]:
    """What the other channel may tell instead: another group, another fraction of the second, or both."""
    groups, fractions = st.sampled_from([None, 7, 8, 2**62]), st.sampled_from([0, 1, 500000, 999999])
    return st.one_of(
        st.builds(lambda group: replace(fact, group=group), groups),
        st.builds(lambda micro: replace(fact, wall=fact.wall.replace(microsecond=micro)), fractions),
        st.builds(
            lambda g, micro: replace(fact, group=g, wall=fact.wall.replace(microsecond=micro)), groups, fractions
        ),
    )


def _by_bytes(telling: Telling) -> tuple[object, ...]:
    return type(telling), telling.source, getattr(telling, "file_name", None), telling.body


@st.composite
def stories(draw: st.DrawFn) -> Story:
    first = draw(st.sampled_from(FIRST_DAYS))
    pool = draw(st.lists(facts(first), min_size=1, max_size=5, unique=True))
    # A close at the very moment of something else, or a microsecond before: which day has it then?
    beside, earlier = draw(st.sampled_from(pool)), dt.timedelta(microseconds=draw(st.integers(0, 1)))
    pool += draw(st.lists(st.just(Fact(beside.serial, beside.wall - earlier, "EndOfDay")), max_size=1))
    near = draw(st.lists(st.sampled_from(pool).flatmap(_nearly), max_size=4))
    pool = list(dict.fromkeys([*pool, *near]))
    spoken: st.SearchStrategy[Telling] = st.one_of(pushes(first, pool), files(first, pool))
    sent = draw(st.lists(spoken, min_size=1, max_size=6, unique_by=_by_bytes))
    # The same bytes under another name, which may have other bytes too.
    copied = [telling for telling in sent if isinstance(telling, File)]
    if copied:
        copies = st.builds(replace, st.sampled_from(copied), file_name=st.sampled_from(["a.xml", "b.xml", "c.xml"]))
        sent = list({_by_bytes(one): one for one in [*sent, *draw(st.lists(copies, max_size=2))]}.values())
    people: list[Action] = [
        Placing(serial, draw(st.sampled_from(sorted(PLACES))), first + dt.timedelta(days=day))
        for serial in SERIALS
        for day in draw(st.lists(st.integers(0, 2), max_size=2, unique=True))
    ]
    mistaken = draw(st.lists(st.sampled_from(sorted(PLACES)), max_size=2, unique=True))
    people += [
        SiteEdit(code, replace(draw(st.sampled_from(list(PLACES.values()))), currency="XXX")) for code in mistaken
    ]
    shown = sorted({r.fact for p in sent if BOOKS[p.source] == PRODUCTION for r in p.readings[:5]}, key=repr)
    if shown:
        counts = st.lists(st.sampled_from([0, 1, 2, 4, None]), min_size=1, max_size=3)
        judged = draw(st.lists(st.sampled_from(shown), max_size=2, unique=True))
        people += [Verdict(fact, tuple(draw(counts.filter(_no_double_withdrawal)))) for fact in judged]
    return Story(tuple(sent), tuple(people))


def _no_double_withdrawal(counts: list[int | None]) -> bool:
    return counts[0] is not None and all(not one is two is None for one, two in pairwise(counts))


@st.composite
def orders(draw: st.DrawFn, story: Story) -> list[Action]:
    """Everything of a story at least once, in any order; some again, whole or after a crash, and replays between."""
    sent = st.sampled_from(story.tellings)
    actions: list[Action] = [Arrival(telling, crash=draw(st.booleans())) for telling in story.tellings]
    again = st.one_of(st.builds(Arrival, sent, st.booleans()), st.builds(Replay, sent), st.just(CatchUp()))
    actions += draw(st.lists(again, max_size=4))
    return draw(st.permutations([*actions, *story.people]))
