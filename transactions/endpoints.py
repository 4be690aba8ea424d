"""Push endpoints: making them, and changing their keys. Commands and the admin call the same functions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.transaction import atomic
from django.urls import reverse

from safes.history import note
from safes.keys import DEFAULT_OVERLAP, issue_key, lapse_in_words, refuse_if_changed, rotate_key
from safes.keys import newest_key_id as newest_id
from safes.models import MachineKey
from transactions.models import PushEndpoint
from transactions.models.endpoint import Environment


def address(name: str) -> str:
    """The absolute URL that Loomis is told to push to."""
    public: str = settings.PUBLIC_URL
    return public + reverse("push", args=[name])


def add_endpoint(
    name: str,
    *,
    key_name: str = "Authorization",
    placement: str = PushEndpoint.Placement.HEADER,
    environment: str = Environment.PRODUCTION,
    types: Sequence[str] = (),
    expected_metadata: Mapping[str, str] | None = None,
    batch_limit: int = 1000,
    max_body_bytes: int | None = None,
) -> tuple[PushEndpoint, str]:
    """Make an endpoint; returns it and its key, which is kept nowhere. Raises ValidationError, with sentences."""
    return create(
        PushEndpoint(
            name=name,
            key_name=key_name,
            placement=placement,
            environment=environment,
            types=list(types),
            expected_metadata=dict(expected_metadata or {}),
            batch_limit=batch_limit,
            max_body_bytes=max_body_bytes,
        )
    )


@atomic
def create(endpoint: PushEndpoint) -> tuple[PushEndpoint, str]:
    """Store an endpoint that is not stored yet, with its first key."""
    if PushEndpoint.objects.filter(name=endpoint.name).exists():
        raise ValidationError(
            f"There is an endpoint {endpoint.name} already. Choose another name; rotate_push_key gives it a new key."
        )
    endpoint.full_clean()
    endpoint.save()
    _, key = issue_key(MachineKey.Scope.PUSH, endpoint.pk)
    return endpoint, key


@atomic
def save(endpoint: PushEndpoint) -> PushEndpoint:
    """Store what was edited. Raises ValidationError when the environment was, since that decides what was counted.

    What was turned away meanwhile is counted by the receiver, so those columns are left as they are.
    """
    before = PushEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    if endpoint.environment != before.environment:
        raise ValidationError("The environment of an endpoint is fixed once it is made; add another endpoint.")
    endpoint.full_clean()
    endpoint.save(
        update_fields=[
            "key_name",
            "placement",
            "types",
            "expected_metadata",
            "batch_limit",
            "max_body_bytes",
            "active",
        ]
    )
    return endpoint


@atomic
def rotate(
    name: str, overlap: dt.timedelta = DEFAULT_OVERLAP, *, newest_known: int | None = None
) -> tuple[str, dt.datetime]:
    """A new key for an endpoint, and the earliest time (UTC) at which the old ones lapse.

    With an overlap they live on until it ends *and* the new key has been used; without one they lapse at once.
    ``newest_known`` is the id of the newest key the caller has seen, if any. Raises ValueError, with a sentence.
    """
    try:
        endpoint = PushEndpoint.objects.select_for_update(no_key=True).get(name=name)
    except ObjectDoesNotExist:
        raise ValueError(f"There is no endpoint {name[:60]}; add_push_endpoint makes one.") from None
    refuse_if_changed([MachineKey.Scope.PUSH], endpoint.pk, newest_known)
    key, until = rotate_key(MachineKey.Scope.PUSH, endpoint.pk, overlap)
    note(endpoint, f"key changed; those before it {lapse_in_words(until, overlap)}")
    return key, until


def newest_key_id(endpoint: PushEndpoint) -> int:
    return newest_id([MachineKey.Scope.PUSH], endpoint.pk)
