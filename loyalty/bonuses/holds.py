"""Bonuses held while a customer pays: taken out of the balance, then confirmed as a spend, or given back.

As loyalty.bonuses.ledger: one transaction each, the same again changes nothing, the same exceptions. A hold is known by
its reference; the spend that it becomes has it too.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import structlog
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.db.transaction import atomic
from django.utils import timezone

from loyalty.acting import CLOCK, Actor
from loyalty.bonuses import checking
from loyalty.bonuses.entering import enter, undone
from loyalty.bonuses.holders import lock_card, lock_holder, lock_holder_of, written
from loyalty.bonuses.ledger import repeated
from loyalty.bonuses.refusals import Conflict, NoSuchThing
from loyalty.bonuses.taking import portions, take
from loyalty.models import Card, Entry

log = structlog.get_logger(__name__)

_Kind = Entry.Kind


@atomic
def hold(number: str, amount: Decimal, reference: str, actor: Actor) -> Entry:
    """Set bonuses of an Active card aside, as a spend would take them."""
    checking.refuse(amount=checking.of_amount(amount), reference=checking.of_hold_reference(reference))
    card = lock_card(number)
    for first in written(card, [_Kind.HOLD], reference, number=number):
        return repeated(first, first.amount == amount)
    if written(card, [_Kind.SPEND], reference, number=number):
        raise Conflict("A spend has this reference: hold with another reference.")
    return enter(card, _Kind.HOLD, take(card, amount), reference, actor)


@atomic
def confirm(number: str, reference: str, actor: Actor, amount: Decimal | None = None) -> Entry:
    """The purchase happened, for ``amount`` of what was held, all of it if that is not said; the rest is given back.

    Whatever has become of the card and of the lots since: the customer has gone with the goods.
    """
    if amount is not None:
        checking.refuse(amount=checking.of_amount(amount))
    card, held = _find(number, reference)
    wanted = held.amount if amount is None else amount
    settled = _settled(held)
    if _Kind.SPEND in settled:
        first = settled[_Kind.SPEND]
        if first.amount != wanted:
            raise Conflict(f"The hold was confirmed with {first.amount} already: reverse that if it was wrong.")
        return repeated(first, is_same=True)
    if settled:
        raise Conflict("The hold was given back already: spend, or hold again with another reference.")
    if wanted > held.amount:
        raise Conflict(f"No more than {held.amount} is held: confirm that, and spend the rest with another reference.")
    given_back = undone(held)
    enter(card, _Kind.RELEASE, given_back, reference, actor, hold=held)
    return enter(card, _Kind.SPEND, portions(given_back, wanted), reference, actor, hold=held)


@atomic
def void(number: str, reference: str, actor: Actor) -> Entry:
    """Nothing was bought: all of it goes back to the lots it came from."""
    card, held = _find(number, reference)
    settled = _settled(held)
    if _Kind.SPEND in settled:
        raise Conflict("The hold was confirmed already: reverse the spend that it became.")
    if settled:
        return repeated(settled[_Kind.RELEASE], is_same=True)
    return enter(card, _Kind.RELEASE, undone(held), reference, actor, hold=held)


def give_back_unsettled(now: dt.datetime | None = None) -> int:
    """Give back what was held longer than LOYALTY_HOLD_FOR before ``now``, and say how many holds that were.

    May run twice, and twice at once.
    """
    before = (now or timezone.now()) - settings.LOYALTY_HOLD_FOR
    unsettled = ~Exists(Entry.objects.filter(hold=OuterRef("pk")))
    old = Entry.objects.filter(unsettled, kind=_Kind.HOLD, at__lt=before).order_by("pk")
    given_back = sum(map(_give_back, list(old)))
    if given_back:
        log.info("holds_given_back", holds=given_back)
    return given_back


@atomic
def _give_back(held: Entry) -> bool:
    card = lock_holder_of(held.card_id)
    if _settled(held):
        return False
    enter(card, _Kind.RELEASE, undone(held), held.reference, CLOCK, hold=held)
    return True


def _find(number: str, reference: str) -> tuple[Card, Entry]:
    """The card that has the lots now, locked, and the hold."""
    card = lock_holder(number)
    known = [] if checking.of_hold_reference(reference) else written(card, [_Kind.HOLD], reference, number=number)
    if not known:
        raise NoSuchThing("There is no hold with this reference on the card.")
    return card, known[0]


def _settled(held: Entry) -> dict[str, Entry]:
    """What was written to settle a hold, by kind: nothing, a release, or a release and a spend."""
    return {entry.kind: entry for entry in held.settled_by.select_related("card")}
