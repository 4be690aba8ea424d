"""Where the findings that this app opens lead to."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from safes.admin.findings import LEADS
from safes.models import Finding
from transactions.models import Book, Feed, PushEndpoint


def transactions_url(**filters: object) -> str:
    """The list of transactions, filtered; the whole of their time unless dates are given."""
    return _rows_url("transaction", filters)


def audit_events_url(**filters: object) -> str:
    """The same for audit events."""
    return _rows_url("auditevent", filters)


def _rows_url(room: str, filters: dict[str, object]) -> str:
    wanted: dict[str, object] = {"business_date_from": "1990-01-01", **filters}
    return f"{reverse(f'admin:transactions_{room}_changelist')}?{urlencode(wanted)}"


def _delivery(finding: Finding) -> list[tuple[str, str]]:
    delivery = finding.detail.get("delivery")
    if not isinstance(delivery, int):
        return []
    return [
        (reverse("admin:transactions_delivery_change", args=[delivery]), f"delivery {delivery}"),
        (reverse("admin:transactions_delivery_raw", args=[delivery]), "its raw body"),
    ]


def _endpoint(finding: Finding) -> list[tuple[str, str]]:
    endpoint = PushEndpoint.objects.filter(name=finding.detail.get("endpoint", "")).first()
    if endpoint is None:
        return []
    return [(reverse("admin:transactions_pushendpoint_change", args=[endpoint.pk]), f"endpoint {endpoint}")]


def _feed(finding: Finding) -> list[tuple[str, str]]:
    feed = Feed.objects.filter(name=finding.detail.get("feed", "")).first()
    if feed is None:
        return []
    deliveries = [
        (reverse("admin:transactions_delivery_change", args=[pk]), f"delivery {pk}")
        for pk in finding.detail.get("deliveries", [])[:10]
    ]
    return [(reverse("admin:transactions_feed_change", args=[feed.pk]), f"feed {feed}"), *deliveries]


def _day(finding: Finding) -> list[tuple[str, str]]:
    if finding.safe is None or finding.business_date is None:
        return []
    date = finding.business_date.isoformat()
    url = transactions_url(
        serial_number=finding.safe.serial_number, business_date_from=date, business_date_to=date, book=Book.PRODUCTION
    )
    return [(url, f"transactions of {finding.safe} on {date}")]


def _doors(finding: Finding) -> list[tuple[str, str]]:
    if finding.safe is None or finding.business_date is None:
        return []
    date = finding.business_date.isoformat()
    url = audit_events_url(
        serial_number=finding.safe.serial_number, business_date_from=date, business_date_to=date, book=Book.PRODUCTION
    )
    return [(url, f"audit events of {finding.safe} on {date}"), *_day(finding)]


def _twin(finding: Finding) -> list[tuple[str, str]]:
    # The forms are below all that is known of the finding.
    return [("#twins", "say how many times it happened"), *_day(finding)]


def _whole_safe(finding: Finding) -> list[tuple[str, str]]:
    if finding.safe is None:
        return []
    filters = {"serial_number": finding.safe.serial_number}
    if finding.kind == "unknown_type":
        filters["type"] = str(finding.detail.get("type", ""))
    return [(transactions_url(**filters), "its transactions")]


LEADS.update(
    {
        "quarantined_row": _delivery,
        "rejected_push": _endpoint,
        "oversized_push": _endpoint,
        "feed_failure": _feed,
        "silent_feed": _feed,
        "file_changed": _feed,
        "possible_twin": _twin,
        "pickup_group_mismatch": _twin,
        "amount_mismatch": _day,
        "missing_end_of_day": _day,
        "door_open": _doors,
        "unknown_safe": _whole_safe,
        "unknown_type": _whole_safe,
        "silent_safe": _whole_safe,
        "silent_endpoint": _endpoint,
    }
)
