"""Signing many days at once: those without differences, each for itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from django.contrib.auth.models import User

from safes.models import Site
from transactions.models import SignOff
from transactions.reconciliation.signing.acts import SigningError, approve, prepare
from transactions.reconciliation.signing.differences import differences_of
from transactions.reconciliation.signing.figures import token
from transactions.reconciliation.signing.reading import figures_of
from transactions.reconciliation.sites.marks import SiteDate

MOST = 400


@dataclass(slots=True)
class Outcome:
    """What became of each: the days that are done, and why the others are not."""

    done: list[SiteDate] = field(default_factory=list)
    refused: list[tuple[SiteDate, str]] = field(default_factory=list)


def prepare_all(days: Collection[SiteDate], by: User) -> Outcome:
    """Prepare these days, but for those with something to explain, which want to be looked at one by one."""
    return _each(days, by, prepare)


def approve_all(days: Collection[SiteDate], by: User) -> Outcome:
    """Approve these days, likewise."""
    return _each(days, by, approve)


def _each(days: Collection[SiteDate], by: User, act: Callable[[int, dt.date, User, str], SignOff]) -> Outcome:
    """Each in a transaction of its own: what is done is done, whatever becomes of the next."""
    ordered = sorted(set(days))
    if len(ordered) > MOST:
        raise SigningError(f"These are {len(ordered):,} days: choose up to {MOST} at once.")
    outcome = Outcome()
    # As the books have them before anything is looked at: what changes from here on is refused.
    seen = figures_of(ordered)
    sites = Site.objects.in_bulk({site_id for site_id, _ in ordered})
    for day in ordered:
        site_id, date = day
        left = differences_of(sites[site_id], date) if site_id in sites else ["There is no such site any more."]
        if left:
            outcome.refused.append((day, " ".join(left)))
            continue
        try:
            act(site_id, date, by, token(seen[day]))
        except SigningError as error:
            outcome.refused.append((day, str(error)))
        else:
            outcome.done.append(day)
    return outcome
