"""Burning what has expired: an entry for each lot that has something left on its day, or has got it back since."""

from __future__ import annotations

import datetime as dt

import structlog
from django.db.models import QuerySet
from django.db.transaction import atomic

from loyalty.acting import CLOCK
from loyalty.bonuses.entering import enter
from loyalty.bonuses.holders import lock_holder_of
from loyalty.models import Entry, Lot, LotChange
from loyalty.today import today

log = structlog.get_logger(__name__)

_CARDS_AT_ONCE = 1000


def burn_expired(on: dt.date | None = None) -> int:
    """Burn what has expired on this day, today if none is given, and say how many lots that were.

    Each card by itself under its lock, whatever its status. May run twice, and twice at once.
    """
    on = on or today()
    burnt = 0
    # Lots may go to another card between being seen and being locked: looked at until there are none.
    while cards := list(_due(on).order_by("card").values_list("card", flat=True).distinct()[:_CARDS_AT_ONCE]):
        burnt += sum(_burn(card_id, on) for card_id in cards)
    if burnt:
        log.info("bonuses_burnt", lots=burnt, on=on.isoformat())
    return burnt


@atomic
def _burn(card_id: int, on: dt.date) -> int:
    card = lock_holder_of(card_id)
    lots = list(_due(on).filter(card=card).order_by("expires_on", "pk"))
    earned = LotChange.objects.filter(lot__in=lots, entry__kind=Entry.Kind.ACCRUAL)
    references = dict(earned.values_list("lot", "entry__reference"))
    for lot in lots:
        enter(card, Entry.Kind.EXPIRY, [(lot, -lot.remaining)], references[lot.pk], CLOCK)
    return len(lots)


def _due(on: dt.date) -> QuerySet[Lot]:
    return Lot.objects.filter(remaining__gt=0, expires_on__lte=on)
