"""Findings about a site: tills that are over or short beyond its tolerance, and registers that nobody knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal

from django.db.models import Exists, OuterRef, Sum

from safes.findings import Facts, settle
from safes.models import Finding, Register, Site
from safes.registers import unknown_subject
from transactions.models import Banked, Taking
from transactions.reconciliation.sites.over_short import Day, Figures, stake_of

_LISTED = 200


def settle_site(site: Site, dates: Collection[dt.date], days: Mapping[tuple[dt.date, str], Day]) -> None:
    """Bring the findings of a site and these days in step; the caller holds the lock on the site."""
    known = Finding.objects.filter(kind="till_variance", site=site, business_date__in=dates)
    facts: dict[str, Facts | None] = dict.fromkeys(known.values_list("subject", flat=True))
    for (date, currency), day in days.items():
        found = till_variance(site, date, currency, day)
        if found is not None:
            facts[f"{site.code} {date} {currency}"] = found
    settle("till_variance", facts)
    settle_registers(site)


def till_variance(site: Site, date: dt.date, currency: str, day: Day) -> Facts | None:
    """What is over or short beyond the tolerance of the site, in money of that currency."""
    stake = stake_of(day, site.tolerance)
    if stake <= site.tolerance:
        return None
    left = day.site.unexplained or Decimal(0)
    if abs(left) == stake:
        what = f"The safes have {abs(left):,.2f} {currency} {'more' if left > 0 else 'less'} than the tills say"
    else:
        what = f"Registers are over and short by {stake:,.2f} {currency}, though the site as a whole is not"
    return Facts(
        summary=f"{what}. Look which register or cashier it is, and whether takings, a deposit outside the safe or "
        "petty cash are missing; each can be entered.",
        severity=Finding.Severity.WARNING,
        site_id=site.pk,
        business_date=date,
        cash_at_stake=stake,
        currency=currency,
        detail={**_told(day.site), "registers": _registers(day, site.tolerance)},
    )


def _registers(day: Day, tolerance: Decimal) -> list[dict[str, str | None]]:
    """The registers, those beyond the tolerance first, so that a long list is cut where it matters least."""
    ordered = sorted(
        day.registers.items(), key=lambda one: (-abs(one[1].unexplained or Decimal(0)), one[1].takings is None, one[0])
    )
    return [
        {
            "register": register or None,
            **_told(figures),
            "beyond_tolerance": "yes" if abs(figures.unexplained or Decimal(0)) > tolerance else "no",
        }
        for register, figures in ordered[:_LISTED]
    ]


def _told(figures: Figures) -> dict[str, str | None]:
    amounts = {
        "safe": figures.safe,
        "takings": figures.takings,
        "over_short": figures.variance,
        "deposits": figures.deposits,
        "petty_cash": figures.petty_cash,
        "unexplained": figures.unexplained,
    }
    return {name: None if amount is None else f"{amount:.4f}" for name, amount in amounts.items()}


def settle_registers(site: Site) -> None:
    """Bring the findings about registers that nobody knows in step; the caller holds the lock on the site."""
    known = Finding.objects.filter(kind="unknown_register", site=site)
    facts: dict[str, Facts | None] = dict.fromkeys(known.values_list("subject", flat=True))
    in_force = Taking.objects.filter(register=OuterRef("pk"), withdrawn_at=None).order_by()
    strange = (
        Register.objects.filter(Exists(in_force), site=site, confirmed=False)
        .exclude(Exists(Banked.objects.filter(site=site, register=OuterRef("code"))))
        .annotate(cash=in_force.values("register").annotate(cash=Sum("amount")).values("cash"))
    )
    for register in strange:
        facts[unknown_subject(site, register.code)] = Facts(
            summary=f"Takings name a register {register.code[:60]} at {site.code}, which nobody has entered and no "
            "safe has heard of. If there is one, confirm it; if not, withdraw its takings or send them again under "
            "the right register.",
            severity=Finding.Severity.WARNING,
            site_id=site.pk,
            cash_at_stake=register.cash,
            currency=site.currency,
            detail={"register": register.code},
        )
    settle("unknown_register", facts)
