"""A site's tolerance is another: the pickups and checks of its safes are judged again, as far as they differ at all."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q
from django.db.transaction import on_commit

from safes.models import Placement
from transactions.drawing import draw_soon
from transactions.models import PhysicalCount, Pickup, PickupSlip
from transactions.recording.marks import touch


def judge_again(site_id: int) -> None:
    """Mark the days of a site's safes on which a pickup or a check may differ; in the transaction of the change."""
    safes = Placement.objects.filter(site=site_id).values("safe")
    slips = PickupSlip.objects.filter(
        Q(pickup_group_id=OuterRef("pickup_group_id"))
        | Q(pickup_group_id=None, serviced_without_group=OuterRef("serviced_without_group")),
        safe=OuterRef("safe"),
        currency=OuterRef("currency"),
        counted_amount__isnull=False,
    )
    pickups = Pickup.objects.filter(safe__in=safes, business_date__isnull=False).exclude(status=Pickup.Status.UNJUDGED)
    differing = pickups.filter(~Q(reported_amount=F("content")) | Exists(slips))
    checks = PhysicalCount.objects.filter(safe__in=safes, use=PhysicalCount.Use.CHECK, withdrawn_at=None)
    days = {
        *differing.values_list("safe_id", "business_date"),
        *checks.values_list("safe_id", "business_date"),
    }
    touch({(safe_id, date) for safe_id, date in days if date is not None})
    on_commit(draw_soon)
