"""One box for everything: apps hang their finders here, and the page asks those whose rooms the person may enter."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

# More of a kind are behind a link to their list.
SHOWN = 10
LENGTH = 100

_AMOUNT = re.compile(r"[+-]?([0-9]{1,14}|[0-9]{1,3}(,[0-9]{3}){1,4})(\.[0-9]{1,4})?")
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody typed, and what it may mean; it may mean several things at once."""

    text: str
    amount: Decimal | None = None
    """Without its sign, which people leave out."""
    currency: str = ""
    date: dt.date | None = None
    number: int | None = None

    @property
    def is_no_name(self) -> bool:
        """Whether it is a date, or an amount that no one would name anything by: 1,234.50, or 20 USD."""
        return self.date is not None or (self.amount is not None and self.number is None)


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found: its page, what it is called, and a few words to tell it by."""

    url: str
    name: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Up to SHOWN + 1 rows, so that one more is known of; and the list that has all, where there is such a list."""

    hits: list[Hit] = field(default_factory=list)
    all_url: str = ""


class Person(Protocol):
    def has_perm(self, perm: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Finder:
    """Looks for one kind of rows, for those who may see them; a query or two, fast however long the history is."""

    title: str
    rank: int
    permission: str
    looked: str
    """What was looked through, and by what, for the page to say."""
    find: Callable[[Question], Found | None]
    """None: such a question is none for this kind."""


@dataclass(frozen=True, slots=True)
class Group:
    """What one finder found, as the page shows it."""

    title: str
    looked: str
    hits: list[Hit]
    has_more: bool
    all_url: str


_finders: dict[str, Finder] = {}


def hang(finder: Finder) -> None:
    """Have it asked; one of the same title is replaced."""
    _finders[finder.title] = finder


def read(typed: str) -> Question:
    """What is asked. Signs that no row has are left out. Raises ValueError when it is too long to be meant."""
    text = " ".join(typed.replace("\x00", " ").split())
    if len(text) > LENGTH:
        raise ValueError(f"That is too long to look for: {LENGTH} characters at most.")
    amount, currency = _amount(text)
    return Question(
        text=text,
        amount=amount,
        currency=currency,
        date=_date(text),
        number=int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None,
    )


def search(question: Question, person: Person) -> list[Group]:
    """What the finders of the rooms that this person may enter find, in their order, with those that found nothing."""
    if not question.text:
        return []
    groups = []
    for finder in sorted(_finders.values(), key=lambda finder: finder.rank):
        found = finder.find(question) if person.has_perm(finder.permission) else None
        if found is not None:
            hits = found.hits[:SHOWN]
            has_more = len(found.hits) > SHOWN
            groups.append(Group(finder.title, finder.looked, hits, has_more, found.all_url if hits else ""))
    return groups


def _amount(text: str) -> tuple[Decimal | None, str]:
    """1,234.50 or 1234.5, with a currency before or after it, or without."""
    currency, text = "", text.replace("−", "-")
    for sign, named in _SIGNS.items():
        if sign in text:
            currency, text = named, text.replace(sign, "", 1).strip()
            break
    words = text.split()
    if not currency and len(words) == 2:
        currency, words = next(
            ((word.upper(), [other]) for word, other in (words, words[::-1]) if _CURRENCY.fullmatch(word)), ("", words)
        )
    if len(words) != 1 or not _AMOUNT.fullmatch(words[0]):
        return None, ""
    return abs(Decimal(words[0].replace(",", ""))), currency


def _date(text: str) -> dt.date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return date if 1900 <= date.year <= 2200 else None
