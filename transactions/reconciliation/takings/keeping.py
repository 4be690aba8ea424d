"""Keeping takings, from whatever door: each once, the last word on it standing, all of a list or only its good rows."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Q
from django.db.transaction import atomic
from django.utils import timezone

from safes.estate import lock_sites
from safes.history import on_occasion
from safes.localtime import zone
from safes.models import Register, Site
from transactions.models import Taking
from transactions.reconciliation.sites.marks import SiteDate, touch_sites
from transactions.reconciliation.takings.reading import Errors, Said, read

# References are locked by the part of them that falls on one of so many numbers: enough that two tills hardly ever wait
# for each other, and few enough that a table of ten thousand takings needs no more locks than this.
_DRAWERS = 256
_FEW = 50
_LOCK_SPACE = 0x7A6B  # of advisory locks; nobody else here uses any of two numbers


@dataclass(frozen=True, slots=True)
class Teller:
    """Who says it, and through which door."""

    source: Taking.Source
    user_id: int | None = None
    account_id: int | None = None


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


@atomic
def keep(rows: Sequence[object], teller: Teller, *, good_rows: bool = False) -> list[Outcome]:
    """Keep takings: the same reference again replaces, wherever and of whatever day it was; without one, the same
    register, date and cashier.

    Rows have the fields of takings.reading. With ``good_rows`` the good ones are kept without the bad; otherwise, and
    when none is good, Refused is raised and nothing is changed. The days they touch, before and after, are marked.
    """
    read_ = [read(row) for row in rows]
    outcomes = [Outcome(errors=errors) for _, errors in read_]
    said = [one for one, _ in read_]
    sites = hold(one for one in said if one)
    for one, outcome in zip(said, outcomes, strict=True):
        if one:
            outcome.errors = sites.mistakes(one)
    _refuse_ambiguous(said, outcomes)
    wrong = sum(bool(outcome.errors) for outcome in outcomes)
    if wrong and (not good_rows or wrong == len(rows)):
        raise Refused(outcomes)
    good = [(one, outcome) for one, outcome in zip(said, outcomes, strict=True) if one and not outcome.errors]
    book = Book([one for one, _ in good], sites)
    for one, outcome in good:
        taking = book.taking(one)
        outcome.created = taking is None
        outcome.taking = book.write(taking or Taking(), one, teller)
    touch_sites(book.touched)
    return outcomes


@atomic
def change(taking_id: int, row: object, teller: Teller) -> Taking:
    """Put a taking right, also the register, date, cashier or reference it is told by. Raises Refused."""
    taking = Taking.objects.select_related("register__site").get(pk=taking_id)
    said, errors = read(row)
    if said is None:
        raise Refused([Outcome(errors=errors)])
    sites = hold([said, _as_said(taking)])
    taking.refresh_from_db()
    errors = sites.mistakes(said)
    book = Book([] if errors else [said], sites)
    if not errors and book.taking(said) not in (None, taking):
        told = "reference" if said.reference else "register"
        errors = {told: ["There are such takings already: change those, or withdraw them."]}
    if errors:
        raise Refused([Outcome(errors=errors)])
    book.write(taking, said, teller)
    touch_sites(book.touched)
    return taking


@atomic
def withdraw(taking_id: int, word: str) -> Taking:
    """Take back what was entered by mistake, with a word why: it counts for nothing, and its history keeps it.

    Raises ValueError, with a sentence.
    """
    if not word.strip():
        raise ValueError("Say why: a word is needed.")
    hold([_as_said(Taking.objects.select_related("register__site").get(pk=taking_id))])
    taking = Taking.objects.select_related("register").get(pk=taking_id)
    if taking.withdrawn_at is not None:
        raise ValueError("These takings were withdrawn already.")
    taking.withdrawn_at = timezone.now()
    with on_occasion(f"withdrawn: {word.strip()}"):
        taking.save()
    touch_sites({(taking.register.site_id, taking.business_date)})
    return taking


def hold(said: Iterable[Said]) -> Sites:
    """Take all locks that keeping these needs, in the order that everybody takes them in.

    References first, then sites: those they are said of now, and those their references were said of before.
    """
    said = list(said)
    references = {one.reference for one in said if one.reference}
    drawers = sorted({zlib.crc32(reference.encode()) % _DRAWERS for reference in references})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, drawer) FROM unnest(%s::int[]) AS d(drawer)", [_LOCK_SPACE, drawers]
        )
    before = Taking.objects.filter(reference__in=references).values_list("register__site", flat=True)
    return Sites(lock_sites({*before, *_ids({one.site for one in said})}))


def _ids(codes: set[str]) -> list[int]:
    """Of sites, by their codes without regard to case."""
    if len(codes) > _FEW:
        wanted = {code.upper() for code in codes}
        return [pk for pk, code in Site.objects.values_list("pk", "code") if code.upper() in wanted]
    named = [Q(code__iexact=code) for code in codes]
    return list(Site.objects.filter(reduce(or_, named)).values_list("pk", flat=True)) if named else []


def _as_said(taking: Taking) -> Said:
    return Said(
        site=taking.register.site.code,
        business_date=taking.business_date,
        register=taking.register.code,
        amount=taking.amount,
        cashier=taking.cashier,
        reference=taking.reference or "",
    )


class Sites:
    """Sites that are locked, by their codes without regard to case, and what only those who know them can say."""

    def __init__(self, locked: Iterable[Site]) -> None:
        self._known = {site.code.upper(): site for site in locked}
        self._now = timezone.now()

    def of(self, said: Said) -> Site:
        return self._known[said.site.upper()]

    def mistakes(self, said: Said) -> Errors:
        site = self._known.get(said.site.upper())
        if site is None:
            return {"site": [f"There is no site {said.site}: enter it first, or mend the code."]}
        errors: Errors = {}
        latest = latest_date(site, self._now)
        if said.business_date > latest:
            errors["business_date"] = [f"It lies in the future: the latest that {site.code} can say is {latest}."]
        if said.currency and said.currency != site.currency:
            errors["currency"] = [f"Takings at {site.code} are in {site.currency}."]
        return errors


def latest_date(site: Site, now: dt.datetime) -> dt.date:
    """The latest business date that anything can be said of: tomorrow, by the calendar of the site."""
    return now.astimezone(zone(site.time_zone)).date() + dt.timedelta(days=1)


def _refuse_ambiguous(said: Sequence[Said | None], outcomes: Sequence[Outcome]) -> None:
    """Rows of one list, without references, of one till and with two amounts: one would silently replace the other."""
    first: dict[tuple[object, ...], Said] = {}
    for one, outcome in zip(said, outcomes, strict=True):
        if one is None or one.reference or outcome.errors:
            continue
        other = first.setdefault((one.site.upper(), one.register, one.business_date, one.cashier.casefold()), one)
        if other.amount != one.amount:
            outcome.errors = {
                "reference": [
                    "Another row has another amount for this register, date and cashier: give each a reference, or "
                    "add them up."
                ]
            }


class Book:
    """The takings and registers that some rows are about, read at once; the caller holds their locks."""

    def __init__(self, said: Sequence[Said], sites: Sites) -> None:
        self.touched: set[SiteDate] = set()
        self._sites = sites
        of = {sites.of(one).pk for one in said}
        registers = Register.objects.filter(site__in=of, code__in={one.register for one in said})
        self._registers = {(register.site_id, register.code): register for register in registers}
        takings = Taking.objects.select_related("register")
        named = takings.filter(reference__in={one.reference for one in said if one.reference})
        self._named = {taking.reference: taking for taking in named}
        nameless = takings.filter(
            reference=None, register__in=registers, business_date__in={one.business_date for one in said}
        )
        self._nameless = {
            (taking.register.site_id, taking.register.code, taking.business_date, taking.cashier.casefold()): taking
            for taking in nameless
        }

    def taking(self, said: Said) -> Taking | None:
        """What these would replace."""
        return self._named.get(said.reference) if said.reference else self._nameless.get(self._till(said))

    def write(self, taking: Taking, said: Said, teller: Teller) -> Taking:
        site = self._sites.of(said)
        if taking.pk:
            self.touched.add((taking.register.site_id, taking.business_date))
        self.touched.add((site.pk, said.business_date))
        taking.register = self._register(site, said.register)
        taking.business_date = said.business_date
        taking.cashier = said.cashier
        taking.reference = said.reference or None
        taking.currency = site.currency
        taking.amount = said.amount
        taking.withdrawn_at = None
        taking.source = teller.source
        taking.entered_by_id = teller.user_id
        taking.account_id = teller.account_id
        taking.save()
        if said.reference:
            self._named[said.reference] = taking
        else:
            self._nameless[self._till(said)] = taking
        return taking

    def _till(self, said: Said) -> tuple[int, str, dt.date, str]:
        return self._sites.of(said).pk, said.register, said.business_date, said.cashier.casefold()

    def _register(self, site: Site, code: str) -> Register:
        register = self._registers.get((site.pk, code))
        if register is None:
            with on_occasion("named by takings"):
                register = Register.objects.create(site=site, code=code, confirmed=False)
            self._registers[site.pk, code] = register
        return register
