"""A safe's pickups, drawn: what takes which drops, and what each pickup comes to. DOMAIN.md section 2, "Pickup".

Only what some business dates may change is drawn anew. Which lines those are, and why that is enough: a line hangs on
the servicings of its group, on the next servicing, and on the next counted opening. Whatever of that was added, moved
or removed lies on a date that is drawn after it; then the lines that had it, or look for it now, are drawn again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import connection
from django.db.models import Q

from transactions.models import Drops, Pickup, SafeDay, TouchedDay
from transactions.reconciliation.pickups import reading
from transactions.reconciliation.pickups.assigning import STILL_THERE, Fate, Line, Servicing, Servicings, fate_of
from transactions.reconciliation.pickups.findings import settle_pickups
from transactions.reconciliation.pickups.reading import WAITING, Key, Stored, key_of
from transactions.reconciliation.pickups.summing import draw_sums


def draw_pickups(safe_id: int, dates: Collection[dt.date]) -> set[dt.date]:
    """Bring in step what becomes of drops, and the pickups, when these business dates were drawn.

    Returns business dates on which cash may leave that did not, or did and may not: those whose ``taken`` is due. The
    caller holds the safe's lock, and has drawn the drops of these dates.
    """
    # Servicings are read as they are now, also on days that are marked and not drawn yet. What hung on those that went
    # must be looked at before the pickups that tell of them are drawn without them.
    dates = {*dates, *TouchedDay.objects.filter(safe=safe_id).values_list("business_date", flat=True)}
    then = reading.pickups_over(safe_id, dates)
    now = reading.servicings_on(safe_id, dates)
    closed = {row.pickup_group_id for row in then if row.servicing_count} | {one.group for one in now}
    # On a day without servicings, before and now, nothing changes for the drops of other days.
    looked = reading.windows(safe_id, dates) if closed else []
    lines = reading.lines_to_draw(safe_id, dates, [group for group in closed if group is not None], looked)
    fates, servicings = _fates(safe_id, lines)
    _keep_fates(lines, fates)
    left = {date for one in lines for date in (one.fate.leaves_on, fates[one.id].leaves_on) if date is not None}
    touched = left | set(dates)
    keys = _keys(reading.pickups_over(safe_id, touched), lines)
    keys |= {key_of(one) for one in now | servicings if one.date in touched}
    first = reading.first_servicing(safe_id)
    if first is not None and min(dates) <= first[0]:
        keys |= _of_first(safe_id, first[0])
    if keys:
        settle_pickups(safe_id, draw_sums(safe_id, keys, first))
    return left | {one.date for one in now} | _left_by_openings(safe_id, then)


def _fates(safe_id: int, lines: Collection[Stored]) -> tuple[dict[int, Fate], set[Servicing]]:
    there = [one.line for one in lines if not one.is_empty]
    fates = dict.fromkeys((one.id for one in lines), STILL_THERE)
    if not there:
        return fates, set()
    found = reading.servicings_for(safe_id, there)
    servicings = Servicings(found)
    openings = reading.opening_dates(safe_id, after=min(line.date for line in there))
    fates |= {one.id: fate_of(one.line, servicings, openings) for one in lines if not one.is_empty}
    return fates, found


def _keep_fates(lines: Collection[Stored], fates: dict[int, Fate]) -> None:
    changed = [(one.id, fates[one.id]) for one in lines if one.fate != fates[one.id]]
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {Drops._meta.db_table} d
            SET taken_at = f.taken_at, leaves_on = f.leaves_on, counted_on = f.counted_on, is_astray = f.is_astray
            FROM unnest(%s::bigint[], %s::timestamp[], %s::date[], %s::date[], %s::boolean[])
                AS f(id, taken_at, leaves_on, counted_on, is_astray)
            WHERE d.id = f.id
            """,
            [
                [id_ for id_, _ in changed],
                [fate.taken_at for _, fate in changed],
                [fate.leaves_on for _, fate in changed],
                [fate.counted_on for _, fate in changed],
                [fate.is_astray for _, fate in changed],
            ],
        )


def _keys(rows: Collection[Pickup], lines: Collection[Stored]) -> set[Key]:
    keys: set[Key] = {(row.pickup_group_id, row.serviced_without_group) for row in rows}
    return keys | {_waiting_key(one.line) for one in lines}


def _waiting_key(line: Line) -> Key:
    return (line.group, None) if line.has_group else WAITING


def _of_first(safe_id: int, date: dt.date) -> set[Key]:
    """The pickups that are, or were, of the safe's first servicing, which is of this business date."""
    is_first = Q(status=Pickup.Status.UNJUDGED) | Q(first_on__lte=date, last_on__gte=date)
    keys: set[Key] = set(
        Pickup.objects.filter(is_first, safe=safe_id).values_list("pickup_group_id", "serviced_without_group")
    )
    return keys | {key_of(one) for one in reading.servicings_on(safe_id, [date])}


def _left_by_openings(safe_id: int, then: Collection[Pickup]) -> set[dt.date]:
    """Dates on which counted openings may have left that are withdrawn: their lines went, and the dates with them."""
    found: set[dt.date] = set()
    for row in then:
        if row.counted:
            days = SafeDay.objects.filter(safe=safe_id, business_date__range=(row.first_on, row.last_on))
            found.update(days.exclude(taken=0).values_list("business_date", flat=True))
    return found
