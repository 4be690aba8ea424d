"""From one worksheet to the next: other days of the same, and the rest of a date in the order of a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from transactions.models import SignOff
from transactions.reconciliation.signing.status import with_status

Key = tuple[str, str, int]
"""What a list of one date is ordered by: code of the site or serial number, currency, id."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A worksheet of the same date, and how far it is signed."""

    pk: int
    name: str
    currency: str
    status: str
    prepared_by: int | None

    @property
    def key(self) -> Key:
        return (self.name, self.currency, self.pk)


@dataclass(frozen=True, slots=True)
class Walk:
    """The stops of a date in the order of the list somebody came from, and which of them this is."""

    before: Stop | None
    after: Stop | None
    place: int
    """From 1; 0 where the list, as it is filtered, does not have this one any more."""
    count: int
    to_prepare: Stop | None
    to_approve: Stop | None


@dataclass(frozen=True, slots=True)
class Days:
    """The same safe's or site's other days in one currency, and the same day in others."""

    before: Any
    after: Any
    others: list[Any]


def days_around(row: Any, **same: Any) -> Days:
    """One query; ``same`` tells whose days they are."""
    rows = type(row).objects.filter(**same).order_by()
    mine, date = rows.filter(currency=row.currency), row.business_date
    before = mine.filter(business_date__lt=date).order_by("-business_date")[:1]
    after = mine.filter(business_date__gt=date).order_by("business_date")[:1]
    others = rows.filter(business_date=date).exclude(pk=row.pk)[:9]
    found = list(before.union(after, others, all=True))
    return Days(
        before=next((one for one in found if one.business_date < date), None),
        after=next((one for one in found if one.business_date > date), None),
        others=sorted((one for one in found if one.business_date == date), key=lambda one: str(one.currency)),
    )


def walk(listed: QuerySet[Any], row: Any, name: str, by: int | None) -> Walk:
    """One query; ``listed`` is the list as it is filtered, ``name`` the path to what its dates are ordered by.

    ``by`` is who asks: nobody approves what he prepared himself.
    """
    of_day = SignOff.objects.filter(site=OuterRef("site"), business_date=OuterRef("business_date")).order_by()
    rows = with_status(listed.filter(business_date=row.business_date).order_by())
    rows = rows.annotate(preparer=Subquery(of_day.values("prepared_by")))
    stops = sorted((Stop(*one) for one in rows.values_list("pk", name, "currency", "status", "preparer")), key=_key)
    here: Key = (_value(row, name), row.currency, row.pk)
    before = [one for one in stops if one.key < here]
    after = [one for one in stops if one.key > here]
    in_turn = [*after, *before]
    return Walk(
        before=before[-1] if before else None,
        after=after[0] if after else None,
        place=len(before) + 1 if len(before) + len(after) < len(stops) else 0,
        count=len(stops),
        to_prepare=_first(one for one in in_turn if one.status in ("open", "reopened")),
        to_approve=_first(one for one in in_turn if one.status == "prepared" and one.prepared_by != by),
    )


def _key(stop: Stop) -> Key:
    return stop.key


def _first(stops: Iterable[Stop]) -> Stop | None:
    return next(iter(stops), None)


def _value(row: Any, path: str) -> str:
    for name in path.split("__"):
        row = getattr(row, name)
    return str(row)
