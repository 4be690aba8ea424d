"""From one worksheet to the next: other days of the same, and the rest of a date in the order of a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from transactions.models import SignOff
from transactions.reconciliation.signing.status import with_status


@dataclass(frozen=True, slots=True)
class Stop:
    """A worksheet of the same date, and how far it is signed."""

    pk: int
    name: str
    currency: str
    status: str
    prepared_by: int | None
    is_listed: bool


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

    In the order of the database, as the list is; this row has its place in it even where the filters leave it out.
    ``by`` is who asks: nobody approves what he prepared himself.
    """
    date = row.business_date
    of_day = SignOff.objects.filter(site=OuterRef("site"), business_date=OuterRef("business_date")).order_by()
    in_list = Q(pk__in=listed.filter(business_date=date).order_by().values("pk"))
    rows = with_status(type(row)._default_manager.filter(in_list | Q(pk=row.pk), business_date=date))
    rows = rows.annotate(preparer=Subquery(of_day.values("prepared_by")), is_listed=in_list)
    fields = ("pk", name, "currency", "status", "preparer", "is_listed")
    stops = [Stop(*one) for one in rows.order_by(name, "currency", "pk").values_list(*fields)]
    here = next((place for place, one in enumerate(stops) if one.pk == row.pk), None)
    if here is None:  # drawn away since it was opened
        return Walk(None, None, 0, 0, None, None)
    before, after = stops[:here], stops[here + 1 :]
    in_turn = [*after, *before]
    return Walk(
        before=before[-1] if before else None,
        after=after[0] if after else None,
        place=here + 1 if stops[here].is_listed else 0,
        count=len(stops),
        to_prepare=_first(one for one in in_turn if one.status in ("open", "reopened")),
        to_approve=_first(one for one in in_turn if one.status == "prepared" and one.prepared_by != by),
    )


def _first(stops: Iterable[Stop]) -> Stop | None:
    return next(iter(stops), None)
