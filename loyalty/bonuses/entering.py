"""Writing an entry, with what it does to which lot.

The caller holds the row lock on the card and is in a transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TypeVar

from django.utils import timezone

from loyalty.acting import Actor
from loyalty.models import Card, Entry, Lot, LotChange

Changes = Sequence[tuple[Lot, Decimal]]
"""Lots, and what is put into each (above 0) or taken out of it (below 0)."""

_T = TypeVar("_T")


def enter(
    card: Card,
    kind: Entry.Kind,
    changes: Changes,
    reference: str,
    actor: Actor,
    *,
    reverses: Entry | None = None,
    hold: Entry | None = None,
) -> Entry:
    """An entry that is the sum of its changes, all of one sign. The card and the lots are changed in memory, too."""
    lots = [lot for lot, _ in changes]
    entry = write(
        card,
        kind,
        sum((change for _, change in changes), Decimal(0)),
        reference,
        actor,
        type=_alike((lot.type for lot in lots), ""),
        active_from=_alike((lot.active_from for lot in lots), None),
        expires_on=_alike((lot.expires_on for lot in lots), None),
        reverses=reverses,
        hold=hold,
    )
    LotChange.objects.bulk_create([LotChange(entry=entry, lot=lot, change=change) for lot, change in changes])
    for lot, change in changes:
        lot.remaining += change
    return entry


def write(card: Card, kind: Entry.Kind, change: Decimal, reference: str, actor: Actor, **more: object) -> Entry:
    """The entry alone, of something that changes no lot."""
    # As the trigger of the table will have it; said here so that it need not be read again.
    card.bonus_balance += change
    return Entry.objects.create(
        card=card,
        kind=kind,
        reference=reference,
        amount=abs(change),
        change=change,
        balance=card.bonus_balance,
        at=timezone.now(),
        by=actor.name,
        role=actor.role,
        **more,
    )


def undone(entry: Entry) -> list[tuple[Lot, Decimal]]:
    """The opposite of what an entry did to its lots, in its order; the lots as they are now."""
    return [(one.lot, -one.change) for one in entry.lot_changes.select_related("lot").order_by("pk")]


def _alike(values: Iterable[_T], otherwise: _T) -> _T:
    """What all of them are, if they are the same."""
    different = set(values)
    return different.pop() if len(different) == 1 else otherwise
