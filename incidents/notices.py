"""E-mail to those whom an account names: what runs out of time, what does not go out, what Loomis refuses.

A notice is a row, written with the finding that it tells of; a worker sends it. Once for each thing that happened: a
worker that dies between sending and writing that down sends it a second time, which is better than never.
"""

from __future__ import annotations

import datetime as dt
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.transaction import atomic
from django.urls import reverse
from django.utils import timezone

from incidents.models import Incident, Notice

log = structlog.get_logger(__name__)

# Longer than any mail server takes: whoever has not written down by then that it was sent has died.
_CLAIM = dt.timedelta(minutes=5)
_BACKOFF = [dt.timedelta(seconds=seconds) for seconds in (15, 60, 300, 900, 3600)]
# After so long nobody is helped by it any more; the finding stays.
_TOLD_WITHIN = dt.timedelta(days=2)


def tell(incident: Incident, kind: str, about: str, summary: str) -> None:
    """Have those who are named be told of it, unless they were told; in the transaction that found it."""
    if not incident.account.notify:
        return
    row = Notice(incident=incident, kind=kind, about=about[:100], summary=summary[:500], next_attempt_at=timezone.now())
    Notice.objects.bulk_create([row], ignore_conflicts=True)


def send_due(limit: int = 50) -> int:
    """Send what was not sent, and is due, as long as it is taken; how many were. A server that is away takes its time,
    so that the first one that fails ends the turn."""
    sent = 0
    while sent < limit and (notice := _claim()) is not None and _send(notice):
        sent += 1
    return sent


@atomic
def _claim() -> Notice | None:
    now = timezone.now()
    due = Notice.objects.filter(
        sent_at__isnull=True, next_attempt_at__lte=now, created_at__gt=now - _TOLD_WITHIN
    ).select_for_update(skip_locked=True, of=("self",))
    related = due.select_related("incident__account", "incident__site")
    notice = related.order_by("next_attempt_at", "pk").first()
    if notice is not None:
        notice.attempts += 1
        notice.next_attempt_at = now + _CLAIM
        notice.save(update_fields=["attempts", "next_attempt_at"])
    return notice


def _send(notice: Notice) -> bool:
    mine = Notice.objects.filter(pk=notice.pk)
    try:
        _written(notice).send()
    except (SMTPException, OSError) as error:
        log.warning("notice_not_sent", notice=notice.pk, error=str(error))
        wait = _BACKOFF[min(notice.attempts, len(_BACKOFF)) - 1]
        mine.update(
            next_attempt_at=timezone.now() + wait,
            error=f"It could not be sent: {str(error)[:300] or type(error).__name__}.",
        )
        return False
    mine.update(sent_at=timezone.now(), error="")
    return True


def _written(notice: Notice) -> EmailMessage:
    incident = notice.incident
    lines = [
        notice.summary,
        "",
        f"Incident: {incident.reference}",
        f"Device: {incident.device}" + (f" at {incident.site}" if incident.site else ""),
        f"Account: {incident.account}",
        settings.PUBLIC_URL + reverse("admin:incidents_incident_change", args=[incident.pk]),
    ]
    subject = f"Incident {incident.reference}, {incident.device}: {_TITLES.get(notice.kind, notice.kind)}"
    to = [address.strip() for address in incident.account.notify.split(",") if address.strip()]
    return EmailMessage(" ".join(subject.split()), "\n".join(lines), to=to)


_TITLES = {
    "incident_unconfirmed": "not acknowledged",
    "incident_due_soon": "nearly due",
    "incident_overdue": "overdue",
    "incident_refused": "refused by Loomis",
    "incident_not_sent": "not sent",
}
