"""The worksheet of a site's business day: what its safes have against what its tills say, and where the rest is.

DOMAIN.md section 2, "Site day". Amounts are in the currency of the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from safes.admin.bases import EMPTY, change_url
from safes.models import Site
from transactions.admin.worksheets.addresses import of_site, only, page, room
from transactions.admin.worksheets.sheet import (
    BLANK,
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
from transactions.models import OtherCash, SafeDay, SiteDay, TillDay

ZERO = Decimal(0)


def sheet_of(row: SiteDay) -> Sheet:
    """The sheet, in three queries."""
    site: Site = row.site
    other = OtherCash.objects.filter(
        site=row.site_id, business_date=row.business_date, currency=row.currency, withdrawn_at=None
    )
    elsewhere = list(other.select_related("register").order_by("kind", "pk"))
    sections = (
        _account(row),
        _tills(row),
        _safes(row),
        _elsewhere(row, elsewhere),
    )
    return Sheet(
        title="Site day",
        name=str(row),
        facts=(
            ("Site", words(f"{site.code} {site.name}", change_url(site))),
            ("Business date", words(f"{row.business_date:%A}, {row.business_date}")),
            ("Currency", words(row.currency or "not known")),
            ("Tolerance", words(f"{site.tolerance:,.2f}")),
        ),
        sections=tuple(one for one in sections if one is not None),
    )


def _account(row: SiteDay) -> Section:
    of_day = {"site": row.site.code, **only(row.business_date)}
    other = room("othercash", **of_day)
    lines = [
        line(words("The safes have"), figure(row.safe_total, of_site(row.site, row.business_date))),
        line(words("− The tills say"), figure(row.takings, room("taking", **of_day))),
        line(words("= Over/short"), with_sign(row.variance, room("tillday", **of_day)), is_sum=True),
        line(words("+ Deposits outside the safe"), figure(row.deposits, other)),
        line(words("+ Petty cash"), figure(row.petty_cash, other)),
        line(words("= Unexplained"), with_sign(row.unexplained, "#tills"), is_sum=True),
    ]
    return section("Over and short", ("", "Amount"), lines, note=_verdict(row), anchor="over-short")


def _verdict(row: SiteDay) -> str:
    tolerance = row.site.tolerance
    left: Decimal | None = row.unexplained
    if left is None:
        return "There are no takings yet, so nobody can say what is over or short."
    if abs(left) <= tolerance:
        return f"Within the tolerance of {tolerance:,.2f}."
    how = "over" if left > 0 else "short"
    return f"{abs(left):,.2f} {how}, beyond the tolerance of {tolerance:,.2f}."


def _tills(row: SiteDay) -> Section | None:
    """A line a register and cashier, and a sum of the register where there are several."""
    rows = TillDay.objects.filter(site=row.site_id, business_date=row.business_date, currency=row.currency)
    lines: list[Line] = []
    for register, found in groupby(rows.order_by("register", "cashier"), key=lambda one: one.register):
        tills = list(found)
        lines += [_till(row, one) for one in tills]
        if len(tills) > 1:
            said: list[Decimal | None] = [one.takings for one in tills]
            told = [amount for amount in said if amount is not None]
            lines.append(
                _sums(
                    row, register, f"Register {register or 'none'}", "all",
                    sum((one.safe for one in tills), ZERO), sum(told, ZERO) if told else None,
                )
            )  # fmt: skip
    headers = ("Register", "Cashier", "Safes", "Takings", "Over/short")
    return section("By register and cashier", headers, lines, anchor="tills") if lines else None


def _till(row: SiteDay, one: TillDay) -> Line:
    safe = of_site(row.site, row.business_date, register=one.register, user_name=one.cashier)
    return line(
        words(one.register or "none", page("tillday", one.pk)),
        words(one.cashier or "any"),
        figure(one.safe, safe),
        figure(one.takings, _takings(row, one.register)),
        with_sign(one.variance, page("tillday", one.pk)),
    )


def _sums(row: SiteDay, register: str, name: str, cashier: str, safe: Decimal, takings: Decimal | None) -> Line:
    variance = None if takings is None else safe - takings
    return line(
        words(name),
        words(cashier),
        figure(safe, of_site(row.site, row.business_date, register=register)),
        figure(takings, _takings(row, register)),
        with_sign(variance, room("tillday", site=row.site.code, q=register, **only(row.business_date))),
        is_sum=True,
    )


def _takings(row: SiteDay, register: str) -> str:
    return room("taking", site=row.site.code, q=register, **only(row.business_date))


def _safes(row: SiteDay) -> Section:
    here = SafeDay.objects.filter(site=row.site_id, business_date=row.business_date, currency=row.currency)
    lines = []
    for one in here.select_related("safe").order_by("safe__serial_number"):
        url = page("safeday", one.pk)
        lines.append(
            line(
                words(one.safe, url),
                figure(one.opening, f"{url}#contents"),
                figure(one.validated, f"{url}#contents"),
                figure(one.manual, f"{url}#contents"),
                figure(one.taken, f"{url}#pickups"),
                figure(one.closing, f"{url}#contents"),
                number(one.transaction_count, of_site(row.site, row.business_date, serial_number=str(one.safe))),
            )
        )
    headers = ("Safe", "Opening", "Validated", "Manual", "Taken", "Closing", "Transactions")
    note = "" if lines else "No safe of this site told anything of this day in this currency."
    return section("Its safes, each with its worksheet", headers, lines, note=note, anchor="safes")


def _elsewhere(row: SiteDay, found: Sequence[OtherCash]) -> Section | None:
    lines = []
    for one in found:
        url = page("othercash", one.pk)
        register = EMPTY if one.register is None else one.register.code
        lines.append(
            line(words(one.get_kind_display(), url), words(register), words(one.note), figure(one.amount, url))
        )
    if not lines:
        return None
    total = sum((one.amount for one in found), ZERO)
    lines.append(line(words("All"), BLANK, BLANK, figure(total, "#over-short"), is_sum=True))
    headers = ("Kind", "Register", "What for, or where to", "Amount")
    return section("Deposits outside the safe and petty cash", headers, lines, anchor="elsewhere")
