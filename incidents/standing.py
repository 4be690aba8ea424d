"""Where an incident stands, as a function of all that is proven of it: every message of Loomis's and every try of ours.

The same whatever the order in which messages came and however often; but of promises (ETA, SLA) the last distinct one
holds (DOMAIN.md section 3). Pure: no ORM, no clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from incidents.lifecycle import PROVEN_BY_MESSAGE, TABLE, Proof, State
from incidents.reading import Reading

DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Tries:
    """How our tries of the dispatch went; ``on_the_wire``: how many of them arrived or may have."""

    delivered: bool = False
    unknown: bool = False
    on_the_wire: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of Loomis's, no repeat of one before it, and when it came (UTC)."""

    reading: Reading
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an incident. Instants in UTC; texts "" where there are none."""

    state: State
    numbers: tuple[str, ...] = ()
    eta: dt.datetime | None = None
    sla: dt.datetime | None = None
    promised_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    response_code: str = ""
    response_text: str = ""
    loomis_status: str = ""
    contradiction: bool = False
    in_doubt: bool = False  # Loomis said Duplicate, which may mean an earlier try of our own

    @property
    def number(self) -> str:
        return self.numbers[0] if self.numbers else ""


def stand(*, queued: bool, dropped: bool, tries: Tries, heard: Sequence[Heard]) -> Standing:
    """All of it. ``heard`` in the order in which it came."""
    readings = [one.reading for one in heard if one.reading.is_known]
    proofs = [_proof(reading, tries) for reading in readings]
    own = {Proof.QUEUED: queued, Proof.DROPPED: dropped, Proof.DELIVERED: tries.delivered, Proof.UNKNOWN: tries.unknown}
    state = reduce(lambda now, by: TABLE[now][by], [*(by for by, is_so in own.items() if is_so), *proofs], State.DRAFT)
    promises = [one for one in heard if one.reading.is_known]
    eta, eta_at = _last_distinct((one.reading.eta, one.at) for one in promises)
    sla, sla_at = _last_distinct((one.reading.sla, one.at) for one in promises)
    ends = [reading.ended_at for reading in readings if _ends_in(reading, state) and reading.ended_at]
    refusals = [reading.code for reading, proof in zip(readings, proofs, strict=True) if reading.type == "nak"]
    return Standing(
        state=state,
        numbers=tuple(sorted({one.number for one in readings if one.number}, key=lambda number: (len(number), number))),
        eta=eta,
        sla=sla,
        promised_at=max((at for at in (eta_at, sla_at) if at), default=None),
        closed_at=max(ends, default=None),
        # Of a refusal that did not hold nothing is left to say.
        response_code=_refusal(refusals) if state in (State.REFUSED, State.UNCONFIRMED, State.SENT) else "",
        response_text=_text(readings),
        loomis_status=max((one.status for one in readings if one.type == "ack"), default=""),
        contradiction=_contradict(proofs, dropped=dropped),
        in_doubt=Proof.UNKNOWN in proofs,
    )


def _proof(reading: Reading, tries: Tries) -> Proof:
    """What a message proves. A Duplicate after more than one try may mean our own first one: it proves no refusal."""
    if reading.type == "nak" and reading.code.lower() == DUPLICATE and tries.on_the_wire > 1:
        return Proof.UNKNOWN
    return PROVEN_BY_MESSAGE[reading.type]


def _contradict(proofs: list[Proof], *, dropped: bool) -> bool:
    """Whether two ends cannot both be true, or Loomis works on what was cancelled here before it went out."""
    ends = {proof for proof in proofs if proof in (Proof.NAK, Proof.CANCEL, Proof.CLOSE)}
    works = any(proof in (Proof.ACK, Proof.ACCEPT, Proof.CLOSE) for proof in proofs)
    return len(ends) > 1 or (dropped and works)


def _last_distinct(
    promises: Iterable[tuple[dt.datetime | None, dt.datetime]],
) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The promise that was the last to be made for the first time, and when: a late repeat of another is none."""
    first: dict[dt.datetime, dt.datetime] = {}
    for promised, at in promises:
        if promised is not None:
            first.setdefault(promised, at)
    return next(reversed(first.items())) if first else (None, None)


def _ends_in(reading: Reading, state: State) -> bool:
    return (reading.type, state) in (("close", State.CLOSED), ("cancel", State.CANCELLED))


def _refusal(codes: list[str]) -> str:
    """Of several refusals one that is not Duplicate, which says the least."""
    return max(codes, key=lambda code: (code.lower() != DUPLICATE, code), default="")


def _text(readings: list[Reading]) -> str:
    """What was said with the message that says the most; of two alike always the same one."""
    order = {Proof.NAK: 0, Proof.ACK: 1, Proof.ACCEPT: 2, Proof.CANCEL: 3, Proof.CLOSE: 4}
    said = [one for one in readings if one.text]
    if not said:
        return ""
    beginning = dt.datetime.min.replace(tzinfo=dt.UTC)
    return max(said, key=lambda one: (order[PROVEN_BY_MESSAGE[one.type]], one.ended_at or beginning, one.text)).text
