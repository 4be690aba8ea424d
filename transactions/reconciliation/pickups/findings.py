"""pickup_variance and pickup_window_mismatch: what of a pickup does not agree. One finding per pickup and currency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from functools import cached_property

from safes.estate import Standings, standings_of
from safes.findings import Facts, settle
from safes.models import Finding, Safe, Site
from transactions.models import Drops, Pickup, PickupSlip
from transactions.reconciliation.pickups.judging import ZERO, Judged, Verdict, at_stake
from transactions.reconciliation.pickups.reading import Key, slips_of, told_by

_LISTED = 200

Told = tuple[Key, str]
"""What tells a pickup, and a currency."""


def settle_pickups(safe_id: int, pickups: Collection[Told]) -> None:
    """Bring the findings of these pickups in step with them and their slips. The caller holds the safe's lock."""
    safe = Safe.objects.get(pk=safe_id)
    of_keys = told_by({key for key, _ in pickups})
    rows = list(Pickup.objects.filter(of_keys, safe=safe))
    slips = slips_of([row for row in rows if row.business_date is not None])
    tolerances = _Tolerances(safe_id)
    differ: dict[str, Facts | None] = {subject_of(safe, *told): None for told in pickups}
    astray = dict(differ)
    for row in rows:
        subject = subject_of(safe, (row.pickup_group_id, row.serviced_without_group), row.currency)
        differ[subject] = _differs(row, slips.get(row.pk), tolerances)
        astray[subject] = _astray(row, tolerances)
    known = Finding.objects.filter(kind__in=("pickup_variance", "pickup_window_mismatch"), subject__in=differ)
    kinds = set(known.values_list("kind", flat=True))
    # Most drawings find nothing wrong where nothing was.
    if "pickup_variance" in kinds or any(differ.values()):
        settle("pickup_variance", differ)
    if "pickup_window_mismatch" in kinds or any(astray.values()):
        settle("pickup_window_mismatch", astray)


def subject_of(safe: Safe, key: Key, currency: str) -> str:
    """What a finding about a pickup is known by, for ever."""
    group, time = key
    if group is not None:
        told = f"group {group}"
    else:
        told = f"servicing {time.isoformat()}" if time is not None else "drops that wait"
    return f"{safe.serial_number} {told} {currency}".strip()


class _Tolerances:
    """Up to what amount a difference is let pass, by business date: that of the site where the safe stood."""

    def __init__(self, safe_id: int) -> None:
        self._safe_id = safe_id
        self._of_site: dict[int, Decimal] = {}

    @cached_property
    def _stands(self) -> Standings:
        return standings_of([self._safe_id])[self._safe_id]

    def on(self, date: dt.date) -> Decimal:
        site_id = self.site_on(date)
        if site_id is None:
            return ZERO
        if site_id not in self._of_site:
            self._of_site[site_id] = Site.objects.values_list("tolerance", flat=True).get(pk=site_id)
        return self._of_site[site_id]

    def site_on(self, date: dt.date) -> int | None:
        return self._stands.on(date).site_id


def _differs(row: Pickup, slip: PickupSlip | None, tolerances: _Tolerances) -> Facts | None:
    if row.business_date is None:
        return None
    counted = slip.counted_amount if slip else None
    judged = Judged(row.content, row.reported_amount, row.variance, Verdict(row.status))
    stake = at_stake(judged, counted)
    if not stake or stake <= tolerances.on(row.business_date):
        return None
    return Facts(
        summary=(
            "The courier took another amount than was dropped. Compare the drops of the pickup with the slip in the "
            "bag, and ask Loomis for their count."
        ),
        safe_id=row.safe_id,
        site_id=tolerances.site_on(row.business_date),
        business_date=row.business_date,
        cash_at_stake=stake,
        currency=row.currency,
        detail={
            "pickup_group_id": row.pickup_group_id,
            "serviced_local_time": row.serviced_local_time and row.serviced_local_time.isoformat(),
            "content": str(row.content),
            "reported": str(row.reported_amount),
            "variance": str(row.variance),
            "counted": None if counted is None else str(counted),
            "bag_numbers": slip.bag_numbers if slip else [],
        },
    )


def _astray(row: Pickup, tolerances: _Tolerances) -> Facts | None:
    if not row.astray:
        return None
    lines = list(
        Drops.objects.filter(safe=row.safe_id, pickup_group_id=row.pickup_group_id, currency=row.currency)
        .filter(is_astray=True)
        .order_by("business_date", "first_local_time")
    )
    date = row.business_date or lines[-1].business_date
    return Facts(
        summary=(
            "By the clock another pickup would have taken these drops than the one of their group. They are counted "
            "with their group: look which bag they went into."
        ),
        safe_id=row.safe_id,
        site_id=tolerances.site_on(date),
        business_date=date,
        cash_at_stake=abs(row.astray),
        currency=row.currency,
        detail={
            "pickup_group_id": row.pickup_group_id,
            "serviced_local_time": row.serviced_local_time and row.serviced_local_time.isoformat(),
            "drops": [
                {
                    "business_date": str(line.business_date),
                    "first_local_time": line.first_local_time.isoformat(),
                    "last_local_time": line.last_local_time.isoformat(),
                    "amount": str(line.validated + line.manual),
                }
                for line in lines[:_LISTED]
            ],
        },
    )
