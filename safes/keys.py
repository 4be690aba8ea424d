"""Issuing, rotating and checking the keys that machines show us."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import math
import secrets
import string
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.transaction import atomic
from django.utils import timezone

from safes.models import MachineKey

_ALPHABET = string.ascii_letters + string.digits
# So that a key in steady use costs a write a minute, not one per request.
_LAST_USED_GRAIN = dt.timedelta(minutes=1)

DEFAULT_OVERLAP = dt.timedelta(hours=48)
LONGEST_OVERLAP = dt.timedelta(days=365)


def digest_of(key: str) -> bytes:
    """SHA-256 of a key. Surrogates (bytes of a header that are no text) are passed through: they match nothing."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def random_text(bits: int) -> str:
    """A secret of so many random bits, of letters and digits alone.

    With a dash in front it would read as an option where somebody gives it to a command.
    """
    return "".join(secrets.choice(_ALPHABET) for _ in range(math.ceil(bits / math.log2(len(_ALPHABET)))))


def issue_key(scope: MachineKey.Scope, holder: int) -> tuple[MachineKey, str]:
    """A new key with 256 random bits, and its text, which is kept nowhere: show it once."""
    text = random_text(bits=256)
    key = MachineKey.objects.create(
        scope=scope,
        holder=holder,
        digest=digest_of(text),
        hint=text[-4:],
        created_at=timezone.now(),
    )
    return key, text


@atomic
def rotate_key(scope: MachineKey.Scope, holder: int, overlap: dt.timedelta) -> tuple[str, dt.datetime]:
    """A new key; the old ones work until the overlap ends *and* the new one has been used, with no overlap not at all.

    Returns the new key and the earliest time (UTC) at which the old ones lapse. Raises ValueError, with a sentence.
    """
    if not dt.timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ValueError("The overlap lies between 0 and 8760 hours, which is a year.")
    until = timezone.now() + overlap
    at_once = not overlap
    older = MachineKey.objects.select_for_update().filter(scope=scope, holder=holder)
    for key in older:
        # A second rotation never lengthens what an earlier one promised.
        key.lapses_at = min(key.lapses_at, until) if key.lapses_at else until
        key.lapses_at_once = key.lapses_at_once or at_once
        key.save(update_fields=["lapses_at", "lapses_at_once"])
    _, text = issue_key(scope, holder)
    return text, until


def lapse_in_words(until: dt.datetime, overlap: dt.timedelta) -> str:
    """What a rotation means for the keys before it, for a page and for a history."""
    if not overlap:
        return "work no longer"
    return f"work until {until:%Y-%m-%d %H:%M:%S} UTC, and until this one has been used"


def live_keys(keys: Iterable[MachineKey], now: dt.datetime) -> list[MachineKey]:
    """Those of one holder's keys that are valid at ``now``."""
    keys = list(keys)
    newest_use = max((key.created_at for key in keys if key.first_used_at is not None), default=None)
    live = []
    for key in keys:
        lapsed = key.lapses_at is not None and key.lapses_at <= now
        # An old key does not lapse before a newer one is in use: Loomis may not have switched yet, and 24 hours of 401
        # is cash nobody can explain.
        replaced = newest_use is not None and newest_use > key.created_at
        if not lapsed or not (replaced or key.lapses_at_once):
            live.append(key)
    return live


def live_now(now: dt.datetime) -> QuerySet[MachineKey]:
    """The keys of all holders that `live_keys` would name at ``now``, for lists that count them in one query."""
    newer_in_use = MachineKey.objects.filter(
        scope=OuterRef("scope"),
        holder=OuterRef("holder"),
        created_at__gt=OuterRef("created_at"),
        first_used_at__isnull=False,
    )
    unlapsed = Q(lapses_at__isnull=True) | Q(lapses_at__gt=now)
    return MachineKey.objects.filter(unlapsed | Q(lapses_at_once=False) & ~Exists(newer_in_use))


def keys_of(scopes: Iterable[str], holder: int) -> list[tuple[MachineKey, str]]:
    """A holder's keys, newest first, each with its standing: live, waiting for its successor, lapsing, or lapsed."""
    now = timezone.now()
    told = []
    for scope in scopes:
        keys = list(MachineKey.objects.filter(scope=scope, holder=holder))
        live = {key.pk for key in live_keys(keys, now)}
        told += [(key, _standing(key, key.pk in live, now)) for key in keys]
    return sorted(told, key=lambda pair: pair[0].pk, reverse=True)


def _standing(key: MachineKey, live: bool, now: dt.datetime) -> str:
    if not live:
        return "lapsed"
    if key.lapses_at is None:
        return "live"
    return "lapsing" if key.lapses_at > now else "waiting"


def newest_key_id(scopes: Iterable[str], holder: int) -> int:
    newest = MachineKey.objects.filter(scope__in=list(scopes), holder=holder).order_by("-pk").first()
    return newest.pk if newest else 0


def refuse_if_changed(scopes: Iterable[str], holder: int, newest_known: int | None) -> None:
    """Raise ValueError unless ``newest_known`` is the newest key: a form that is sent twice must not change it twice.

    None is whoever need not have seen the keys. The caller holds the lock on the holder's row.
    """
    if newest_known is not None and newest_known != newest_key_id(scopes, holder):
        raise ValueError("The key was changed since this page was opened. Look at the keys before you change it again.")


def match_key(keys: Iterable[MachineKey], shown: Iterable[str]) -> tuple[MachineKey, str] | None:
    """The key among ``keys`` that one of the ``shown`` texts is, with that text; each comparison in constant time."""
    keys = list(keys)
    found: tuple[MachineKey, str] | None = None
    for text in shown:
        digest = digest_of(text)
        for key in keys:
            if hmac.compare_digest(bytes(key.digest), digest):
                found = (key, text)
    return found


def mark_used(key: MachineKey, now: dt.datetime) -> None:
    """Remember that a key was accepted, the first time exactly, later ones to the minute."""
    if key.first_used_at is not None and key.last_used_at is not None and now - key.last_used_at < _LAST_USED_GRAIN:
        return
    MachineKey.objects.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lt=now), pk=key.pk).update(
        first_used_at=key.first_used_at or now, last_used_at=now
    )
