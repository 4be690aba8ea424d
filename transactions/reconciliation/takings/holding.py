"""The locks that takings are kept under, and what can be said of rows by those who hold them."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from safes.estate import lock_sites
from safes.localtime import zone
from safes.models import Site
from transactions.models import Taking
from transactions.reconciliation.takings.reading import Errors, Said

# References are locked by the part of them that falls on one of so many numbers: enough that two tills hardly ever wait
# for each other, and few enough that a table of ten thousand takings needs no more locks than this.
_DRAWERS = 256
_FEW = 50
_LOCK_SPACE = 0x7A6B  # of advisory locks; nobody else here uses any of two numbers


def look(said: Iterable[Said]) -> Sites:
    """The sites that these are said of, without a lock: for saying what would become of them."""
    return Sites(Site.objects.filter(pk__in=_ids({one.site for one in said})))


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


class Ambiguities:
    """Rows of one list, without references, of one till and with two amounts: one would silently replace the other."""

    def __init__(self) -> None:
        self._first: dict[tuple[object, ...], Said] = {}

    def mistakes(self, said: Said) -> Errors:
        if said.reference:
            return {}
        till = said.site.upper(), said.register, said.business_date, said.cashier.casefold()
        if self._first.setdefault(till, said).amount == said.amount:
            return {}
        sentence = (
            "Another row has another amount for this register, date and cashier: give each a reference, or add them up."
        )
        return {"reference": [sentence]}
