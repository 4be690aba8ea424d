"""Retention: raw bodies of closed months are deleted, what they said stays.

Transactions are never touched. The row of a delivery stays with its digest, so that the same bytes, sent again years
later, are still known; the rows that merely say "the same again" go.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Concat
from django.db.transaction import atomic
from django.utils import timezone

from safes.models import Finding
from transactions.bodies import forget_bodies
from transactions.models import Delivery, DeliveryBody, FeedFile

# A month is closed when it is over and its last days have been reconciled: bodies of the running one are evidence.
SHORTEST = 35
LONGEST = 36_500
_BATCH = 500

_RECORDED = [Delivery.Status.ACCEPTED, Delivery.Status.QUARANTINED]


@dataclass(slots=True)
class Purge:
    """What a purge deleted, and what it left although it was old enough."""

    before: dt.datetime
    bodies: int = 0
    stored_bytes: int = 0
    repeats: int = 0
    files: int = 0
    kept_unrecorded: int = 0
    kept_for_findings: int = 0

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "before": self.before.isoformat().replace("+00:00", "Z")}


def purge(days: int) -> Purge:
    """Delete raw bodies received more than so many days ago, in batches that are committed one by one.

    Raises ValueError for fewer days than a closed month needs. A delivery that is not recorded, or has quarantined rows
    nobody has settled, keeps its body whatever its age.
    """
    if not SHORTEST <= days <= LONGEST:
        raise ValueError(
            f"Bodies are kept for {SHORTEST} days at least, so that only closed months are purged: "
            f"give a number of days from {SHORTEST} to {LONGEST}."
        )
    done = Purge(before=timezone.now() - dt.timedelta(days=days))
    while _purge_bodies(done):
        pass
    while deleted := _delete_repeats(done.before):
        done.repeats += deleted
    while deleted := _delete_files(done.before):
        done.files += deleted
    left = _old(done.before).filter(purged_at__isnull=True, repeat_of__isnull=True)
    done.kept_unrecorded = left.exclude(status__in=_RECORDED).count()
    done.kept_for_findings = left.filter(_has_open_finding(), status__in=_RECORDED).count()
    return done


def _old(before: dt.datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(received_at__lt=before)


def _has_open_finding() -> Exists:
    """The finding of a delivery is found by its subject, as transactions.deliveries writes it."""
    subject = Concat(Value("delivery "), Cast(OuterRef("pk"), TextField()))
    return Exists(Finding.objects.filter(kind="quarantined_row", subject=subject, state=Finding.State.OPEN))


@atomic
def _purge_bodies(done: Purge) -> int:
    batch = list(
        _old(done.before)
        .filter(~_has_open_finding(), status__in=_RECORDED, recorded_at__isnull=False, purged_at__isnull=True)
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")
        .values_list("pk", flat=True)[:_BATCH]
    )
    deleted, size = forget_bodies(DeliveryBody.objects.filter(pk__in=batch))
    done.bodies += deleted
    done.stored_bytes += size
    return Delivery.objects.filter(pk__in=batch).update(purged_at=timezone.now())


@atomic
def _delete_repeats(before: dt.datetime) -> int:
    # A name under which a file came too is part of what its message is, and stays.
    plain = Q(channel=Delivery.Channel.PUSH) | Q(file_name=F("repeat_of__file_name"))
    repeats = _old(before).filter(plain, status=Delivery.Status.DUPLICATE).order_by("pk")
    batch = repeats.values_list("pk", flat=True)[:_BATCH]
    gone = list(batch)
    # Files of feeds stay known for as long as they lie there: they are of the delivery that had their bytes first.
    first = Delivery.objects.filter(pk=OuterRef("delivery")).values("repeat_of")
    FeedFile.objects.filter(delivery__in=gone).update(delivery=Subquery(first))
    deleted, _ = Delivery.objects.filter(pk__in=gone).delete()
    return deleted


@atomic
def _delete_files(before: dt.datetime) -> int:
    """Rows of files that were put away, and of those that a later file of their name has taken the place of."""
    later = FeedFile.objects.filter(feed=OuterRef("feed"), name=OuterRef("name"), pk__gt=OuterRef("pk"))
    old = FeedFile.objects.filter(Q(state=FeedFile.State.ARCHIVED) | Exists(later), done_at__lt=before)
    deleted, _ = FeedFile.objects.filter(pk__in=list(old.order_by("pk").values_list("pk", flat=True)[:_BATCH])).delete()
    return deleted
