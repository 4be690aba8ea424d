"""Drawing change orders: those that touched days name, and what loads of their amounts may have been delivered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from safes.estate import Standings, lock_safes, standings_of
from safes.findings import Facts, settle
from safes.localtime import instant
from safes.models import Finding
from transactions.catalogue import Kind
from transactions.models import Book, ChangeOrder, ChangeOrderStep, Transaction
from transactions.reconciliation.change_orders.orders import (
    LOOKED_AHEAD,
    Load,
    Order,
    OrderKey,
    Purchase,
    orders,
    suggest,
)
from transactions.reconciliation.drawn import keep_drawn
from transactions.reconciliation.stretches import windows

_LOADS = ("TubeLoaded", "CashAcceptedReplenishment")
_COLUMNS = ("local_time", "business_date", "amount", "currency", "change_purchase_number", "key_digest", "occurrence")
Step = ChangeOrderStep.Step


@dataclass(frozen=True, slots=True)
class _Touched:
    """What is named on some days, whether it counts or not any more: it is drawn anew."""

    references: set[str]
    amounts: set[Decimal]


def draw_change_orders(safe_id: int, dates: Collection[dt.date]) -> None:
    """Bring the orders that these business days name, and what others lose or gain by it, in step; and their findings.

    The caller holds the safe's lock. Reads on from the first of these days for what was ordered and loaded of the same
    amounts, since each load is one order's.
    """
    looked = windows(dates)
    touched = _touched(safe_id, looked)
    if not touched.references and not touched.amounts:
        return
    due = orders(_purchases(safe_id, touched.references))
    stored = ChangeOrder.objects.filter(safe=safe_id, reference__in=touched.references)
    before = {(row.reference, row.currency): row for row in stored}
    amounts = touched.amounts | {order.amount for order in due.values()} | {row.amount for row in before.values()}
    since = min(
        [looked[0][0], *(order.ordered for order in due.values()), *(row.ordered_local_time for row in before.values())]
    )
    others = _others(safe_id, amounts, since, touched.references)
    waiting = {(row.reference, row.currency): _order(row) for row in others} | due
    suggested = suggest(waiting, _loads(safe_id, amounts, since) if waiting else [])
    stands = standings_of([safe_id])[safe_id]
    steps = _steps(safe_id, touched.references)
    values = {key: _values(order, suggested.get(key), steps.get(key, {}), stands) for key, order in due.items()}
    keep_drawn(stored, ("reference", "currency"), values, also={"safe_id": safe_id})
    moved = [row for row in others if row.suggested_local_time != suggested.get((row.reference, row.currency))]
    for row in moved:
        row.suggested_local_time = suggested.get((row.reference, row.currency))
    ChangeOrder.objects.bulk_update(moved, ["suggested_local_time"])
    _settle(safe_id, values, before.keys() - values.keys(), stands)


def _touched(safe_id: int, looked: list[tuple[dt.datetime, dt.datetime]]) -> _Touched:
    found = _Touched(set(), set())
    for first, last in looked:
        rows = _across(safe_id, first, last)
        found.references.update(one.reference for one in _read(rows.filter(kind=Kind.CHANGE_ORDER)))
        found.amounts.update(rows.filter(type__in=_LOADS).values_list("amount", flat=True))
    return found


def _across(safe_id: int, first: dt.datetime, last: dt.datetime | None = None) -> Any:
    # Kinds are named beside types, for the index of what hangs together over many days.
    kinds = (Kind.CHANGE_ORDER, Kind.TUBES, Kind.RECYCLER_IN)
    rows = Transaction.objects.filter(safe=safe_id, book=Book.PRODUCTION, kind__in=kinds, local_time__gte=first)
    return rows.order_by() if last is None else rows.filter(local_time__lt=last).order_by()


def _read(rows: Any) -> Iterator[Purchase]:
    for local_time, date, amount, currency, number, digest, occurrence in rows.values_list(*_COLUMNS):
        yield Purchase(local_time, date, amount, currency or "", number or "", bytes(digest), occurrence)


def _purchases(safe_id: int, references: Collection[str]) -> list[Purchase]:
    """All that counts under these references, whenever it was."""
    rows = Transaction.objects.filter(safe=safe_id, book=Book.PRODUCTION, counted=True, kind=Kind.CHANGE_ORDER)
    numbered = _read(rows.filter(change_purchase_number__in=references).order_by())
    moments = {moment for reference in references if (moment := _moment_of(reference)) is not None}
    unnumbered = _read(rows.filter(change_purchase_number=None, local_time__in=moments).order_by()) if moments else ()
    return [*numbered, *(one for one in unnumbered if one.reference in references)]


def _moment_of(reference: str) -> dt.datetime | None:
    """When it was ordered, where the reference stands for a transaction without a number."""
    try:
        return dt.datetime.fromisoformat(reference.split("/")[0]).replace(tzinfo=None)
    except ValueError:
        return None


def _others(
    safe_id: int, amounts: Collection[Decimal], since: dt.datetime, references: Collection[str]
) -> list[ChangeOrder]:
    """Orders of these amounts that a load from then on may be for: not yet given an earlier one, and not too old."""
    rows = ChangeOrder.objects.filter(
        safe=safe_id,
        amount__in=amounts,
        ordered_local_time__gte=since - LOOKED_AHEAD,
    ).exclude(reference__in=references)
    return [row for row in rows if row.suggested_local_time is None or row.suggested_local_time >= since]


def _loads(safe_id: int, amounts: Collection[Decimal], since: dt.datetime) -> list[Load]:
    rows = _across(safe_id, since).filter(counted=True, type__in=_LOADS, amount__in=amounts)
    return [
        Load(local_time, amount, currency or "")
        for local_time, amount, currency in rows.values_list("local_time", "amount", "currency")
    ]


def _order(row: ChangeOrder) -> Order:
    return Order(row.ordered_local_time, row.business_date, row.amount)


def _steps(safe_id: int, references: Collection[str]) -> dict[OrderKey, dict[str, dt.date]]:
    found: dict[OrderKey, dict[str, dt.date]] = {}
    for step in ChangeOrderStep.objects.filter(safe=safe_id, reference__in=references, withdrawn_at=None):
        found.setdefault((step.reference, step.currency), {})[step.step] = step.happened_on
    return found


def _values(
    order: Order, suggested: dt.datetime | None, said: Mapping[str, dt.date], stands: Standings
) -> dict[str, Any]:
    delivered = said.get(Step.DELIVERED)
    # What was settled before anybody said that it came waits for that word.
    settled = said.get(Step.SETTLED) if delivered else None
    due_at = None if delivered else _due_at(order.business_date, stands)
    return {
        "amount": order.amount,
        "ordered_local_time": order.ordered,
        "business_date": order.business_date,
        "state": _state(delivered, settled),
        "delivered_on": delivered,
        "settled_on": settled,
        "suggested_local_time": suggested,
        "due_at": None if due_at is None or due_at <= timezone.now() else due_at,
    }


def _state(delivered: dt.date | None, settled: dt.date | None) -> ChangeOrder.State:
    if settled:
        return ChangeOrder.State.SETTLED
    return ChangeOrder.State.DELIVERED if delivered else ChangeOrder.State.ORDERED


def _due_at(date: dt.date, stands: Standings) -> dt.datetime:
    """When an order of that business date is overdue, in UTC: with the beginning of a business day of its site."""
    last = date + settings.CHANGE_ORDER_DAYS
    moment, _ = instant(
        dt.datetime.combine(last, dt.time()) + stands.rollover(last), stands.on(last).time_zone or "UTC"
    )
    if moment is None:
        raise AssertionError("a wall clock with a zone has an instant")
    return moment


def _settle(
    safe_id: int, values: Mapping[OrderKey, dict[str, Any]], gone: Collection[OrderKey], stands: Standings
) -> None:
    (safe,) = lock_safes([safe_id])
    facts: dict[str, Facts | None] = {_subject(safe.serial_number, key): None for key in gone}
    for key, order in values.items():
        late = order["state"] == ChangeOrder.State.ORDERED and order["due_at"] is None
        facts[_subject(safe.serial_number, key)] = _facts(safe_id, key, order, stands) if late else None
    settle("change_order_overdue", facts)


def _subject(serial_number: str, key: OrderKey) -> str:
    return " ".join(part for part in (serial_number, *key) if part)


def _facts(safe_id: int, key: OrderKey, order: Mapping[str, Any], stands: Standings) -> Facts:
    reference, currency = key
    days = settings.CHANGE_ORDER_DAYS.days
    return Facts(
        summary=(
            f"Change order {reference} has not been delivered {days} day{'' if days == 1 else 's'} after it was made, "
            "as far as anybody said. If it came, say so on its page; if not, ask Loomis for it."
        ),
        severity=Finding.Severity.WARNING,
        safe_id=safe_id,
        site_id=stands.on(order["business_date"]).site_id,
        business_date=order["business_date"],
        cash_at_stake=abs(order["amount"]),
        currency=currency,
        detail={"reference": reference, "ordered": order["ordered_local_time"].isoformat()},
    )
