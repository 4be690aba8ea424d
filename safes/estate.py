"""The estate and its history: where each safe stands on which date, and who must hear of a change."""

from __future__ import annotations

import bisect
import datetime as dt
import unicodedata
import zoneinfo
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import QuerySet
from django.db.transaction import atomic
from django.utils import timezone

from safes.models import Placement, Safe, Site

BEGINNING = dt.date(1990, 1, 1)  # before the first transaction that is taken at all
DEFAULT_ROLLOVER = dt.timedelta(hours=6)

# Called with the ids of safes that were edited, and whether their site, zone, rollover or currency changed, in the
# transaction that changes it and under the lock on those safes. An app that keeps derived data registers here, since
# this one imports no other.
Listener = Callable[[list[int], bool], None]
_listeners: list[Listener] = []


# Called with the id of a site whose currency or tolerance was edited, likewise and under the lock on that site.
SiteListener = Callable[[int], None]
_site_listeners: list[SiteListener] = []


def on_estate_change(listener: Listener) -> None:
    """Register what must be derived again when safes change their place, or a site its zone, rollover or currency."""
    if listener not in _listeners:
        _listeners.append(listener)


def on_site_change(listener: SiteListener) -> None:
    """Register what must be judged again when a site's currency or tolerance changes."""
    if listener not in _site_listeners:
        _site_listeners.append(listener)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a place gives a transaction its meaning by; all of it unknown where a safe was never placed."""

    site_id: int | None = None
    site_code: str | None = None
    time_zone: str | None = None
    day_rollover: dt.timedelta = DEFAULT_ROLLOVER
    currency: str | None = None


NOWHERE = Standing()


class Standings:
    """Where one safe stood, by local date. Before its first placement it is taken to stand where it was first put."""

    __slots__ = ("_places", "_starts")

    def __init__(self, placements: Iterable[tuple[dt.date, Standing]] = ()) -> None:
        ordered = sorted(placements, key=lambda placement: placement[0])
        self._starts = [start for start, _ in ordered]
        self._places = [place for _, place in ordered] or [NOWHERE]

    def on(self, date: dt.date) -> Standing:
        if len(self._places) == 1:
            return self._places[0]
        return self._places[max(bisect.bisect_right(self._starts, date) - 1, 0)]

    def rollover(self, date: dt.date) -> dt.timedelta:
        return self.on(date).day_rollover

    @property
    def places(self) -> list[tuple[dt.date, Standing]]:
        """Each place with its first local date, in order; empty for a safe that was never placed."""
        return list(zip(self._starts, self._places, strict=False))


def standings_of(safe_ids: Iterable[int]) -> dict[int, Standings]:
    """The standings of these safes, in one query."""
    ids = list(safe_ids)
    return dict.fromkeys(ids, Standings()) | _standings(Placement.objects.filter(safe_id__in=ids))


def standings_around(site_code: str) -> dict[int, Standings]:
    """The standings of every safe that ever stood at this site (case does not count), in one query."""
    there = Placement.objects.filter(site__code__iexact=site_code)
    return _standings(Placement.objects.filter(safe__in=there.values("safe")))


def _standings(placements: QuerySet[Placement]) -> dict[int, Standings]:
    found: dict[int, list[tuple[dt.date, Standing]]] = defaultdict(list)
    sites: dict[int, Standing] = {}
    # Values, not objects: a push asks for fifty safes at once.
    of_site = ("site_id", "site__code", "site__time_zone", "site__day_rollover", "site__currency")
    for safe_id, starts_on, *site in placements.values_list("safe_id", "starts_on", *of_site):
        stands = sites.setdefault(site[0], Standing(*site))
        found[safe_id].append((starts_on, stands))
    return {safe_id: Standings(placed) for safe_id, placed in found.items()}


def site_of(safe_id: int) -> int | None:
    """Id of the site a safe was last put at."""
    return standings_of([safe_id])[safe_id].on(dt.date.max).site_id


def lock_safes(safe_ids: Iterable[int]) -> list[Safe]:
    """Lock these safes, in one order for everybody. Whoever writes what belongs to a safe holds this lock."""
    return list(Safe.objects.select_for_update(no_key=True).filter(pk__in=list(safe_ids)).order_by("pk"))


def lock_sites(site_ids: Iterable[int], *, skip_locked: bool = False) -> list[Site]:
    """Lock these sites, in one order for everybody, and before any safe: what belongs to a site is written under it.

    With ``skip_locked`` those that somebody else holds are left out, and nobody is waited for.
    """
    sites = Site.objects.select_for_update(no_key=True, skip_locked=skip_locked)
    return list(sites.filter(pk__in=list(site_ids)).order_by("pk"))


def _hold_sites(site_ids: Iterable[int]) -> None:
    """Let nobody edit these sites until the transaction ends: whoever does would not know of a safe just put there.

    To be called before safes are locked, as save_site does it: sites first, then safes.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {Site._meta.db_table} WHERE id = ANY(%s) ORDER BY id FOR SHARE",
            [list(site_ids)],
        )


def normal_serial(serial_number: str) -> str:
    """A serial number as it is kept. Raises ValidationError for one that cannot be."""
    serial = unicodedata.normalize("NFC", unicodedata.normalize("NFC", serial_number.strip()).upper())
    if not serial:
        raise ValidationError("Give a serial number.")
    if len(serial) > 64:
        raise ValidationError(f"The serial number “{serial[:20]}…” is longer than 64 characters.")
    return serial


@atomic
def add_site(
    code: str,
    *,
    name: str,
    time_zone: str,
    day_rollover: dt.timedelta = DEFAULT_ROLLOVER,
    currency: str = "USD",
    tolerance: Decimal = Decimal("5.00"),
) -> Site:
    """Make a site. Raises ValidationError, with sentences, for what cannot be one."""
    if Site.objects.filter(code__iexact=code).exists():
        raise ValidationError(f"There is a site {code} already; choose another code.")
    site = Site(
        code=code,
        name=name,
        time_zone=time_zone,
        day_rollover=day_rollover,
        currency=currency,
        tolerance=tolerance,
    )
    site.full_clean()
    site.save()
    return site


@atomic
def place_safe(serial_number: str, site: Site, starts_on: dt.date | None = None, *, model: str = "") -> Safe:
    """Make a safe if it is new, register it, and put it at a site from a local date.

    Without a date: from the beginning if it stood nowhere yet, else from today at that site. A second placement on the
    same date replaces the first. What its transactions mean (instants, currency, business dates) follows.
    """
    serial = normal_serial(serial_number)
    _hold_sites([site.pk])
    safe, _ = Safe.objects.get_or_create(serial_number=serial)
    safe = lock_safes([safe.pk])[0]
    safe.status = Safe.Status.ACTIVE
    safe.model = model or safe.model
    safe.full_clean()
    safe.save()
    if starts_on is None:
        starts_on = _next_start(safe, site)
    stood = standings_of([safe.pk])[safe.pk].places
    Placement.objects.update_or_create(safe=safe, starts_on=starts_on, defaults={"site": site})
    _tell([safe.pk], moved=standings_of([safe.pk])[safe.pk].places != stood)
    return safe


def _next_start(safe: Safe, site: Site) -> dt.date:
    latest = safe.placements.order_by("-starts_on").first()
    if latest is None:
        return BEGINNING
    if latest.site_id == site.pk:
        return latest.starts_on
    return timezone.now().astimezone(zoneinfo.ZoneInfo(site.time_zone)).date()


@atomic
def safe_changed(safe: Safe, *, moved: bool = True) -> None:
    """Say that a safe was edited, and whether its placements were; derives what follows.

    An unregistered safe that stands somewhere is registered by it.
    """
    _hold_sites(safe.placements.values_list("site_id", flat=True))
    (kept,) = lock_safes([safe.pk])
    if kept.status == Safe.Status.UNREGISTERED and kept.placements.exists():
        kept.status = Safe.Status.ACTIVE
        kept.save(update_fields=["status"])
    _tell([safe.pk], moved=moved)


@atomic
def save_site(site: Site) -> Site:
    """Save a site; what its safes' transactions mean follows, if what gives it to them was edited."""
    before = Site.objects.select_for_update(no_key=True).filter(pk=site.pk).first()
    site.full_clean()
    site.save()
    if before and _meaning(before) != _meaning(site):
        safe_ids = list(site.placements.order_by("safe_id").values_list("safe_id", flat=True).distinct())
        lock_safes(safe_ids)
        _tell(safe_ids, moved=True)
    if before and (before.currency, before.tolerance) != (site.currency, site.tolerance):
        for listener in _site_listeners:
            listener(site.pk)
    return site


def _meaning(site: Site) -> tuple[str, dt.timedelta, str]:
    return site.time_zone, site.day_rollover, site.currency


def _tell(safe_ids: list[int], *, moved: bool) -> None:
    for listener in _listeners:
        listener(safe_ids, moved)
