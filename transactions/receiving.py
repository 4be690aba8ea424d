"""The door for pushes: who may come in, and the raw bytes on disk before anything else.

CONTRACT.md, "Push answers"; DOMAIN.md section 1. Nothing here reads what a body says.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.transaction import atomic
from django.utils import timezone

from safes.keys import live_keys, mark_used, match_key
from safes.models import MachineKey
from transactions import turned_away
from transactions.bodies import pack
from transactions.metrics import DELIVERIES
from transactions.models import Delivery, DeliveryBody, PushEndpoint

# While a request is recording what it stored, the worker keeps its hands off.
_GRACE = dt.timedelta(seconds=30)
_LONGEST_KEY = 512


@dataclass(frozen=True, slots=True)
class Arrival:
    """An authentic push: the bytes to keep (Content-Encoding undone, key masked) and the digest of what was sent."""

    body: bytes
    digest: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Stored:
    """A delivery that is on disk, and the one that brought its bytes first: another, where they were there before."""

    delivery_id: int
    first: Delivery

    @property
    def first_id(self) -> int:
        return self.first.pk

    @property
    def is_repeat(self) -> bool:
        return self.delivery_id != self.first_id


def find_endpoint(name: str) -> tuple[PushEndpoint, list[MachineKey]] | None:
    """An active endpoint and its live keys."""
    if not name.isprintable():
        return None
    # In SQL, since every push asks: building two queries would cost twice what they do.
    found = PushEndpoint.objects.raw(f"SELECT * FROM {PushEndpoint._meta.db_table} WHERE name = %s AND active", [name])
    endpoint = next(iter(found), None)
    if endpoint is None:
        return None
    keys = MachineKey.objects.raw(
        f"SELECT * FROM {MachineKey._meta.db_table} WHERE scope = %s AND holder = %s",
        [MachineKey.Scope.PUSH, endpoint.pk],
    )
    return endpoint, live_keys(keys, timezone.now())


def body_limit(endpoint: PushEndpoint) -> int:
    """Bytes; an endpoint may ask for less than the installation takes, never for more."""
    limit: int = settings.PUSH_MAX_BODY_BYTES
    return min(endpoint.max_body_bytes or limit, limit)


def match_in_body(endpoint: PushEndpoint, keys: list[MachineKey], body: bytes) -> tuple[MachineKey, str] | None:
    """The key where it travels in the body: found by its name alone, so that broken JSON can be authentic too."""
    name = re.escape(endpoint.key_name.encode())
    pattern = re.compile(
        # Looked ahead for, not taken: a text that never ends may swallow the quote that the name begins with.
        rb'"%s"\s{0,100}:\s{0,100}"(?=([^"\\]{1,%d})")' % (name, _LONGEST_KEY),
        re.IGNORECASE,
    )
    shown = [match[1].decode("latin-1") for match, _ in zip(pattern.finditer(body), range(20), strict=False)]
    return match_key(keys, shown)


def digest_of(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


def store(endpoint: PushEndpoint, key: MachineKey, arrival: Arrival) -> Stored:
    """Put the raw body on disk, once per endpoint and digest, and commit. Database errors go to the caller."""
    now = timezone.now()
    with atomic():
        # Asked first whether it is a repeat, which saves compressing what Loomis merely sends again; and asked again if
        # another request has stored the same bytes meanwhile.
        stored = None
        while stored is None:
            stored = _insert_repeat(endpoint, arrival, now) or _insert_first(endpoint, arrival, now)
        mark_used(key, now)
        if endpoint.rejected_count or endpoint.oversized_count:
            turned_away.forget(endpoint)
    if stored.is_repeat:
        DELIVERIES.add(endpoint=endpoint.name, status=Delivery.Status.DUPLICATE)
    return stored


_TABLE = Delivery._meta.db_table
_GIVEN = "channel, endpoint_id, received_at, status, digest, size, headers, notes, error, attempts"


def _given(endpoint: PushEndpoint, arrival: Arrival, now: dt.datetime, status: Delivery.Status) -> list[Any]:
    headers = json.dumps(arrival.headers)
    return [Delivery.Channel.PUSH, endpoint.pk, now, status, arrival.digest, len(arrival.body), headers, "[]", "", 0]


def _insert_repeat(endpoint: PushEndpoint, arrival: Arrival, now: dt.datetime) -> Stored | None:
    """Insert a delivery that points to the first of these bytes; None when they have not come before."""
    outcome = ("status", "recorded_at", "received", "quarantined")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH first AS (
                SELECT id, {", ".join(outcome)} FROM {_TABLE}
                WHERE endpoint_id = %s AND digest = %s AND repeat_of_id IS NULL
            ), repeat AS (
                INSERT INTO {_TABLE} ({_GIVEN}, repeat_of_id)
                SELECT %s, %s, %s, %s, %s::bytea, %s, %s::jsonb, %s::jsonb, %s, %s, id FROM first
                RETURNING id
            )
            SELECT repeat.id, first.* FROM repeat, first
            """,
            [endpoint.pk, arrival.digest, *_given(endpoint, arrival, now, Delivery.Status.DUPLICATE)],
        )
        row = cursor.fetchone()
    return row and Stored(row[0], Delivery(pk=row[1], **dict(zip(outcome, row[2:], strict=True))))


def _insert_first(endpoint: PushEndpoint, arrival: Arrival, now: dt.datetime) -> Stored | None:
    """Insert the delivery and its body in one statement; None when these bytes are there already."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH delivery AS (
                INSERT INTO {_TABLE} ({_GIVEN}, next_attempt_at)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                ON CONFLICT (endpoint_id, digest) WHERE repeat_of_id IS NULL DO NOTHING
                RETURNING id
            )
            INSERT INTO {DeliveryBody._meta.db_table} (delivery_id, content)
            SELECT id, %s FROM delivery RETURNING delivery_id
            """,
            [*_given(endpoint, arrival, now, Delivery.Status.STORED), now + _GRACE, pack(arrival.body)],
        )
        row = cursor.fetchone()
    return row and Stored(row[0], Delivery(pk=row[0], status=Delivery.Status.STORED))
