"""What pushes and files are arranged to bring, and what follows when that is changed."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.db.models import F, Min, Q
from django.db.transaction import atomic

from transactions.catalogue import classify
from transactions.completeness.judging import Covered, Since
from transactions.models import ChannelCompleteness, Coverage, Feed, PushEndpoint
from transactions.models.endpoint import Environment
from transactions.recording.marks import touch

ONE_SIDED = ~Q(push_count=F("both_count")) | ~Q(file_count=F("both_count"))

_LOCK = 0x43_4F_56_52


def covered() -> Covered:
    """What days are compared by; by nothing before the clock has come round, which then marks what it finds."""
    return _compared_by() or Covered()


def _compared_by() -> Covered | None:
    found = Coverage.objects.first()
    if found is None:
        return None
    return Covered(None if found.push_types is None else frozenset(found.push_types), found.files)


def arranged() -> Covered:
    """What the active production endpoints and feeds are to bring, as they stand now."""
    production = Q(environment=Environment.PRODUCTION, active=True)
    types: set[str] | None = set()
    for asked_for in PushEndpoint.objects.filter(production).order_by().values_list("types", flat=True):
        types = None if types is None or not asked_for else types | {classify(name)[0] for name in asked_for}
    return Covered(None if types is None else frozenset(types), Feed.objects.filter(production).exists())


def hold_covered() -> None:
    """Let nobody change what days are compared by until the transaction ends; to be asked for before any other lock.

    Whoever changes it marks the days it finds, and so must find those that are being drawn.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])


def follow_arranged() -> bool:
    """Compare by what is arranged now, and mark the days that may be judged otherwise by it. False: nothing changed."""
    if _compared_by() == arranged():
        return False
    _follow()
    return True


@atomic
def _follow() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    now = arranged()
    types = None if now.push_types is None else sorted(now.push_types)
    Coverage.objects.update_or_create(pk=1, defaults={"push_types": types, "files": now.files})
    firsts = (
        ChannelCompleteness.objects.order_by()
        .values("safe_id")
        .annotate(
            push=Min("business_date", filter=Q(push_count__gt=0)), file=Min("business_date", filter=Q(file_count__gt=0))
        )
    )
    for row in firsts.iterator():
        begins = Since(row["push"], row["file"]).both()
        if begins is not None:
            touch({(row["safe_id"], date) for date in one_sided_days(row["safe_id"], begins, None)})


def one_sided_days(safe_id: int, first: dt.date, before: dt.date | None) -> set[dt.date]:
    """Business dates of a safe on which its channels told different things, from ``first`` on and before ``before``."""
    days = ChannelCompleteness.objects.filter(ONE_SIDED, safe=safe_id, business_date__gte=first)
    if before is not None:
        days = days.filter(business_date__lt=before)
    return set(days.values_list("business_date", flat=True))
