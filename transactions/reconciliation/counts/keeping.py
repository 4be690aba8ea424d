"""Entering and withdrawing physical counts. DOMAIN.md section 2, "Safe day"."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.transaction import atomic, on_commit
from django.utils import timezone

from safes.estate import Standings, lock_safes, standings_of
from safes.localtime import zone
from safes.models import Safe
from transactions.business_day import window
from transactions.drawing import draw_soon
from transactions.models import PhysicalCount
from transactions.reconciliation.counts.denominations import checked, spelt, total
from transactions.reconciliation.signing.freezing import is_frozen, signed_among
from transactions.recording.marks import touch

EARLIEST = dt.date(2000, 1, 1)
_BIGGEST = Decimal(10) ** 10
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Said:
    """A count as somebody gives it: by denomination, as a sum, or both. ``local_time`` is the safe's wall clock."""

    compartment: str
    use: str
    business_date: dt.date
    currency: str
    amount: Decimal | None = None
    denominations: Collection[tuple[Decimal, int]] = ()
    local_time: dt.datetime | None = None
    counted_by: str = ""
    note: str = ""


@atomic
def enter_count(safe: Safe, said: Said, by: User | None) -> PhysicalCount:
    """Keep a count; the safe's day is drawn again. Raises ValidationError, with a sentence for each field."""
    count = check_count(safe, said)
    count.entered_by = by
    count.save()
    touch({(safe.pk, count.business_date)})
    on_commit(draw_soon)
    return count


@atomic
def check_count(safe: Safe, said: Said) -> PhysicalCount:
    """The count as it would be kept, which it is not yet. Until the transaction ends nothing comes between.

    Raises ValidationError, with a sentence for each field.
    """
    (held,) = lock_safes([safe.pk])
    count = _read(held, said)
    if count.use == PhysicalCount.Use.OPENING and _is_there(count):
        raise ValidationError(
            {"business_date": "There is a counted opening of that day already: withdraw it, then enter this one."}
        )
    frozen = _is_frozen(count)
    if frozen:
        raise ValidationError({"business_date": frozen})
    return count


@atomic
def withdraw_count(count_id: int, word: str, by: User | None) -> PhysicalCount:
    """Take a count back that was entered by mistake, with a word why; it stays on record and counts for nothing.

    Raises ValueError, with a sentence.
    """
    why = word.strip()
    if not why:
        raise ValueError("Say why: a word is needed.")
    if "\x00" in why:
        raise ValueError("Say it without null characters.")
    lock_safes([PhysicalCount.objects.values_list("safe_id", flat=True).get(pk=count_id)])
    count = PhysicalCount.objects.get(pk=count_id)
    if count.withdrawn_at is not None:
        raise ValueError("This count was withdrawn already.")
    if frozen := _is_frozen(count):
        raise ValueError(frozen)
    count.withdrawn_at, count.withdrawn_by, count.withdrawn_because = timezone.now(), by, why
    count.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_because"])
    touch({(count.safe_id, count.business_date)})
    on_commit(draw_soon)
    return count


def _is_frozen(count: PhysicalCount) -> str:
    """Why it may not be entered or withdrawn: it would change a signed day. A check changes none."""
    if count.use != PhysicalCount.Use.OPENING:
        return ""
    stands = standings_of([count.safe_id])[count.safe_id].on(count.business_date)
    if stands.site_id is None or not signed_among({(stands.site_id, count.business_date)}):
        return ""
    return is_frozen(str(stands.site_code), count.business_date)


def _is_there(count: PhysicalCount) -> bool:
    return PhysicalCount.objects.filter(
        safe=count.safe,
        compartment=count.compartment,
        business_date=count.business_date,
        currency=count.currency,
        use=count.use,
        withdrawn_at=None,
    ).exists()


def _read(safe: Safe, said: Said) -> PhysicalCount:
    wrong: dict[str, str] = {}
    amount, pieces = _amount(said, wrong)
    stands = standings_of([safe.pk])[safe.pk]
    if said.compartment not in PhysicalCount.Compartment.values:
        wrong["compartment"] = "Choose contents or inventory."
    if said.use not in PhysicalCount.Use.values:
        wrong["use"] = "Choose a counted opening or a check."
    if not re.fullmatch(r"[A-Z]{3}", said.currency):
        wrong["currency"] = "Give the currency by its three capital letters, as USD."
    _check_time(said, stands, wrong)
    for name, longest in (("counted_by", 200), ("note", 4000)):
        text: str = getattr(said, name)
        if len(text) > longest or "\x00" in text:
            wrong[name] = f"Give at most {longest} characters, and none of them null."
    if wrong:
        raise ValidationError(dict(wrong))
    return PhysicalCount(
        safe=safe,
        compartment=said.compartment,
        use=said.use,
        business_date=said.business_date,
        local_time=said.local_time,
        currency=said.currency,
        amount=amount,
        denominations=pieces,
        counted_by=said.counted_by.strip(),
        note=said.note.strip(),
    )


def _amount(said: Said, wrong: dict[str, str]) -> tuple[Decimal, list[list[str | int]]]:
    try:
        pieces = checked(said.denominations)
    except ValueError as error:
        wrong["denominations"] = str(error)
        return Decimal(0), []
    amount = said.amount
    if amount is None and not said.denominations:
        wrong["amount"] = "Give the amount, or the denominations; 0 says that it was empty."
        return Decimal(0), []
    if amount is None:
        amount = total(pieces)
    elif not amount.is_finite():
        wrong["amount"] = "The amount is a number."
        return Decimal(0), []
    exponent = amount.normalize().as_tuple().exponent
    if amount < 0:
        wrong["amount"] = "Nobody counts less than nothing: the amount is not below 0."
    elif amount >= _BIGGEST or not isinstance(exponent, int) or exponent < -4:
        wrong["amount"] = "The amount is below ten thousand million and has at most four decimals."
    elif said.denominations and amount != total(pieces):
        wrong["amount"] = f"The denominations come to {total(pieces)}: leave the amount out, or count again."
    return amount, spelt(pieces)


def _check_time(said: Said, stands: Standings, wrong: dict[str, str]) -> None:
    there = zone(stands.on(said.business_date).time_zone or "UTC")
    latest = timezone.now().astimezone(there).date() + _DAY
    if not EARLIEST <= said.business_date <= latest:
        wrong["business_date"] = f"The date lies between {EARLIEST} and tomorrow, {latest}."
        return
    if said.local_time is None:
        return
    if said.use == PhysicalCount.Use.OPENING:
        wrong["local_time"] = "A counted opening is of the day's beginning: leave the time out, or enter a check."
        return
    if said.local_time.tzinfo is not None:
        wrong["local_time"] = "Give the time as the safe's clock showed it, without an offset."
        return
    # A close late in the evening begins the next business day before its own date.
    first, last = window(said.business_date - _DAY, stands.rollover)[0], window(said.business_date, stands.rollover)[1]
    if not first <= said.local_time < last:
        wrong["local_time"] = "That time is not of that business date: correct the one or the other."
