"""Keeping takings, from whatever door: each once, the last word on it standing, all of a list or only its good rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.transaction import atomic
from django.utils import timezone

from safes.history import on_occasion
from transactions.models import Taking
from transactions.reconciliation.signing.freezing import is_frozen, signed_among
from transactions.reconciliation.sites.marks import SiteDate, touch_sites
from transactions.reconciliation.takings.book import Book, Teller
from transactions.reconciliation.takings.holding import Ambiguities, Sites, hold, look
from transactions.reconciliation.takings.reading import Errors, Said, read


@dataclass(slots=True)
class Outcome:
    """What became of one row: a taking, new or replaced; or the mistakes in it."""

    taking: Taking | None = None
    created: bool = False
    errors: Errors = field(default_factory=dict)


class Refused(ValueError):
    """Some rows were wrong, and so none was kept. ``outcomes`` has the mistakes, row for row."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__("Nothing was kept: some of the takings are wrong.")
        self.outcomes = outcomes

    @property
    def by_row(self) -> dict[int, Errors]:
        return {number: one.errors for number, one in enumerate(self.outcomes) if one.errors}


class Keeping:
    """Takings that are kept one after the other, under locks that are taken at once and last as long as the caller's
    transaction; ``done`` marks the days that this touched. With ``stores`` false it is all the same, but for the locks,
    and nothing is stored: a preview keeps nobody waiting.
    """

    def __init__(self, said: Sequence[Said], teller: Teller, *, stores: bool = True) -> None:
        self._teller = teller
        self._stores = stores
        self._sites = hold(said) if stores else look(said)
        self._ambiguities = Ambiguities()
        self._book = Book([one for one in said if not self._sites.mistakes(one)], self._sites, stores=stores)
        self._signed = _signed(self._book, said, self._sites) if teller.user_id is not None else set()

    def mistakes(self, said: Said) -> Errors:
        """Why this row cannot be kept; to be asked once of each, in their order."""
        return self._sites.mistakes(said) or self._frozen(said) or self._ambiguities.mistakes(said)

    def _frozen(self, said: Said) -> Errors:
        return _frozen(_days(self._book, said, self._sites) & self._signed, said, self._sites)

    def known(self, said: Said) -> Taking | None:
        """What it would replace."""
        return None if self._sites.mistakes(said) else self._book.taking(said)

    def keep(self, said: Said) -> tuple[Taking, bool]:
        """The taking that says so now, and whether it is new; for rows without mistakes."""
        taking = self._book.taking(said)
        return self._book.write(taking or Taking(), said, self._teller), taking is None

    def done(self) -> None:
        if self._stores:
            touch_sites(self._book.touched)


@atomic
def keep(rows: Sequence[object], teller: Teller, *, good_rows: bool = False) -> list[Outcome]:
    """Keep takings: the same reference again replaces, wherever and of whatever day it was; without one, the same
    register, date and cashier.

    Rows have the fields of takings.reading. With ``good_rows`` the good ones are kept without the bad; otherwise, and
    when none is good, Refused is raised and nothing is changed. The days they touch, before and after, are marked.
    """
    read_ = [read(row) for row in rows]
    keeping = Keeping([one for one, _ in read_ if one], teller)
    outcomes = [Outcome(errors=keeping.mistakes(one) if one else errors) for one, errors in read_]
    wrong = sum(bool(outcome.errors) for outcome in outcomes)
    if wrong and (not good_rows or wrong == len(rows)):
        raise Refused(outcomes)
    for (one, _), outcome in zip(read_, outcomes, strict=True):
        if one and not outcome.errors:
            outcome.taking, outcome.created = keeping.keep(one)
    keeping.done()
    return outcomes


@atomic
def enter(row: object, teller: Teller, taking_id: int | None = None) -> Taking:
    """Enter one as a person does, who is told where there are such takings already; or, with an id, put that one
    right, also in the register, date, cashier or reference it is told by. Raises Refused.
    """
    taking, said, book = _entered(row, taking_id)
    book.write(taking, said, teller)
    touch_sites(book.touched)
    return taking


@atomic
def mistakes(row: object, taking_id: int | None = None) -> Errors:
    """Why it could not be entered; nothing is changed, and nothing else changes it until the transaction ends."""
    try:
        _entered(row, taking_id)
    except Refused as refused:
        return refused.by_row[0]
    return {}


def _entered(row: object, taking_id: int | None) -> tuple[Taking, Said, Book]:
    before = Taking.objects.select_related("register__site").get(pk=taking_id) if taking_id else None
    said, errors = read(row)
    if said is None:
        raise Refused([Outcome(errors=errors)])
    sites = hold([said] if before is None else [said, _as_said(before)])
    errors = sites.mistakes(said)
    if errors:
        raise Refused([Outcome(errors=errors)])
    book = Book([said], sites)
    days = _days(book, said, sites) | ({(before.register.site_id, before.business_date)} if before else set())
    errors = _frozen(signed_among(days), said, sites)
    if errors:
        raise Refused([Outcome(errors=errors)])
    there = book.taking(said)
    if there is not None and there != before and (before is not None or there.withdrawn_at is None):
        told = "reference" if said.reference else "register"
        raise Refused([Outcome(errors={told: ["There are such takings already: change those, or withdraw them."]})])
    if before is not None:
        before.refresh_from_db()
    return before or there or Taking(), said, book


@atomic
def withdraw(taking_id: int, word: str) -> Taking:
    """Take back what was entered by mistake, with a word why: it counts for nothing, and its history keeps it.

    Raises ValueError, with a sentence.
    """
    if not word.strip():
        raise ValueError("Say why: a word is needed.")
    hold([_as_said(Taking.objects.select_related("register__site").get(pk=taking_id))])
    taking = Taking.objects.select_related("register__site").get(pk=taking_id)
    if taking.withdrawn_at is not None:
        raise ValueError("These takings were withdrawn already.")
    site = taking.register.site
    if signed_among({(site.pk, taking.business_date)}):
        raise ValueError(is_frozen(site.code, taking.business_date))
    taking.withdrawn_at = timezone.now()
    with on_occasion(f"withdrawn: {word.strip()}"):
        taking.save()
    touch_sites({(taking.register.site_id, taking.business_date)})
    return taking


def _signed(book: Book, said: Sequence[Said], sites: Sites) -> set[SiteDate]:
    days = [_days(book, one, sites) for one in said if not sites.mistakes(one)]
    return signed_among(set().union(*days))


def _days(book: Book, said: Said, sites: Sites) -> set[SiteDate]:
    """The day it is said of, and the one that what it replaces was said of."""
    there = book.taking(said)
    before = set() if there is None or there.pk is None else {(there.register.site_id, there.business_date)}
    return {(sites.of(said).pk, said.business_date)} | before


def _frozen(signed: set[SiteDate], said: Said, sites: Sites) -> Errors:
    if not signed:
        return {}
    ((_, date), *_) = sorted(signed)
    return {"business_date": [is_frozen(sites.of(said).code, date)]}


def _as_said(taking: Taking) -> Said:
    return Said(
        site=taking.register.site.code,
        business_date=taking.business_date,
        register=taking.register.code,
        amount=taking.amount,
        cashier=taking.cashier,
        reference=taking.reference or "",
    )
