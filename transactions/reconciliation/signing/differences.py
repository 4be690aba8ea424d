"""What is left to explain of a day, in sentences: nothing, and it can be signed in bulk and without a word."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db.models import Q, QuerySet

from safes.models import Finding, Site
from transactions.models import SafeDay, SiteDay, Taking
from transactions.reconciliation.signing.following import KIND


def differences_of(site: Site, date: dt.date) -> list[str]:
    """Over/short beyond the tolerance of the site, takings that are missing, findings that are open."""
    return [*_over_short(site, date), *_findings(site, date)]


def _over_short(site: Site, date: dt.date) -> list[str]:
    found = []
    for row in SiteDay.objects.filter(site=site, business_date=date).order_by("currency"):
        left: Decimal | None = row.unexplained
        if left is not None and abs(left) > site.tolerance:
            found.append(
                f"The safes have {abs(left):,.2f} {row.currency} {'more' if left > 0 else 'less'} than the tills say; "
                f"the tolerance is {site.tolerance:,.2f}."
            )
        elif left is None and row.safe_total and _says_takings(site):
            found.append(f"There are no takings in {row.currency or 'a currency that is known'} yet.")
    return found


def _says_takings(site: Site) -> bool:
    """Whether takings of this site ever come: where none do, nothing is missing."""
    return Taking.objects.filter(register__site=site).exists()


def _findings(site: Site, date: dt.date) -> list[str]:
    count = open_findings(site, date).count()
    if not count:
        return []
    return ["A finding of the day is open." if count == 1 else f"{count} findings of the day are open."]


def open_findings(site: Site, date: dt.date) -> QuerySet[Finding]:
    """Those of the site and of the safes that stood there; not that figures changed, which a signature answers."""
    safes = SafeDay.objects.filter(site=site, business_date=date).values("safe")
    found = Finding.objects.filter(Q(site=site) | Q(safe__in=safes), business_date=date, state=Finding.State.OPEN)
    return found.exclude(kind=KIND)
