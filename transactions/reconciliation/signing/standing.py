"""How a day stands with its signatures, for who looks at it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.utils import timezone

from safes.localtime import zone
from safes.models import Site
from transactions.models import SafeDay, SignOff, SignOffEvent, TouchedDay, TouchedSiteDay
from transactions.reconciliation.signing.differences import differences_of
from transactions.reconciliation.signing.figures import Change, Figures, changes, token
from transactions.reconciliation.signing.following import present_status
from transactions.reconciliation.signing.reading import figures_on


@dataclass(frozen=True, slots=True)
class Standing:
    """``seen`` tells the figures that are shown; who signs hands it back. ``differences`` are sentences: with any, a
    comment is due. ``changes`` are against the last signature, else against a preparation that does not stand.
    """

    site: Site
    business_date: dt.date
    sign_off: SignOff | None
    status: str
    figures: Figures
    is_over: bool
    is_drawn: bool
    differences: list[str]
    changes: list[Change] = field(default_factory=list)
    events: list[SignOffEvent] = field(default_factory=list)

    @property
    def seen(self) -> str:
        return token(self.figures)


def standing_of(site_id: int, date: dt.date) -> Standing:
    """How this day stands; eleven queries at most. Raises Site.DoesNotExist."""
    site = Site.objects.get(pk=site_id)
    rows = SignOff.objects.select_related("prepared_by", "signed_by", "approved_by")
    row = rows.filter(site=site, business_date=date).first()
    now = figures_on(site_id, date)
    # By the figures that are shown: what was drawn since the row was read makes no page that contradicts itself.
    status = SignOff.Status.OPEN.value if row is None else present_status(row, now)
    return Standing(
        site=site,
        business_date=date,
        sign_off=row,
        status=status,
        figures=now,
        is_over=is_over(site, date),
        is_drawn=is_drawn(site, date),
        differences=differences_of(site, date),
        changes=_changes(row, status, now),
        events=[] if row is None else list(row.events.select_related("by")),
    )


def _changes(row: SignOff | None, status: str, now: Figures) -> list[Change]:
    if row is None or status == SignOff.Status.SIGNED:
        return []
    if row.signed_figures is not None:
        return changes(row.signed_figures, now)
    return [] if row.prepared_figures is None else changes(row.prepared_figures, now)


def is_over(site: Site, date: dt.date) -> bool:
    """Whether that business day has ended, by the clock and the rollover of the site."""
    return date < (timezone.now().astimezone(zone(site.time_zone)) - site.day_rollover).date()


def is_drawn(site: Site, date: dt.date) -> bool:
    """Whether all that is known by now of that day is in its figures: nothing of it, or before it, waits."""
    if TouchedSiteDay.objects.filter(site=site, business_date=date).exists():
        return False
    safes = SafeDay.objects.filter(site=site, business_date=date).values("safe")
    # What an earlier day changes goes on into what this one opened with.
    return not TouchedDay.objects.filter(safe__in=safes, business_date__lte=date).exists()
