"""The simulated Loomis's dispatch desk: what it answers to each message, and what it says later. Pure.

The same messages at the same times are always answered in the same way, so a desk that is told again what it heard
knows again what it knew.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from incidents.simulation.behaviours import BEHAVIOURS, DRAWN, Answers, Behaviour, draw, is_heard, number_of, told_in
from incidents.simulation.speaking import Fields, is_safepoint, message

# DOMAIN.md section 3: the ATM dialect takes no second dispatch of the same within this; SafePoint has no protection.
PROTECTED = dt.timedelta(hours=24)
_HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Update:
    """Something to be said at a time (UTC). ``name`` tells it from all others of its desk."""

    due: dt.datetime
    name: str
    reference: str
    type: str
    fields: Fields


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request is answered with, after so many seconds; ``fields``: of the message in it, if there is one."""

    how: Answers
    fields: Fields | None = None
    after: float = 0.0
    updates: tuple[Update, ...] = ()


@dataclass
class Known:
    """A dispatch that the desk has taken."""

    said: Fields
    number: str
    at: dt.datetime
    behaviour: Behaviour
    cancelled: bool = False


@dataclass
class Desk:
    """``behaviour``: one of NAMES, unless a dispatch tells another.

    ``pace``: what delays are times; ``drawn_pace``: what they are times besides, where no dispatch tells a behaviour.
    """

    behaviour: str = "good"
    seed: int = 1
    pace: float = 1.0
    drawn_pace: float = 1.0
    known: dict[str, Known] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)
    _named: Counter[str] = field(default_factory=Counter)

    def hear(self, said: Fields, at: dt.datetime) -> Reply:
        """Take a message of ours; ``at`` in UTC."""
        if said.get("MessageType", "").lower() == "cancel":
            return self._cancel(said, at)
        reference = said.get("IncidentReference", "")
        self.tries[reference] += 1
        behaviour = BEHAVIOURS[self.behaviour_of(said)]
        if not is_safepoint(said) and self._is_duplicate(said, at):
            return Reply(Answers.NAK, message("nak", said, "", at, code="Duplicate"))
        how = behaviour.answer_to(self.tries[reference])
        number = self.number_of(reference, self.tries[reference] if is_safepoint(said) else 1)
        updates: tuple[Update, ...] = ()
        if is_heard(behaviour, self.tries[reference]):
            self.known[reference] = Known(said, number, at, behaviour)
        if is_heard(behaviour, self.tries[reference]) or behaviour.code:
            updates = tuple(self._later(said, number, behaviour, at))
        fields = None
        if how is Answers.ACK:
            fields = message("ack", said, number, at)
        elif how is Answers.NAK:
            fields = message("nak", said, "", at, code=behaviour.code)
        return Reply(how, fields, behaviour.slow * self.pace, updates)

    def behaviour_of(self, said: Fields) -> str:
        """What a dispatch asks for in its notes, else what is drawn for it, else what holds for all."""
        told = _told(said)
        if told or self.behaviour != DRAWN:
            return told or self.behaviour
        return draw(self.seed, said.get("IncidentReference", ""))

    def number_of(self, reference: str, nth: int = 1) -> str:
        return f"INC{number_of(f'{self.seed}/{reference}/{nth}') % 10**7:07d}"

    def update(self, reference: str, kind: str, at: dt.datetime, **changes: str) -> Update:
        """Anything else about a dispatch that was taken, under its number. Raises KeyError for one that was not."""
        known = self.known[reference]
        fields = message(kind, known.said, known.number, at, code="InvalidFault", promise=at + 4 * _HOUR) | changes
        return self._update(reference, kind, at, fields)

    def _is_duplicate(self, said: Fields, at: dt.datetime) -> bool:
        def what(of: Fields) -> tuple[str | None, str | None]:
            return of.get("ATMNumber"), of.get("FaultCode")

        return any(
            at - one.at < PROTECTED and (reference == said.get("IncidentReference") or what(one.said) == what(said))
            for reference, one in self.known.items()
        )

    def _later(self, said: Fields, number: str, behaviour: Behaviour, at: dt.datetime) -> Iterator[Update]:
        reference = said.get("IncidentReference", "")
        pace = self.pace if _told(said) else self.pace * self.drawn_pace
        for one in behaviour.later:
            due = at + dt.timedelta(seconds=one.after * pace)
            fields = message(
                one.type,
                said,
                self.number_of(reference, 1000) if one.second else number,
                due,
                code=behaviour.code,
                promise=at + one.promise * _HOUR,
            )
            for _ in range(behaviour.times):
                yield self._update(reference, one.type, due, fields)

    def _update(self, reference: str, kind: str, due: dt.datetime, fields: Fields) -> Update:
        self._named[reference] += 1
        return Update(due, f"{reference}/{self._named[reference]}", reference, kind, fields)

    def _cancel(self, said: Fields, at: dt.datetime) -> Reply:
        """A cancel of ours is done at once; what was still to be said of that dispatch is left unsaid."""
        reference = said.get("IncidentReference", "")
        known = self.known.get(reference)
        if known is None:
            return Reply(Answers.NAK, message("nak", said, "", at, code="DeviceNotFound", text="There is none such."))
        known.cancelled = True
        text = f"Cancelled as you asked: {said.get('ResponseText', '')}"
        if known.behaviour.cancels_later:
            due = at + dt.timedelta(seconds=10 * self.pace)
            fields = message("cancel", known.said, known.number, due, text=text)
            return Reply(Answers.NOTHING, updates=(self._update(reference, "cancel", due, fields),))
        return Reply(Answers.ACK, message("cancel", known.said, known.number, at, text=text))


def _told(said: Fields) -> str | None:
    return told_in(f"{said.get('Notes', '')} {said.get('Description', '')}")
