"""Taking in what Loomis says, by whichever way it came: kept first, then applied under the lock on its incident.

Two transactions. After the first the bytes are durable, whatever they are; a bug or a broken database in the second
leaves them stored, to be applied later by the clock (`apply_pending`). DOMAIN.md section 3; CONTRACT.md, "Incidents".
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

import structlog
from django.db import DatabaseError
from django.db.models import Q
from django.db.transaction import atomic
from django.utils import timezone

from incidents.findings import settle_message
from incidents.models import Attempt, Incident, IncidentMessage, LoomisAccount
from incidents.proving import lock, lock_named, prove
from incidents.reading import Reading
from incidents.wire.incoming import read_message
from incidents.wire.json_fields import NotReadable

log = structlog.get_logger(__name__)

# While whoever stored a message is applying it, the clock keeps its hands off.
_GRACE = dt.timedelta(seconds=30)
_BACKOFF = [dt.timedelta(seconds=seconds) for seconds in (15, 60, 300, 900, 3600)]
_HEARD_GRAIN = dt.timedelta(minutes=1)
# What is written to a message when it was looked at: its bytes are not sent to and fro.
_FOUND_OUT = ("incident", "type", "reading", "warnings", "error", "is_repeat", "applied_at", "tries", "next_try_at")
LATER = "It is stored, and is applied as soon as that can be done."


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a message. ``incident``: the reference of the one it was applied to; ``error``: why to none."""

    message: int
    incident: str | None = None
    state: str | None = None
    warnings: tuple[str, ...] = ()
    error: str = ""
    missing: tuple[str, ...] = ()


def take_in(
    account: LoomisAccount,
    body: bytes,
    via: IncidentMessage.Via,
    *,
    file_name: str = "",
    attempt: Attempt | None = None,
    at: dt.datetime | None = None,
    begun: float | None = None,
) -> Taken:
    """Keep a message and apply it. Call it outside transactions; raises DatabaseError when it could not be kept.

    ``attempt``: the try that it is the answer to, and whose incident it means if it names none. ``begun``: of one that
    is answered when this returns, with 400 for an error and with 200 else: `time.perf_counter` at its beginning.
    """
    now = timezone.now()
    with atomic(durable=True):
        message = IncidentMessage.objects.create(
            account=account,
            direction=IncidentMessage.Direction.IN,
            via=via,
            body=body,
            file_name=file_name[:255],
            answers=attempt,
            at=at or now,
            next_try_at=now + _GRACE,
        )
    return apply_message(message.pk, begun)


def apply_pending(limit: int = 100) -> int:
    """Apply what is stored and was not applied: after a crash, a database that was away, or a mended bug."""
    due = IncidentMessage.objects.filter(
        Q(next_try_at__isnull=True) | Q(next_try_at__lte=timezone.now()),
        direction=IncidentMessage.Direction.IN,
        applied_at__isnull=True,
    )
    ids = list(due.order_by("next_try_at", "pk").values_list("pk", flat=True)[:limit])
    for message_id in ids:
        apply_message(message_id)
    return len(ids)


def apply_message(message_id: int, begun: float | None = None) -> Taken:
    """Read a stored message and apply it, once; whatever goes wrong, it is tried again later."""
    try:
        with atomic(durable=True):
            return _apply(message_id, begun)
    except Exception as error:  # a bug here must cost neither the message nor Loomis its 200
        log.exception("message_not_applied", message=message_id)
        return _failed(message_id, error, begun)


def _apply(message_id: int, begun: float | None) -> Taken:
    locked = IncidentMessage.objects.select_for_update(of=("self",), no_key=True)
    message = locked.select_related("account", "answers__dispatch").get(pk=message_id)
    if message.applied_at is not None:
        return _taken(message, message.incident, [])
    try:
        reading = read_message(bytes(message.body), message.account.dialect, is_file=message.via == _Via.FILE)
        missing, error = _missing(message, reading), _unusable(message, reading)
    except NotReadable as not_readable:
        reading, missing, error = Reading(), [], str(not_readable)
    incident = _incident_of(message, reading)
    message.incident = incident
    message.type = reading.type[:100]
    message.reading = reading.as_json()
    message.warnings = [*reading.warnings, *_oddities(message, reading, incident)]
    message.error = error
    message.is_repeat = _came_before(message)
    message.applied_at = timezone.now()
    message.save(update_fields=_FOUND_OUT)
    if incident is not None and not error:
        prove(incident)
    settle_message(message)
    _note_heard(message)
    _note_answer(message, begun)
    return _taken(message, incident, missing)


_Via = IncidentMessage.Via


def _unusable(message: IncidentMessage, reading: Reading) -> str:
    """Why a message cannot be applied, in a sentence; "" when it can."""
    missing = _missing(message, reading)
    if missing:
        return f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing: nothing could be applied."
    if reading.type and not reading.is_known:
        return f"“{reading.type[:40]}” is no MessageType that is known: ACK, NAK, Accept, Close and Cancel are."
    return ""


def _missing(message: IncidentMessage, reading: Reading) -> list[str]:
    if message.answers_id is None:
        return reading.missing
    # An answer means the incident of its request; one without a type is a receipt, and says nothing of it.
    return []


def _incident_of(message: IncidentMessage, reading: Reading) -> Incident | None:
    """The incident that is meant, under its lock; the account's own, so that nobody speaks for another."""
    if reading.reference:
        return lock_named(message.account_id, reading.reference)
    return lock(message.answers.dispatch.incident_id) if message.answers is not None else None


def _oddities(message: IncidentMessage, reading: Reading, incident: Incident | None) -> list[str]:
    """What is odd about a message in the light of its incident, in sentences."""
    if incident is None or not reading.is_known:
        return []
    if message.answers is not None:
        if not reading.reference:
            return [f"IncidentReference is missing: it was taken for the answer about {incident}."]
        if message.answers.dispatch.incident_id != incident.pk:
            return [f"It came as the answer about {message.answers.dispatch.incident}, and names {incident}."]
    elif incident.tried_at is None:
        return [f"Incident {incident} had not been sent yet, as far as is known here."]
    return []


def _came_before(message: IncidentMessage) -> bool:
    """Whether one before it said the same: of the same incident by its reading, else of the account byte by byte."""
    before = IncidentMessage.objects.filter(
        direction=IncidentMessage.Direction.IN, applied_at__isnull=False, account=message.account_id
    )
    if message.incident_id is not None:
        return before.filter(incident=message.incident_id, reading=message.reading).exists()
    # So that two of them at once see each other.
    LoomisAccount.objects.select_for_update(no_key=True).get(pk=message.account_id)
    return before.filter(incident__isnull=True, body=message.body).exists()


def _note_answer(message: IncidentMessage, begun: float | None) -> None:
    """With what it is answered, as the last that is done about it: the time until then is a part of that."""
    if begun is not None:
        message.status = 400 if message.error and message.applied_at else 200
        message.duration_ms = round((time.perf_counter() - begun) * 1000)
        message.save(update_fields=["status", "duration_ms"])


def _note_heard(message: IncidentMessage) -> None:
    """When Loomis was last heard of by itself, to the minute: every update would write this row else."""
    heard_at = message.account.heard_at
    if message.via == _Via.RESPONSE or (heard_at is not None and message.at - heard_at < _HEARD_GRAIN):
        return
    stale = Q(heard_at__isnull=True) | Q(heard_at__lt=message.at)
    LoomisAccount.objects.filter(stale, pk=message.account_id).update(heard_at=message.at)


def _failed(message_id: int, error: Exception, begun: float | None) -> Taken:
    """Leave a message to be applied later. With the database away it stays as it is stored, which is the same."""
    try:
        with atomic():
            message = IncidentMessage.objects.select_for_update(of=("self",), no_key=True).get(pk=message_id)
            if message.applied_at is None:
                message.next_try_at = timezone.now() + _BACKOFF[min(message.tries, len(_BACKOFF) - 1)]
                message.tries += 1
                message.error = f"Applying it failed ({type(error).__name__}); it is tried again by itself."
                message.save(update_fields=_FOUND_OUT)
                settle_message(message)
                _note_answer(message, begun)
    except DatabaseError:
        log.exception("message_left_as_stored", message=message_id)
    return Taken(message_id, warnings=(LATER,))


def _taken(message: IncidentMessage, incident: Incident | None, missing: list[str]) -> Taken:
    if message.error:
        return Taken(message.pk, error=message.error, missing=tuple(missing))
    return Taken(
        message.pk,
        incident=incident.reference if incident else None,
        state=incident.state if incident else None,
        warnings=tuple(message.warnings),
    )
