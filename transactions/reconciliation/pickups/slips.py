"""What people know of a pickup: bags and seals, the courier's receipt, what Loomis or the bank counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.transaction import atomic, on_commit

from safes.estate import lock_safes
from transactions.drawing import draw_soon
from transactions.models import Pickup, PickupSlip
from transactions.reconciliation.pickups.reading import slips_of
from transactions.recording.marks import touch

MOST_BAGS = 100
_LONGEST = {"receipt_number": 100, "counted_by": 100, "note": 4000}
_LONGEST_BAG = 60
_BIGGEST = Decimal(10) ** 10


@dataclass(frozen=True, slots=True)
class Slip:
    """As somebody gives it; all of it, since what is not given is not known any more."""

    bag_numbers: Sequence[str] = ()
    receipt_number: str = ""
    counted_amount: Decimal | None = None
    counted_by: str = ""
    note: str = ""


def split_bags(text: str) -> list[str]:
    """Bag or seal numbers as people type them: a line for each, or with commas between."""
    return [one.strip() for one in re.split(r"[\n\r,;]+", text) if one.strip()]


def slip_of(pickup: Pickup) -> PickupSlip | None:
    """The slip that is kept for a pickup."""
    return slips_of([pickup]).get(pickup.pk)


@atomic
def keep_slip(pickup_id: int, said: Slip, by: User | None) -> PickupSlip:
    """Keep what is known of a pickup, in place of what was; its day is drawn again.

    Raises ValidationError, with a sentence for each field, and Pickup.DoesNotExist for a pickup that is none any more.
    """
    _check(said)
    lock_safes([Pickup.objects.values_list("safe_id", flat=True).get(pk=pickup_id)])
    pickup = Pickup.objects.get(pk=pickup_id)
    if pickup.pickup_group_id is None and pickup.serviced_without_group is None:
        raise ValidationError("These drops wait for the next pickup: enter its slip when the courier has come.")
    slip = slip_of(pickup) or PickupSlip(
        safe_id=pickup.safe_id,
        pickup_group_id=pickup.pickup_group_id,
        serviced_without_group=pickup.serviced_without_group,
        currency=pickup.currency,
    )
    slip.bag_numbers = [bag.strip() for bag in said.bag_numbers]
    slip.receipt_number = said.receipt_number.strip()
    slip.counted_amount = said.counted_amount
    slip.counted_by = said.counted_by.strip()
    slip.note = said.note.strip()
    slip.entered_by = by
    slip.save()
    touch({(pickup.safe_id, pickup.business_date or pickup.last_on)})
    on_commit(draw_soon)
    return slip


def _check(said: Slip) -> None:
    wrong: dict[str, str] = {}
    bags = [bag.strip() for bag in said.bag_numbers]
    if len(bags) > MOST_BAGS or any(not bag or len(bag) > _LONGEST_BAG or "\x00" in bag for bag in bags):
        wrong["bag_numbers"] = f"Give at most {MOST_BAGS} numbers of at most {_LONGEST_BAG} characters."
    elif len(set(bags)) < len(bags):
        wrong["bag_numbers"] = "A bag is there twice: give each number once."
    for name, longest in _LONGEST.items():
        text: str = getattr(said, name)
        if len(text) > longest or "\x00" in text:
            wrong[name] = f"Give at most {longest} characters, and none of them null."
    if said.counted_amount is not None:
        wrong |= _check_amount(said.counted_amount)
    if wrong:
        raise ValidationError(dict(wrong))


def _check_amount(amount: Decimal) -> dict[str, str]:
    if not amount.is_finite():
        return {"counted_amount": "The amount is a number."}
    exponent = amount.normalize().as_tuple().exponent
    if amount < 0:
        return {"counted_amount": "Nobody counts less than nothing: the amount is not below 0."}
    if amount >= _BIGGEST or not isinstance(exponent, int) or exponent < -4:
        return {"counted_amount": "The amount is below ten thousand million and has at most four decimals."}
    return {}
