"""What people say of a change order: it was delivered, it was settled. A wrong word is withdrawn, never deleted."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User
from django.db.transaction import atomic, on_commit
from django.utils import timezone

from safes.estate import lock_safes
from transactions.drawing import draw_soon
from transactions.models import ChangeOrder, ChangeOrderStep
from transactions.recording.marks import touch

Step = ChangeOrderStep.Step
_LATEST = dt.timedelta(days=1)  # a site may be a day ahead of UTC


@atomic
def say_step(order_id: int, step: Step, happened_on: dt.date, by: User | None, note: str = "") -> ChangeOrderStep:
    """Say that an order was delivered, or settled, on a date. Raises ValueError, with a sentence, when it cannot be."""
    order = _locked(order_id)
    if happened_on < order.business_date:
        raise ValueError(f"It was ordered on {order.business_date}: it cannot have been {step} before.")
    if happened_on > timezone.now().date() + _LATEST:
        raise ValueError(f"{happened_on} has not come yet: say what was done, once it is.")
    in_force = {one.step: one for one in _in_force(order)}
    if step in in_force:
        raise ValueError(
            f"It was said already that it was {step}, on {in_force[step].happened_on}: withdraw that first."
        )
    if step == Step.SETTLED:
        if Step.DELIVERED not in in_force:
            raise ValueError("Say first that it was delivered: what never came is not settled.")
        if happened_on < in_force[Step.DELIVERED].happened_on:
            raise ValueError(f"It was delivered on {in_force[Step.DELIVERED].happened_on}: settle it then or later.")
    said = ChangeOrderStep.objects.create(
        safe_id=order.safe_id,
        reference=order.reference,
        currency=order.currency,
        step=step,
        happened_on=happened_on,
        note=note.strip(),
        said_by=by,
    )
    _follow(order)
    return said


@atomic
def withdraw_step(order_id: int, step: Step, by: User | None) -> ChangeOrderStep:
    """Take back what was said of an order. Raises ValueError, with a sentence, when there is nothing to take back."""
    order = _locked(order_id)
    in_force = {one.step: one for one in _in_force(order)}
    if step not in in_force:
        raise ValueError(f"Nobody said that it was {step}: there is nothing to withdraw.")
    if step == Step.DELIVERED and Step.SETTLED in in_force:
        raise ValueError("It is settled: withdraw that first.")
    said = in_force[step]
    said.withdrawn_at, said.withdrawn_by = timezone.now(), by
    said.save(update_fields=["withdrawn_at", "withdrawn_by"])
    _follow(order)
    return said


def steps_of(order: ChangeOrder) -> list[ChangeOrderStep]:
    """All that was ever said of an order, the latest first."""
    said = ChangeOrderStep.objects.filter(safe=order.safe_id, reference=order.reference, currency=order.currency)
    return list(said.select_related("said_by", "withdrawn_by").order_by("-said_at", "-pk"))


def _locked(order_id: int) -> ChangeOrder:
    """The order as it stands under the lock on its safe. Raises ValueError where it is gone."""
    safe_id = ChangeOrder.objects.filter(pk=order_id).values_list("safe_id", flat=True).first()
    if safe_id is not None:
        lock_safes([safe_id])
    order = ChangeOrder.objects.filter(pk=order_id).first()
    if order is None:
        raise ValueError("This order is no longer there: what Loomis sent since says otherwise.")
    return order


def _in_force(order: ChangeOrder) -> list[ChangeOrderStep]:
    return [step for step in steps_of(order) if step.withdrawn_at is None]


def _follow(order: ChangeOrder) -> None:
    touch({(order.safe_id, order.business_date)})
    on_commit(draw_soon)
