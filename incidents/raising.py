"""What we do with incidents: raise, queue, send again, ask for a cancel. Each under the lock, with its outbox row.

Nothing is sent here: a row of the outbox is written in the same transaction, and a worker told when it is durable.
"""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.transaction import atomic
from django.utils import timezone

from incidents.lifecycle import FINAL, State
from incidents.models import Dispatch, Incident, LoomisAccount
from incidents.proving import lock, prove
from incidents.waking import wake_on_commit
from incidents.wanted import Checked, Wanted, check
from safes.models import Finding, MachineAccount

# Loomis takes a second dispatch for the same ATM and fault within this for a repetition of the first.
PROTECTED = dt.timedelta(hours=24)


class Conflict(ValueError):
    """It cannot be done with an incident in the state it is in; the message is a sentence."""


def warnings_of(checked: Checked, now: dt.datetime) -> list[str]:
    """What one should know before sending it: for an ATM, that the same went out within 24 hours."""
    warnings = [f"{name} is not sent to Loomis in this dialect, and was left out." for name in checked.left_out]
    if checked.atm is None:
        return warnings
    same = Incident.objects.filter(
        Q(tried_at__gt=now - PROTECTED) | Q(tried_at__isnull=True, state=State.QUEUED),
        atm=checked.atm,
        fault_code=checked.fault_code,
    )
    for earlier in same.order_by("-queued_at")[:3]:
        went = f"went out at {earlier.tried_at:%Y-%m-%d %H:%M} UTC" if earlier.tried_at else "waits to be sent"
        warnings.append(
            f"Incident {earlier} for the same ATM and fault {went}: within 24 hours Loomis refuses another as a "
            "duplicate."
        )
    return warnings


@atomic
def raise_incident(
    wanted: Wanted,
    *,
    user: User | None = None,
    machine: MachineAccount | None = None,
    finding: Finding | None = None,
    draft: bool = False,
    once: uuid.UUID | None = None,
) -> tuple[Incident, list[str]]:
    """Make an incident and queue its dispatch, or keep it as a draft; with what one should know of it.

    ``once``: of the form that it was filled in on. The incident that was made by it before is returned as it is.
    Raises ValidationError with sentences by field.
    """
    now = timezone.now()
    checked = check(wanted, now)
    account = LoomisAccount.objects.select_for_update(no_key=True).get(pk=checked.account.pk)
    made = account.incidents.filter(once=once, raised_by=user).first() if once else None
    if made is not None:
        return made, []
    warnings = warnings_of(checked, now)
    incident = Incident(
        reference=_reference(now),
        account=account,
        file_second=_second(account, now),
        raised_by=user,
        raised_by_machine=machine,
        finding=finding,
        once=once,
        state=State.DRAFT,
    )
    _write(incident, checked)
    incident.save()
    if not draft:
        _queue(incident, now)
    return incident, warnings


@atomic
def edit_draft(incident_id: int, wanted: Wanted) -> tuple[Incident, list[str]]:
    """Write a draft anew. Raises ValidationError, and Conflict when it is no draft any more."""
    now = timezone.now()
    incident = _draft(incident_id)
    checked = check(wanted, now)
    if checked.account.pk != incident.account_id:
        raise ValidationError({"account": ["The account of an incident stays: raise another one."]})
    _write(incident, checked)
    incident.save()
    return incident, warnings_of(checked, now)


@atomic
def queue_draft(incident_id: int) -> Incident:
    """Send a draft, looked at once more. Raises ValidationError, and Conflict when it is no draft any more."""
    incident = _draft(incident_id)
    check(wanted_of(incident), timezone.now())
    _queue(incident, timezone.now())
    return incident


@atomic
def request_cancel(incident_id: int, text: str, by: str) -> Incident:
    """Ask for an incident to be cancelled: here while it has not gone out, else by Loomis, once it has a number.

    Raises Conflict, with a sentence: for an ATM, what is at its end, what was asked for already; and ValidationError.
    """
    now = timezone.now()
    incident = lock(incident_id)
    if incident.state in FINAL:
        raise Conflict(f"The incident is {incident.state} already: there is nothing to cancel.")
    if incident.account.dialect == LoomisAccount.Dialect.ATM and incident.state != State.DRAFT:
        raise Conflict("Loomis takes no cancel for ATMs: call their service desk.")
    if incident.cancel_requested_at is not None:
        raise Conflict(f"Its cancel was asked for already, at {incident.cancel_requested_at:%Y-%m-%d %H:%M} UTC.")
    text = text.strip()
    if not text:
        raise ValidationError({"text": ["Say why: Loomis is told."]})
    if len(text) > 4000 or "\x00" in text:
        raise ValidationError({"text": ["Say it in 4,000 characters at most."]})
    incident.cancel_requested_at, incident.cancel_requested_by, incident.cancel_text = now, by[:150], text
    dispatch = incident.dispatches.select_for_update().filter(kind=Dispatch.Kind.DISPATCH).first()
    if dispatch is None or (incident.state == State.QUEUED and _has_not_gone_out(dispatch)):
        if dispatch is not None:
            dispatch.state, dispatch.done_at, dispatch.next_attempt_at = Dispatch.State.DROPPED, now, None
            dispatch.save()
    else:
        Dispatch.objects.create(incident=incident, kind=Dispatch.Kind.CANCEL, state=Dispatch.State.HELD)
        wake_on_commit()
    prove(incident)
    return incident


@atomic
def send_again(incident_id: int, kind: str = Dispatch.Kind.DISPATCH) -> Incident:
    """Have a message tried again that is not tried by itself any more: a dead letter, or one of unknown outcome.

    Raises Conflict, with a sentence.
    """
    incident = lock(incident_id)
    if incident.state in FINAL:
        raise Conflict(f"The incident is {incident.state} already: there is nothing to send again.")
    dispatch = incident.dispatches.select_for_update().filter(kind=kind).first()
    if dispatch is None or dispatch.state not in (Dispatch.State.DEAD, Dispatch.State.UNKNOWN):
        raise Conflict("It is not a dead letter: it goes out by itself, or has gone out.")
    if not incident.account.active:
        raise Conflict(f"The account {incident.account} is not active: it sends nothing.")
    dispatch.state, dispatch.next_attempt_at, dispatch.failures = Dispatch.State.DUE, timezone.now(), 0
    if not dispatch.attempts.filter(may_have_arrived=True).exists():
        # Nothing that Loomis has could be doubled: it is tried for as long as at first.
        dispatch.first_attempt_at = None
    dispatch.save()
    prove(incident)
    wake_on_commit()
    return incident


def wanted_of(incident: Incident) -> Wanted:
    """What an incident was raised with, to raise another one like it, or to look at it once more."""
    texts: dict[str, Any] = {
        name: getattr(incident, name)
        for name in (
            *("device", "fault_code", "subject", "description", "device_status", "notes", "amounts"),
            *("contact_name", "contact_number", "contact_email"),
        )
    }
    return Wanted(account=incident.account.name, fault_time=incident.fault_at, **texts)


def _has_not_gone_out(dispatch: Dispatch) -> bool:
    """Whether surely no try of it has reached Loomis, and none is under way."""
    waits = dispatch.state in (Dispatch.State.DUE, Dispatch.State.DEAD)
    return waits and not dispatch.attempts.filter(may_have_arrived=True).exists()


def _draft(incident_id: int) -> Incident:
    incident = lock(incident_id)
    if incident.state != State.DRAFT:
        raise Conflict(f"The incident is {incident.state}: only a draft can be changed or sent.")
    return incident


def _write(incident: Incident, checked: Checked) -> None:
    incident.device, incident.atm, incident.safe, incident.site = (
        *(checked.device, checked.atm, checked.safe, checked.site),
    )
    incident.fault_code, incident.fault_at = checked.fault_code, checked.fault_at
    incident.amounts, incident.currency = checked.amounts, checked.currency
    for name, text in checked.texts.items():
        setattr(incident, name, text)


def _queue(incident: Incident, now: dt.datetime) -> None:
    incident.queued_at = now
    Dispatch.objects.create(incident=incident, kind=Dispatch.Kind.DISPATCH, next_attempt_at=now)
    prove(incident)
    wake_on_commit()


def _reference(now: dt.datetime) -> str:
    """A number that nobody has had, also not before a backup that was restored: the date, and chance."""
    while True:
        reference = f"{now.astimezone(dt.UTC):%y%m%d}{secrets.randbelow(10**6):06d}"
        if not Incident.objects.filter(reference=reference).exists():
            return reference


def _second(account: LoomisAccount, now: dt.datetime) -> dt.datetime:
    """The next second that names no file of this account yet; the caller holds the lock on the account."""
    this = now.replace(microsecond=0)
    latest = account.incidents.order_by("-file_second").values_list("file_second", flat=True).first()
    return max(this, latest + dt.timedelta(seconds=1)) if latest else this
