"""What happened to an incident, one after the other: what we did, each try, each message of Loomis's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.urls import reverse

from incidents.admin.standing_words import moment
from incidents.models import Attempt, Incident, IncidentMessage
from incidents.reading import Reading
from safes.admin.bases import instant
from safes.admin.raw_text import as_text, laid_out

# Of what is shown folded; the message's own page offers the exact bytes.
_SHOWN_TEXT = 20_000
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


def raw_of(body: bytes | memoryview) -> str:
    """Bytes as text, JSON laid out; the beginning of what is long."""
    text = as_text(bytes(body))
    shown = laid_out(text, _SHOWN_TEXT) or text
    return shown if len(shown) <= _SHOWN_TEXT else f"{shown[:_SHOWN_TEXT]}\n…"


def story_of(incident: Incident) -> list[Moment]:
    """All of it, the latest last. A handful of queries, whatever its length."""
    zone_name = incident.site.time_zone if incident.site else None
    messages = list(incident.messages.select_related("attempt").order_by("at", "id")[:_MOST])
    told = {one.attempt_id for one in messages if one.attempt_id}
    tries = Attempt.objects.filter(dispatch__incident=incident).select_related("dispatch").order_by("id")[:_MOST]
    moments = [*_ours(incident), *(_message(one, zone_name) for one in messages)]
    # Its worker died before it wrote down what it was about to send.
    moments += [_try(one) for one in tries if one.pk not in told]
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


def _message(message: IncidentMessage, zone_name: str | None) -> Moment:
    name = called(message)
    url = reverse("admin:incidents_incidentmessage_change", args=[message.pk])
    via = f"in the file {message.file_name}" if message.file_name else f"as {message.get_via_display()}"
    if message.direction == IncidentMessage.Direction.OUT:
        facts = outcome_of(message.attempt) if message.attempt else []
        number = f", try {message.attempt.number}" if message.attempt else ""
        answer = raw_of(message.attempt.response) if message.attempt and message.attempt.response else ""
        raw = raw_of(message.body) + (f"\n\n— answered —\n{answer}" if answer else "")
        return Moment(message.at, "We", f"{name} sent{number}", facts, [], raw, "what was sent", url, mark="out")
    means = _MEANS.get(message.type.lower())
    return Moment(
        message.at,
        "Loomis",
        f"{name}: {means}" if means else name,
        [*says(message, zone_name), ("came", via)],
        [*message.warnings, *([message.error] if message.error else [])],
        raw_of(message.body),
        "what was received",
        url,
        message.is_repeat,
        "in",
    )


def _try(attempt: Attempt) -> Moment:
    what = f"{attempt.dispatch.kind.capitalize()}, try {attempt.number}"
    raw = raw_of(attempt.response) if attempt.response else ""
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
