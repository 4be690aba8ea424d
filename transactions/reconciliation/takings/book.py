"""Writing takings, and the registers they name, with as few questions as a list of them needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from safes.history import on_occasion
from safes.models import Register, Site
from transactions.models import Taking
from transactions.reconciliation.sites.marks import SiteDate
from transactions.reconciliation.takings.holding import Sites
from transactions.reconciliation.takings.reading import Said


@dataclass(frozen=True, slots=True)
class Teller:
    """Who says it, and through which door."""

    source: Taking.Source
    user_id: int | None = None
    account_id: int | None = None


class Book:
    """The takings and registers that some rows are about, read at once; the caller holds their locks.

    With ``stores`` false nothing is stored, and no lock is needed: what would become of the rows can be looked at.
    """

    def __init__(self, said: Sequence[Said], sites: Sites, *, stores: bool = True) -> None:
        self._stores = stores
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
        if self._stores:
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
            register = Register(site=site, code=code, confirmed=False)
            if self._stores:
                with on_occasion("named by takings"):
                    register.save()
            self._registers[site.pk, code] = register
        return register
