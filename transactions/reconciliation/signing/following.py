"""Whether signatures stand, looked at whenever a site's day was drawn. DOMAIN.md section 2, "Sign-off"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal

from django.utils import timezone

from safes.findings import Facts, settle
from safes.models import Finding, Site
from transactions.models import SignOff, SignOffEvent
from transactions.reconciliation.signing.figures import Change, Figures, changes
from transactions.reconciliation.signing.reading import figures_of
from transactions.reconciliation.signing.state import PREPARED, SIGNED, status_of
from transactions.reconciliation.sites.marks import SiteDate

KIND = "late_after_sign_off"
_LISTED = 200


def follow_figures(site: Site, dates: Collection[dt.date]) -> None:
    """Bring the status of these days in step with their figures; the caller holds the lock on the site."""
    rows = list(SignOff.objects.filter(site=site, business_date__in=dates))
    if not rows:
        return  # as nearly always: nobody has touched a day that still goes on
    figures = figures_of([(row.site_id, row.business_date) for row in rows])
    for row in rows:
        _follow(row, figures)
    settle_late(site, rows, figures)


def _follow(row: SignOff, figures: Mapping[SiteDate, Figures]) -> None:
    now, before = figures[row.site_id, row.business_date], row.status
    row.status = present_status(row, now)
    if row.status == before:
        return
    row.save(update_fields=["status"])
    What = SignOffEvent.What
    if row.status in (SIGNED, PREPARED):
        what, text = What.RESTORED, "The figures are again what they were."
    else:
        what = What.REOPENED if before == SIGNED else What.LAPSED
        held = row.signed_figures if before == SIGNED else row.prepared_figures
        text = _in_words(changes(held or [], now))
    SignOffEvent.objects.create(sign_off=row, at=timezone.now(), what=what, text=text, figures=now)


def present_status(row: SignOff, now: Figures) -> str:
    return status_of(now, prepared=row.prepared_figures, signed=row.signed_figures, is_taken_back=row.is_taken_back)


def settle_late(site: Site, rows: Collection[SignOff], figures: Mapping[SiteDate, Figures]) -> None:
    """Bring the findings about signed days in step; the caller holds the lock on the site."""
    facts: dict[str, Facts | None] = {}
    for row in rows:
        now = figures[row.site_id, row.business_date]
        facts[f"{site.code} {row.business_date}"] = _late(site, row, now)
    known = Finding.objects.filter(kind=KIND, subject__in=facts).values_list("subject", flat=True)
    there = set(known)
    due = {subject: one for subject, one in facts.items() if one is not None or subject in there}
    settle("late_after_sign_off", due)


def _late(site: Site, row: SignOff, now: Figures) -> Facts | None:
    if row.signed_figures is None or row.is_taken_back or row.signed_figures == now:
        return None
    found = changes(row.signed_figures, now)
    worst = max(found, key=lambda one: abs(one.difference))
    return Facts(
        summary=f"Since {site.code} signed {row.business_date}, figures of that day have changed: {_in_words(found)} "
        "Look at them side by side on the day's worksheet, find what came late, and sign the day anew.",
        severity=Finding.Severity.WARNING,
        site_id=site.pk,
        business_date=row.business_date,
        cash_at_stake=abs(worst.difference),
        currency=worst.currency,
        detail={"changes": [_told(one) for one in found[:_LISTED]]},
    )


def _told(one: Change) -> dict[str, str | None]:
    return {
        "of": one.of,
        "name": one.name,
        "cashier": one.cashier,
        "currency": one.currency,
        "figure": one.figure,
        "signed": _text(one.signed),
        "now": _text(one.now),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.4f}"


def _in_words(found: Collection[Change]) -> str:
    worst = max(found, key=lambda one: abs(one.difference))
    figures = f"{len(found)} figure{'' if len(found) == 1 else 's'}"
    return f"{figures}, by up to {abs(worst.difference):,.2f} {worst.currency}.".replace(" .", ".")
