"""Which safes have been heard from lately, by their own clocks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Case, CharField, F, Func, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from safes.fields import WallClockField
from safes.models import Placement
from transactions.models import Book, Transaction

QUIET = dt.timedelta(hours=24)

HEARD = [("lately", "within 24 hours"), ("silent", "silent for 24 hours"), ("never", "never")]


def heard(safes: QuerySet[Any], now: dt.datetime) -> QuerySet[Any]:
    """Safes with ``heard``, one of HEARD: a look at the end of one index per safe, however long its history is.

    A safe's latest transaction is compared with what the clock of its site shows at this moment; where nobody knows
    where it stands, with UTC. A safe whose clock runs ahead counts as heard from.
    """
    latest = Transaction.objects.filter(safe=OuterRef("pk"), book=Book.PRODUCTION).order_by("-local_time")
    here = Placement.objects.filter(safe=OuterRef("pk"), starts_on__lte=now.date()).order_by("-starts_on")
    told: QuerySet[Any] = safes.annotate(
        last_local=Subquery(latest.values("local_time")[:1]),
        shown_now=Func(
            Coalesce(Subquery(here.values("site__time_zone")[:1]), Value("UTC")),
            Value(now - QUIET),
            function="timezone",
            output_field=WallClockField(),
        ),
        heard=Case(
            When(last_local__isnull=True, then=Value("never")),
            When(last_local__lt=F("shown_now"), then=Value("silent")),
            default=Value("lately"),
            output_field=CharField(),
        ),
    )
    return told
