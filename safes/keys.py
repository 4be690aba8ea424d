"""Issuing, rotating and checking the keys that machines show us."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Iterable

from django.db.models import Q
from django.db.transaction import atomic
from django.utils import timezone

from safes.models import MachineKey

# So that a key in steady use costs a write a minute, not one per request.
_LAST_USED_GRAIN = dt.timedelta(minutes=1)


def digest_of(key: str) -> bytes:
    """SHA-256 of a key. Surrogates (bytes of a header that are no text) are passed through: they match nothing."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def issue_key(scope: MachineKey.Scope, holder: int) -> tuple[MachineKey, str]:
    """A new key with 256 random bits, and its text, which is kept nowhere: show it once."""
    text = secrets.token_urlsafe(32)
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

    Returns the new key and the earliest time (UTC) at which the old ones lapse.
    """
    if overlap < dt.timedelta(0):
        raise ValueError("The overlap cannot be negative: give hours from 0.")
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
