"""The status of days, for lists of them."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from transactions.models import SignOff

STATUSES: list[str] = SignOff.Status.values


def with_status(days: QuerySet[Any]) -> QuerySet[Any]:
    """Safe days or site days, each with its ``status``: of the sign-off of its site and date, else open."""
    of_day = SignOff.objects.filter(site=OuterRef("site"), business_date=OuterRef("business_date")).order_by()
    status = Subquery(of_day.values("status"), output_field=CharField())
    annotated: QuerySet[Any] = days.annotate(status=Coalesce(status, Value(SignOff.Status.OPEN.value)))
    return annotated
