"""The takings of a site's day as one sheet: what the safes have from each till beside what the tills say.

All of a sheet is kept or nothing is. DOMAIN.md section 2, "Site day"; amounts are in the currency of the site.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet
from django.db.transaction import atomic

from safes.models import Register, Site
from transactions.models import SiteDay, Taking, TillDay
from transactions.reconciliation.signing.freezing import signed_among
from transactions.reconciliation.takings.book import Teller
from transactions.reconciliation.takings.holding import hold
from transactions.reconciliation.takings.keeping import Refused, enter
from transactions.reconciliation.takings.reading import Errors, Said, read

# A month of takings tells whether the tills of a site tell their cashiers apart.
_LOOKED_AT = dt.timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Row:
    """A till on the sheet. ``seen`` tells the taking as it is shown; ``safe`` and ``variance`` are None in a second row
    of one till, which its first row stands for."""

    register: str
    cashier: str = ""
    safe: Decimal | None = None
    variance: Decimal | None = None
    amount: Decimal | None = None
    reference: str = ""
    taking_id: int | None = None
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """``nameless`` is what the safes have without a register; ``days`` the drawn days, one for each currency."""

    site: Site
    date: dt.date
    rows: list[Row]
    nameless: Decimal
    days: list[SiteDay]
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it was typed, and the taking that stood there when it was looked at."""

    register: str
    cashier: str
    amount: str
    reference: str
    taking_id: int | None = None
    seen: str = ""

    @property
    def is_blank(self) -> bool:
        """Nothing was typed into it; its till may be known all the same."""
        return self.taking_id is None and not self.amount.strip() and not self.reference.strip()


class SheetRefused(ValueError):
    """Nothing was kept: ``errors`` has the sentences by line and field."""

    def __init__(self, errors: dict[int, Errors]) -> None:
        super().__init__("Nothing was kept: some of the takings are wrong.")
        self.errors = errors


def sheet_of(site: Site, date: dt.date) -> Sheet:
    """Every till of the site: those with takings, those the safes heard of on that day, those without either.

    Six queries. By register, or by cashier where takings of the last weeks tell them apart.
    """
    takings = list(_takings(site, date).order_by("register__code", "cashier", "pk"))
    tills = TillDay.objects.filter(site=site, business_date=date, currency=site.currency)
    known: dict[tuple[str, str], TillDay] = {(one.register, one.cashier.casefold()): one for one in tills}
    nameless = sum((one.safe for (register, _), one in known.items() if not register), Decimal(0))
    rows = []
    for taking in takings:
        till = known.pop((taking.register.code, taking.cashier.casefold()), None)
        rows.append(
            Row(
                taking.register.code,
                taking.cashier,
                till.safe if till else None,
                till.variance if till else None,
                taking.amount,
                taking.reference or "",
                taking.pk,
                seen_of(taking),
            )
        )
    told = {row.register for row in rows}
    rest: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    by_cashier = _tells_cashiers(site, date)
    for (register, _), till in known.items():
        if register:
            rest[register, till.cashier if by_cashier or register in told else ""] += till.safe
    rows += [Row(register, cashier, safe) for (register, cashier), safe in rest.items()]
    there = {row.register for row in rows}
    rows += [
        Row(code) for code in Register.objects.filter(site=site).values_list("code", flat=True) if code not in there
    ]
    return Sheet(
        site,
        date,
        sorted(rows, key=lambda row: (_natural(row.register), row.cashier, row.taking_id or 0)),
        nameless,
        list(SiteDay.objects.filter(site=site, business_date=date).order_by("currency")),
        bool(signed_among({(site.pk, date)})),
    )


def seen_of(taking: Taking) -> str:
    """What tells these takings from what they may be later."""
    return f"{taking.changed_at.isoformat()} {taking.amount}"


def next_without_takings(site: Site, date: dt.date) -> Site | None:
    """The next site, by code, whose day waits for takings; after the last one the first."""
    waiting = SiteDay.objects.filter(business_date=date, takings=None).exclude(safe_total=0).exclude(site=site)
    sites = [row.site for row in waiting.select_related("site").order_by("site__code")]
    after = [one for one in sites if one.code > site.code]
    return next(iter(after or sites), None)


@atomic
def keep_sheet(site: Site, date: dt.date, lines: Sequence[Line], teller: Teller) -> int:
    """Keep what was typed, and say how many takings were entered or changed; their day is marked.

    Lines that are blank, or as they were, change nothing. Raises SheetRefused, and then nothing is kept.
    """
    rows = {number: _row(site, date, line) for number, line in enumerate(lines) if not line.is_blank}
    before = {taking.pk: taking for taking in _takings(site, date)}
    # All locks at once and in their order; entering them one by one takes none anew.
    _hold(rows, before)
    now = {taking.pk: taking for taking in _takings(site, date)}
    kept, errors = 0, {}
    for number, row in rows.items():
        line = lines[number]
        wrong = _stale(line, now)
        if not wrong and line.taking_id is not None and _is_as_it_was(row, now[line.taking_id]):
            continue
        try:
            if not wrong:
                enter(row, teller, line.taking_id)
                kept += 1
        except Refused as refused:
            wrong = refused.by_row[0]
        if wrong:
            errors[number] = wrong
    if errors:
        raise SheetRefused(errors)
    return kept


def _takings(site: Site, date: dt.date) -> QuerySet[Taking]:
    return Taking.objects.filter(register__site=site, business_date=date, withdrawn_at=None).select_related(
        "register__site"
    )


def _tells_cashiers(site: Site, date: dt.date) -> bool:
    lately = Taking.objects.filter(register__site=site, business_date__range=(date - _LOOKED_AT, date))
    return lately.filter(withdrawn_at=None).exclude(cashier="").exists()


def _row(site: Site, date: dt.date, line: Line) -> dict[str, str]:
    return {
        "site": site.code,
        "business_date": date.isoformat(),
        "register": line.register,
        "cashier": line.cashier,
        "amount": line.amount,
        "reference": line.reference,
    }


def _hold(rows: Mapping[int, dict[str, str]], before: Mapping[int, Taking]) -> None:
    said = [one for one, _ in map(read, rows.values()) if one is not None]
    said += [
        Said(
            taking.register.site.code,
            taking.business_date,
            taking.register.code,
            taking.amount,
            reference=taking.reference or "",
        )
        for taking in before.values()
    ]
    hold(said)


def _stale(line: Line, now: Mapping[int, Taking]) -> Errors:
    """Why this line is not what somebody looked at any more, or leaves nothing of what stood there."""
    if line.taking_id is None:
        return {}
    taking = now.get(line.taking_id)
    if taking is None:
        return {"amount": ["These takings were withdrawn, or moved to another day, meanwhile: look again."]}
    if seen_of(taking) != line.seen:
        return {"amount": [f"Somebody has made it {taking.amount:,.2f} meanwhile: look again before you change it."]}
    if not line.amount.strip():
        return {"amount": ["Takings are not emptied: withdraw them, with a word why."]}
    return {}


def _is_as_it_was(row: Mapping[str, str], taking: Taking) -> bool:
    said, _ = read(row)
    return said is not None and (said.amount, said.reference, said.register, said.cashier) == (
        taking.amount,
        taking.reference or "",
        taking.register.code,
        taking.cashier,
    )


def _natural(code: str) -> list[tuple[bool, int, str]]:
    """2 before 10."""
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", code)]
