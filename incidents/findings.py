"""The findings of an incident, and of messages that no incident could be found for; DOMAIN.md section 3.

What is wrong at this moment, by the rows as they are: the same in whichever order things were learnt.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import Q

from incidents import clocks
from incidents.lifecycle import FINAL, State
from incidents.models import Dispatch, Incident, IncidentMessage, LoomisAccount
from incidents.notices import tell
from incidents.reading import Reading
from safes.findings import Facts, settle
from safes.models import Finding

# Each has its paragraph in docs/operations.md.
OF_INCIDENTS = (
    "incident_unconfirmed",
    "incident_not_sent",
    "incident_refused",
    "incident_due_soon",
    "incident_overdue",
    "incident_contradiction",
    "incident_second_number",
    "incident_incomplete_update",
)
KINDS = (*OF_INCIDENTS, "incident_orphan")

# What to do about a refusal, by its code in lower case ("Response Codes" in either document).
AFTER_REFUSAL = {
    "duplicate": "They have one for the same device and fault, or with this reference, of the last 24 hours: find out "
    "which, and call them if there is none.",
    "invalidfault": "Compare the fault codes of the account with what was agreed, and raise it anew.",
    "devicenotfound": "They know no such device under this customer number: compare the two, and raise it anew.",
    "missingamounts": "Mark the fault code as one that needs amounts, and raise it anew with them.",
}
Severity = Finding.Severity


class Wrong(NamedTuple):
    """Something that is wrong; ``about`` tells one occurrence from the next for the e-mail, "" where none is sent."""

    kind: str
    summary: str
    detail: dict[str, Any]
    severity: Finding.Severity = Severity.WARNING
    about: str = ""


def settle_incident(incident: Incident, now: dt.datetime) -> None:
    """Bring the findings of a locked incident in step with what it says now, and have people told of new ones."""
    found = {wrong.kind: wrong for wrong in _wrong(incident, now)}
    subject = incident.reference
    # Those that are open have to be looked at, and those that were settled, so that they open when they come again.
    known = Finding.objects.filter(
        Q(state=Finding.State.OPEN) | Q(settled_facts__isnull=False), kind__in=OF_INCIDENTS, subject=subject
    )
    for kind in sorted({*found, *known.values_list("kind", flat=True)}):
        settle(kind, {subject: _facts(found[kind], incident) if kind in found else None})
    for wrong in found.values():
        if wrong.about:
            tell(incident, wrong.kind, wrong.about, wrong.summary)


def settle_message(message: IncidentMessage) -> None:
    """The same for a locked message that could be applied to no incident. One that came before says nothing new."""
    subject = f"message {message.pk}"
    wrong = None if message.is_repeat else _wrong_message(message)
    known = (
        Finding.objects.filter(subject=subject, kind__in=KINDS).values_list("kind", flat=True) if message.tries else ()
    )
    for kind in sorted({*known, *([wrong.kind] if wrong else [])}):
        facts = _facts(wrong, message.incident) if wrong and wrong.kind == kind else None
        settle(kind, {subject: facts})


def _facts(wrong: Wrong, incident: Incident | None) -> Facts:
    return Facts(
        summary=wrong.summary,
        severity=wrong.severity,
        safe_id=incident.safe_id if incident else None,
        site_id=incident.site_id if incident else None,
        detail={"reference": incident.reference if incident else "", **wrong.detail},
    )


def _wrong(incident: Incident, now: dt.datetime) -> Iterator[Wrong]:
    dispatches = {one.kind: one for one in incident.dispatches.all()}
    yield from _unconfirmed(incident, dispatches, now)
    yield from _not_sent(incident, dispatches, now)
    if incident.state == State.REFUSED:
        yield _refused(incident)
    yield from _promised(incident, now)
    yield from _contradicting(incident)
    warnings = incident.messages.filter(direction=IncidentMessage.Direction.IN).exclude(warnings=[])
    said = sorted({sentence for each in warnings.values_list("warnings", flat=True) for sentence in each})
    if said:
        yield Wrong(
            "incident_incomplete_update",
            f"What Loomis says of {_named(incident)} is incomplete or odd, and was applied as far as it goes: "
            f"{' '.join(said)} Look at its messages, and ask them.",
            {"warnings": said},
        )


def _unconfirmed(incident: Incident, dispatches: dict[str, Dispatch], now: dt.datetime) -> Iterator[Wrong]:
    """It may have arrived and nobody can know, or it was not acknowledged in time."""
    kind = "incident_unconfirmed"
    cancel = dispatches.get(Dispatch.Kind.CANCEL)
    asks_a_person = incident.account.dialect == LoomisAccount.Dialect.SAFEPOINT
    if incident.state == State.UNCONFIRMED and asks_a_person:
        yield Wrong(
            kind,
            f"Whether {_named(incident)} reached Loomis is not known. Call them with its reference: if they do not "
            "have it, send it again.",
            {"what": "dispatch"},
            about="dispatch",
        )
    elif clocks.has_come(clocks.unanswered_from(clocks.facts_of(incident)), now):
        yield Wrong(
            kind,
            f"Loomis has not acknowledged {_named(incident)} within {incident.account.acknowledge_minutes} minutes. "
            "Call them with its reference; if they do not have it, raise it with them there and then.",
            {"what": "dispatch"},
            about="dispatch",
        )
    elif cancel is not None and cancel.state == Dispatch.State.UNKNOWN and incident.state not in FINAL:
        yield Wrong(
            kind,
            f"Whether the cancel of {_named(incident)} reached Loomis is not known. Call them, or send it again.",
            {"what": "cancel"},
            about="cancel",
        )


def _not_sent(incident: Incident, dispatches: dict[str, Dispatch], now: dt.datetime) -> Iterator[Wrong]:
    """It is given up, or has waited for long."""
    kind = "incident_not_sent"
    dead = [one for one in dispatches.values() if one.state == Dispatch.State.DEAD]
    if dead:
        what = " and ".join(sorted(one.kind for one in dead))
        yield Wrong(
            kind,
            f"The {what} of {_named(incident)} did not reach Loomis, and is tried no more: "
            f"{' '.join(one.error for one in dead)} Mend that and send it again, or call them.",
            {"what": what, "error": " ".join(one.error for one in dead)},
            Severity.CRITICAL,
            about=f"{what} after try {max(one.attempts_made for one in dead)}",
        )
    elif clocks.has_come(clocks.unsent_from(clocks.facts_of(incident)), now):
        waiting = dispatches.get(Dispatch.Kind.DISPATCH)
        yield Wrong(
            kind,
            f"Nothing of {_named(incident)} has reached Loomis for {incident.account.acknowledge_minutes} minutes. It "
            f"is tried on: {(waiting and waiting.error) or 'it has not been tried yet.'} Look at the "
            "account, and call them if it is urgent.",
            {"what": "dispatch"},
            Severity.CRITICAL,
            about="dispatch waits",
        )


def _refused(incident: Incident) -> Wrong:
    code = incident.response_code
    after = AFTER_REFUSAL.get(code.lower(), "Ask them what they mean, and raise it anew.")
    said = f"{code or 'no reason'}{f' ({incident.response_text})' if incident.response_text else ''}"
    return Wrong(
        "incident_refused",
        f"Loomis refused {_named(incident)}: {said}. {after}",
        {"code": code, "text": incident.response_text},
        Severity.CRITICAL,
        about=code or "NAK",
    )


def _promised(incident: Incident, now: dt.datetime) -> Iterator[Wrong]:
    """Three quarters of the time that Loomis promised are gone, or all of it."""
    promises = clocks.promises(clocks.facts_of(incident))
    broken = [promise for promise in promises if promise.is_broken(now)]
    near = [promise for promise in promises if promise.is_near(now)]
    if broken:
        yield Wrong(
            "incident_overdue",
            f"Loomis's time for {_named(incident)} is over: {_until(broken)}. Call them for a new one.",
            {"promises": _detail(broken)},
            Severity.CRITICAL,
            about=_about(broken),
        )
    if near:
        yield Wrong(
            "incident_due_soon",
            f"Three quarters of Loomis's time for {_named(incident)} are gone: {_until(near)}. See that somebody is "
            "there, or ask them whether it holds.",
            {"promises": _detail(near)},
            about=_about(near),
        )


def _until(promises: list[clocks.Promise]) -> str:
    return " and ".join(f"its {one.name} is {one.until:%Y-%m-%d %H:%M} UTC" for one in promises)


def _detail(promises: list[clocks.Promise]) -> list[dict[str, str]]:
    return [{"promise": one.name, "until": f"{one.until:%Y-%m-%dT%H:%M:%SZ}"} for one in promises]


def _about(promises: list[clocks.Promise]) -> str:
    return " ".join(f"{one.name} {one.until.isoformat()}" for one in promises)


def _contradicting(incident: Incident) -> Iterator[Wrong]:
    if incident.contradiction:
        heard = incident.messages.filter(direction=IncidentMessage.Direction.IN, applied_at__isnull=False)
        says = {str(type_) for type_ in heard.values_list("type", flat=True) if type_}
        ends = says & {"nak", "cancel", "close"}
        # With a single end it is ours that does not go with it.
        of_both = sorted(ends) if len(ends) > 1 else sorted(says)
        ours = "" if len(ends) > 1 else ", although it was cancelled here before it went out"
        yield Wrong(
            "incident_contradiction",
            f"What Loomis says of {_named(incident)} does not go together: {' and '.join(of_both)}{ours}. It counts "
            f"as {incident.state}; call them and ask what happened.",
            {"types": of_both},
        )
    if len(incident.loomis_numbers) > 1:
        numbers = incident.loomis_numbers
        yield Wrong(
            "incident_second_number",
            f"Loomis has given {_named(incident)} more than one number: {', '.join(numbers)}. They may send somebody "
            "twice: call them, and have all but one taken back.",
            {"numbers": numbers},
        )


def _wrong_message(message: IncidentMessage) -> Wrong | None:
    reading = Reading.from_json(message.reading)
    detail = {"account": message.account.name, "message": message.pk, "type": message.type}
    if reading.reference:
        detail["reference"] = reading.reference
    if message.error:
        return Wrong(
            "incident_incomplete_update",
            f"A message of Loomis's to {message.account} could not be applied: {message.error} It is kept as message "
            f"{message.pk}: read it, do what it asks for, and tell them what was wrong with it.",
            detail,
        )
    if message.incident_id is None and reading.is_known:
        return Wrong(
            "incident_orphan",
            f"Loomis sent the account {message.account} “{message.type}” for incident {reading.reference[:60]}, which "
            "it does not have. Ask them what it belongs to.",
            detail,
        )
    return None


def _named(incident: Incident) -> str:
    return f"incident {incident.reference} of {incident.device}"
