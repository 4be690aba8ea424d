"""Pushes that were turned away at a known endpoint, and the findings that say so at once.

24 hours of 401 or 413 is cash that Loomis discards for ever, so one is a finding; it counts, and closes by itself with
the next push that is accepted.
"""

from __future__ import annotations

from django.db.models import F
from django.db.models.functions import Coalesce
from django.db.transaction import atomic
from django.utils import timezone

from safes.findings import Facts, settle
from safes.models import Finding
from transactions.metrics import REFUSED
from transactions.models import PushEndpoint


def wrong_key(endpoint: PushEndpoint) -> None:
    """Count a push with a wrong or missing key."""
    _count(endpoint, "rejected")
    REFUSED.add(endpoint=endpoint.name, reason="wrong_key")


def too_large(endpoint: PushEndpoint) -> None:
    """Count a push over the size limit."""
    _count(endpoint, "oversized")
    REFUSED.add(endpoint=endpoint.name, reason="too_large")


@atomic
def forget(endpoint: PushEndpoint) -> None:
    """An accepted push has come: what was turned away before it is no longer going on."""
    PushEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    PushEndpoint.objects.filter(pk=endpoint.pk).update(
        rejected_since=None, rejected_count=0, oversized_since=None, oversized_count=0
    )
    _settle(endpoint.pk)


@atomic
def _count(endpoint: PushEndpoint, what: str) -> None:
    PushEndpoint.objects.filter(pk=endpoint.pk).update(
        **{
            f"{what}_count": F(f"{what}_count") + 1,
            f"{what}_since": Coalesce(f"{what}_since", timezone.now()),
        }
    )
    _settle(endpoint.pk)


def _settle(endpoint_id: int) -> None:
    """Both findings of an endpoint as its row says; the caller holds the lock on that row."""
    endpoint = PushEndpoint.objects.get(pk=endpoint_id)
    settle("rejected_push", {endpoint.name: _rejected(endpoint)})
    settle("oversized_push", {endpoint.name: _oversized(endpoint)})


def _rejected(endpoint: PushEndpoint) -> Facts | None:
    if not endpoint.rejected_count:
        return None
    times = "once" if endpoint.rejected_count == 1 else f"{endpoint.rejected_count} times"
    return Facts(
        summary=(
            f"Endpoint {endpoint.name} was pushed to with a wrong or missing key, {times} since the last accepted one. "
            "Compare the key and its placement with what Loomis has; they discard a message after 24 hours."
        ),
        severity=Finding.Severity.CRITICAL,
        detail={
            "endpoint": endpoint.name,
            "count": endpoint.rejected_count,
            "since": _iso(endpoint.rejected_since),
        },
    )


def _oversized(endpoint: PushEndpoint) -> Facts | None:
    if not endpoint.oversized_count:
        return None
    times = "once" if endpoint.oversized_count == 1 else f"{endpoint.oversized_count} times"
    return Facts(
        summary=(
            f"Endpoint {endpoint.name} was pushed a body over its size limit, {times} since its last accepted push. "
            "Raise the limit or ask Loomis for smaller batches; they discard a message after 24 hours."
        ),
        severity=Finding.Severity.CRITICAL,
        detail={
            "endpoint": endpoint.name,
            "count": endpoint.oversized_count,
            "since": _iso(endpoint.oversized_since),
        },
    )


def _iso(moment: object) -> str | None:
    return moment.isoformat() if hasattr(moment, "isoformat") else None
