"""What happened to an incident, one after the other: what we did, each try, each message of Loomis's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import BinaryField, F, Func, Value
from django.urls import reverse

from incidents.admin.standing_words import moment
from incidents.models import Attempt, Incident, IncidentMessage
from incidents.reading import Reading
from safes.admin.bases import instant
from safes.admin.raw_text import as_text, laid_out

# Characters of what is shown folded; the message's own page shows more, and offers the exact bytes.
_FOLDED_TEXT = 8_000
_MOST_BYTES = 4  # of a character, in any encoding
# More than any incident has by itself; a far end gone mad sends no more of the page.
_MOST = 300

_CALLED = {"nak": "NAK", "ack": "ACK", "accept": "Accept", "close": "Close", "cancel": "Cancel", "dispatch": "Dispatch"}
_MEANS = {
    "nak": "refused",
    "ack": "acknowledged",
    "accept": "accepted",
    "close": "closed",
    "cancel": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story. ``facts``: name and value; ``raw``: what was said, laid out for reading."""

    at: dt.datetime
    who: str
    what: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    raw: str = ""
    raw_name: str = ""
    url: str = ""
    is_repeat: bool = False
    mark: str = ""  # in, out, own

    @property
    def when(self) -> str:
        return instant(self.at)


def called(message: IncidentMessage) -> str:
    """What a message is called: Loomis's own word for its type."""
    return _CALLED.get(message.type.lower(), message.type or "a message without a type")


def says(message: IncidentMessage, zone_name: str | None) -> list[tuple[str, str]]:
    """What was read from a message of Loomis's, as people read it."""
    try:
        reading = Reading.from_json(message.reading)
    except (TypeError, ValueError):  # of a version that read other things
        return [(name, str(value)) for name, value in message.reading.items()]
    end = "cancelled at" if reading.type == "cancel" else "closed at"
    facts = [
        ("code", reading.code),
        ("says", reading.text),
        ("Loomis’s number", reading.number),
        ("status", reading.status),
        ("ETA", moment(reading.eta, zone_name) if reading.eta else ""),
        ("SLA", moment(reading.sla, zone_name) if reading.sla else ""),
        (end, moment(reading.ended_at, zone_name) if reading.ended_at else ""),
    ]
    return [(name, value) for name, value in facts if value]


def raw_of(body: bytes | memoryview, limit: int = _FOLDED_TEXT) -> str:
    """Bytes as text, JSON laid out; so many characters of what is long."""
    text = as_text(bytes(body))
    shown = laid_out(text, limit) or text
    return shown if len(shown) <= limit else f"{shown[:limit]}\n…"


def _beginning(column: str) -> Func:
    """Of the bytes of a column: an answer may be a whole page of somebody's server."""
    most = Value(_FOLDED_TEXT * _MOST_BYTES)
    return Func(F(column), Value(1), most, function="substr", output_field=BinaryField())


def story_of(incident: Incident) -> list[Moment]:
    """All of it, the latest last. A handful of queries, whatever its length."""
    zone_name = incident.site.time_zone if incident.site else None
    messages = list(
        incident.messages.select_related("attempt")
        .defer("body", "attempt__response")
        .annotate(said=_beginning("body"), answer=_beginning("attempt__response"))
        .order_by("at", "id")[:_MOST]
    )
    told = {one.attempt_id for one in messages if one.attempt_id}
    # Its worker died before it wrote down what it was about to send.
    alone = Attempt.objects.filter(dispatch__incident=incident).exclude(pk__in=told).select_related("dispatch")
    tries = alone.defer("response").annotate(answer=_beginning("response")).order_by("id")[:_MOST]
    # An answer that was understood is a message of its own.
    heard = {one.answers_id for one in messages}
    moments = list(_ours(incident))
    for one in messages:
        answer = None if one.attempt_id in heard else one.answer
        moments.append(_message(one, one.said, answer, zone_name))
    moments += [_try(one, one.answer) for one in tries]
    return sorted(moments, key=lambda one: one.at)


def _ours(incident: Incident) -> Iterator[Moment]:
    by = incident.raised_by or incident.raised_by_machine
    yield Moment(incident.created_at, str(by or "somebody at the command line"), "raised it", mark="own")
    if incident.cancel_requested_at is not None:
        yield Moment(
            incident.cancel_requested_at,
            incident.cancel_requested_by or "somebody",
            "asked for its cancel",
            [("why", incident.cancel_text)],
            mark="own",
        )


def _message(message: IncidentMessage, said: bytes, answer: bytes | None, zone_name: str | None) -> Moment:
    name = called(message)
    url = reverse("admin:incidents_incidentmessage_change", args=[message.pk])
    via = f"in the file {message.file_name}" if message.file_name else f"as {message.get_via_display()}"
    if message.direction == IncidentMessage.Direction.OUT:
        facts = outcome_of(message.attempt) if message.attempt else []
        number = f", try {message.attempt.number}" if message.attempt else ""
        raw = raw_of(said) + (f"\n\n— answered —\n{raw_of(answer)}" if answer else "")
        return Moment(message.at, "We", f"{name} sent{number}", facts, [], raw, "what was sent", url, mark="out")
    means = _MEANS.get(message.type.lower())
    return Moment(
        message.at,
        "Loomis",
        f"{name}: {means}" if means else name,
        [*says(message, zone_name), ("came", via)],
        [*message.warnings, *([message.error] if message.error else [])],
        raw_of(said),
        "what was received",
        url,
        message.is_repeat,
        "in",
    )


def _try(attempt: Attempt, answer: bytes) -> Moment:
    what = f"{attempt.dispatch.kind.capitalize()}, try {attempt.number}"
    raw = raw_of(answer) if answer else ""
    return Moment(attempt.started_at, "We", what, outcome_of(attempt), [], raw, "what was answered", mark="out")


def outcome_of(attempt: Attempt) -> list[tuple[str, str]]:
    """How a try ended, as people read it."""
    took = attempt.ended_at - attempt.started_at if attempt.ended_at else None
    facts = [
        ("outcome", attempt.get_outcome_display()),
        ("status", str(attempt.status or "")),
        ("took", f"{took.total_seconds():.3f} s" if took is not None else ""),
        ("why", attempt.error),
    ]
    return [(name, value) for name, value in facts if value]
