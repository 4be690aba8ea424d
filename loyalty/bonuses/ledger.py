"""Bonuses earned, spent, and taken back: what tills and back offices do by REST, and others by these functions.

DOMAIN.md, section 4; CONTRACT.md, "bonuses". Each function is one transaction under the row lock of the card that holds
the lots. A call is known by its reference: the same again gives the entry that was written first (``is_repeat``), and
writes nothing. Amounts are bonuses with two decimals, dates those of LOYALTY_TIME_ZONE.

Raises NoSuchThing for cards that are not there, ValidationError by field for what is malformed, Conflict for what
cannot be done.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db.transaction import atomic
from django.utils import timezone

from loyalty.acting import Actor
from loyalty.bonuses import checking
from loyalty.bonuses.entering import Changes, enter, undone
from loyalty.bonuses.holders import lock_card, lock_holder, written
from loyalty.bonuses.refusals import Conflict
from loyalty.bonuses.taking import facts, take
from loyalty.models import Card, Entry, Lot
from loyalty.today import date_of, today

_Kind = Entry.Kind
REVERSIBLE = (_Kind.ACCRUAL, _Kind.SPEND)


@atomic
def accrue(
    number: str,
    amount: Decimal,
    type: str,
    active_from: dt.date | None,
    expires_on: dt.date | None,
    reference: str,
    actor: Actor,
) -> Entry:
    """A lot of bonuses for any card; a replaced one's go to the card after it.

    What has expired already is taken: a till may have been off. It is burnt when the clock comes by.
    """
    checking.refuse(
        amount=checking.of_amount(amount),
        type_code=checking.of_type(type),
        reference=checking.of_reference(reference),
        **checking.of_dates(active_from, expires_on),
    )
    card = lock_holder(number)
    for first in written(card, [_Kind.ACCRUAL], reference, number=number):
        begun = checking.beginning(active_from, expires_on, date_of(first.at))
        return repeated(
            first, (first.amount, first.type, first.active_from, first.expires_on) == (amount, type, begun, expires_on)
        )
    lot = Lot.objects.create(
        card=card,
        type=type,
        amount=amount,
        earned_at=timezone.now(),
        active_from=checking.beginning(active_from, expires_on, today()),
        expires_on=expires_on,
    )
    return enter(card, _Kind.ACCRUAL, [(lot, amount)], reference, actor)


@atomic
def spend(number: str, amount: Decimal, reference: str, actor: Actor) -> Entry:
    """Take bonuses of an Active card for a purchase, the oldest first."""
    checking.refuse(amount=checking.of_amount(amount), reference=checking.of_reference(reference))
    card = lock_card(number)
    for first in written(card, [_Kind.SPEND, _Kind.HOLD], reference, number=number):
        if first.kind == _Kind.HOLD or first.hold_id is not None:
            raise Conflict("A hold has this reference: confirm it, or spend with another reference.")
        return repeated(first, first.amount == amount)
    return enter(card, _Kind.SPEND, take(card, amount), reference, actor)


@atomic
def reverse(number: str, reference: str, reverses: str, actor: Actor, kind: str | None = None) -> Entry:
    """Undo a spend or an accrual whose reference is ``reverses``, whole, once; on cards in any state.

    ``kind`` says which of the two, where one receipt was both. What was spent goes back to the lots it came from, those
    that have expired as well: they burn again. What was earned must be all there yet.
    """
    checking.refuse(
        reference=checking.of_reference(reference),
        reverses=checking.of_reference(reverses),
        kind=[] if kind is None or kind in REVERSIBLE else [f"Give {' or '.join(REVERSIBLE)}, or leave it out."],
    )
    card = lock_holder(number)
    for first in written(card, [_Kind.REVERSAL], reference, number=number):
        of = first.reverses
        return repeated(first, of is not None and of.reference == reverses and kind in (None, of.kind))
    target = _reversible(card, number, reverses, kind)
    done = Entry.objects.filter(reverses=target).first()
    if done is not None:
        raise Conflict(f"It was reversed already, by {done.reference}: nothing is left to be done.")
    changes = undone(target)
    if target.kind == _Kind.ACCRUAL:
        _refuse_unless_all_there(changes)
    return enter(card, _Kind.REVERSAL, changes, reference, actor, reverses=target)


def repeated(first: Entry, is_same: bool) -> Entry:
    """What was written first, for who asks the same again. Raises Conflict if it is not the same."""
    if not is_same:
        raise Conflict(f"This reference came with another {first.kind} before: give each a reference of its own.")
    first.is_repeat = True
    return first


def _reversible(card: Card, number: str, reference: str, kind: str | None) -> Entry:
    found = written(card, REVERSIBLE if kind is None else [kind], reference, number=number)
    if len({entry.kind for entry in found}) > 1:
        raise Conflict("This reference is of an accrual and of a spend: say which by kind, accrual or spend.")
    if not found:
        raise Conflict(f"No {kind or 'accrual and no spend'} on this card has the reference that is to be reversed.")
    return found[0]


def _refuse_unless_all_there(changes: Changes) -> None:
    for lot, change in changes:
        if lot.remaining != -change or facts(lot).is_over(today()):
            raise Conflict("Not all of it is there any more: it was spent, held or burnt. Reverse what took it first.")
