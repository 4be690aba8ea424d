"""Where an incident stands, and what to do next, each in a sentence or two."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from incidents.admin.clock_words import clocks_of, span
from incidents.clocks import facts_of
from incidents.findings import AFTER_REFUSAL
from incidents.lifecycle import State
from incidents.models import Dispatch, Incident, LoomisAccount
from safes.localtime import zone

_Waits = Dispatch.State


@dataclass(frozen=True, slots=True)
class Words:
    """``next`` is "" where there is nothing to do but wait or nothing at all; ``asks``: somebody is needed now."""

    standing: str
    next: str
    asks: bool = False
    is_held_up: bool = False  # something went wrong that may mend itself


def moment(at: dt.datetime | None, zone_name: str | None) -> str:
    """An instant to the minute in UTC, and by the clock of the site; "–" for none."""
    if at is None:
        return "–"
    text = f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
    if not zone_name or zone_name in ("UTC", "Etc/UTC"):
        return text
    there = at.astimezone(zone(zone_name))
    is_same_day = there.date() == at.astimezone(dt.UTC).date()
    return f"{text}, {there:%H:%M}{'' if is_same_day else f' on {there:%Y-%m-%d}'} in {zone_name}"


def words_of(incident: Incident, now: dt.datetime) -> Words:
    """``incident`` with its account, site and dispatches at hand."""
    dispatches = {one.kind: one for one in incident.dispatches.all()}
    found = _WORDS[State(incident.state)](incident, dispatches.get(Dispatch.Kind.DISPATCH), now)
    more = []
    if incident.contradiction:
        more.append("Loomis said two ends that contradict each other; the greater one holds.")
    if len(incident.loomis_numbers) > 1:
        more.append(f"Loomis gave it several numbers: {', '.join(incident.loomis_numbers)}.")
    cancel, cancel_next = _cancel(incident, dispatches.get(Dispatch.Kind.CANCEL))
    standing = " ".join(part for part in (found.standing, cancel, *more) if part)
    return Words(
        standing,
        " ".join(part for part in (found.next, cancel_next) if part),
        found.asks or bool(cancel_next),
        found.is_held_up,
    )


def _draft(incident: Incident, dispatch: Dispatch | None, now: dt.datetime) -> Words:
    return Words("It is a draft: Loomis knows nothing of it.", "Send it, edit it, or discard it.", asks=True)


def _queued(incident: Incident, dispatch: Dispatch | None, now: dt.datetime) -> Words:
    failed = _failed(incident, dispatch)
    if failed:
        return failed
    if dispatch is not None and dispatch.state == _Waits.CLAIMED:
        return Words("It is being sent at this moment.", "")
    return Words("It waits to be sent.", "A worker sends it within seconds; there is nothing to do.")


def _sent(incident: Incident, dispatch: Dispatch | None, now: dt.datetime) -> Words:
    return _awaiting(incident, "It got through, and Loomis has not said whether they take it.", now)


def _unconfirmed(incident: Incident, dispatch: Dispatch | None, now: dt.datetime) -> Words:
    failed = _failed(incident, dispatch)
    standing = "Nobody can say whether it arrived: a try of it broke off on its way."
    if incident.account.dialect == LoomisAccount.Dialect.ATM:
        if failed:
            return Words(f"{standing} {failed.standing}", failed.next, failed.asks)
        return _awaiting(
            incident, "It went out more than once, and what came back does not prove that it arrived.", now
        )
    return Words(
        standing,
        f"Ask Loomis’s service desk whether they have our reference {incident.reference}. If they do not, send it "
        "again. If they do, wait: their acknowledgement settles it. Sent again all the same, they may come twice.",
        asks=True,
    )


def _refused(incident: Incident, dispatch: Dispatch | None, now: dt.datetime) -> Words:
    said = f"{incident.response_code}: {incident.response_text}".strip(": ")
    hint = AFTER_REFUSAL.get(incident.response_code.lower(), "Mend what they name and raise it anew.")
    return Words(f"Loomis refused it{f': {said}' if said else ', and did not say why'}.".replace("..", "."), hint, True)


def _acknowledged(incident: Incident, dispatch: Dispatch | None, now: dt.datetime) -> Words:
    return _promised(
        incident, f"Loomis has taken it as {incident.loomis_number or 'an incident without a number'}.", now
    )


def _accepted(incident: Incident, dispatch: Dispatch | None, now: dt.datetime) -> Words:
    number = f" as {incident.loomis_number}" if incident.loomis_number else ""
    return _promised(incident, f"Loomis works on it{number}.", now)


def _cancelled(incident: Incident, dispatch: Dispatch | None, now: dt.datetime) -> Words:
    if dispatch is None or dispatch.state == _Waits.DROPPED:
        return Words(f"It was cancelled here before it went out: {incident.cancel_text}", "")
    at = f" at {_at(incident, incident.closed_at)}" if incident.closed_at else ""
    said = f": {incident.response_text}" if incident.response_text else "."
    return Words(f"Loomis cancelled it{at}{said}", "If the fault is still there, raise it again.")


def _closed(incident: Incident, dispatch: Dispatch | None, now: dt.datetime) -> Words:
    at = f" at {_at(incident, incident.closed_at)}" if incident.closed_at else ""
    said = f": {incident.response_text}" if incident.response_text else "."
    return Words(f"Loomis closed it{at}{said}", "")


_WORDS = {
    State.DRAFT: _draft,
    State.QUEUED: _queued,
    State.SENT: _sent,
    State.UNCONFIRMED: _unconfirmed,
    State.REFUSED: _refused,
    State.ACKNOWLEDGED: _acknowledged,
    State.ACCEPTED: _accepted,
    State.CANCELLED: _cancelled,
    State.CLOSED: _closed,
}


def _failed(incident: Incident, dispatch: Dispatch | None) -> Words | None:
    """Of a dispatch that did not get through: whether it is tried again."""
    if not incident.account.active:
        return Words(f"The account {incident.account} is not active: nothing is sent.", "Make it active.", asks=True)
    if dispatch is None or not dispatch.error:
        return None
    if dispatch.state == _Waits.DEAD:
        return Words(
            f"It did not get through, and is tried no more: {dispatch.error}",
            "Mend what is wrong, then send it again: the reference stays the same.",
            asks=True,
        )
    if dispatch.state == _Waits.DUE:
        tries = f"{dispatch.attempts_made} tries" if dispatch.attempts_made > 1 else "one try"
        return Words(
            f"It has not got through yet, after {tries}: {dispatch.error}",
            f"It is tried again by itself at {dispatch.next_attempt_at:%H:%M:%S} UTC.",
            is_held_up=True,
        )
    return None


def _awaiting(incident: Incident, standing: str, now: dt.datetime) -> Words:
    late = [clock for clock in clocks_of(facts_of(incident), now) if clock.is_late]
    if not late or incident.tried_at is None:
        return Words(standing, "Their acknowledgement comes by itself; there is nothing to do yet.")
    waited = span(now - incident.tried_at)
    return Words(
        f"{standing} So for {waited}.",
        f"Ask Loomis’s service desk whether they have our reference {incident.reference}.",
        asks=True,
    )


def _promised(incident: Incident, standing: str, now: dt.datetime) -> Words:
    running = clocks_of(facts_of(incident), now)
    said = [f"{name}: {_at(incident, at)}." for name, at in (("ETA", incident.eta), ("SLA", incident.sla)) if at]
    standing = " ".join([standing, *said])
    if any(clock.is_late for clock in running):
        number = f", by their number {incident.loomis_number}" if incident.loomis_number else ""
        return Words(standing, f"Ask Loomis where they are{number}.", asks=True)
    return Words(standing, "")


def _cancel(incident: Incident, cancel: Dispatch | None) -> tuple[str, str]:
    """What became of a cancel of ours, and what to do about it."""
    if cancel is None or incident.state in (State.CANCELLED, State.CLOSED, State.REFUSED):
        return "", ""
    by = f" by {incident.cancel_requested_by}" if incident.cancel_requested_by else ""
    asked = f"Its cancel was asked for{by}"
    if cancel.state == _Waits.HELD:
        return f"{asked}, and waits for Loomis’s number, without which they take none.", ""
    if cancel.state == _Waits.DONE:
        return f"{asked}, and Loomis was told; they have not confirmed it yet.", ""
    if cancel.state == _Waits.UNKNOWN:
        return f"{asked}; nobody can say whether it arrived.", "Ask Loomis whether they know, or send the cancel again."
    if cancel.state == _Waits.DEAD:
        return f"{asked}, and did not get through: {cancel.error}", "Mend what is wrong, then send the cancel again."
    return f"{asked}, and is on its way.", ""


def _at(incident: Incident, at: dt.datetime | None) -> str:
    return moment(at, incident.site.time_zone if incident.site else None)
