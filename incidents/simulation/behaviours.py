"""How the simulated Loomis may behave towards one dispatch: what it answers, and what it says later. Pure."""

from __future__ import annotations

import enum
import hashlib
import re
from dataclasses import dataclass


class Answers(enum.Enum):
    """What the request itself is answered with."""

    ACK = enum.auto()
    NAK = enum.auto()
    NOTHING = enum.auto()  # 200, and an empty body
    PAGE = enum.auto()  # 200, and an HTML page that says that something went wrong
    BUSY = enum.auto()  # 503
    BROKEN = enum.auto()  # the connection is closed
    NEVER = enum.auto()  # the connection stays open


@dataclass(frozen=True, slots=True)
class Later:
    """An update, so many seconds after the dispatch.

    ``promise``: hours from then until the ETA or SLA; ``second``: under another number than the first.
    """

    after: float
    type: str
    promise: float = 4.0
    second: bool = False


@dataclass(frozen=True, slots=True)
class Behaviour:
    """``answers`` to one try after another, the last one to all further ones; ``taken``: whether it is worked on."""

    answers: tuple[Answers, ...] = (Answers.ACK,)
    later: tuple[Later, ...] = ()
    code: str = ""  # of a NAK
    taken: bool = True
    slow: float = 0.0  # seconds until it answers
    times: int = 1  # how often each update is sent
    cancels_later: bool = False  # a cancel of ours is answered by an update

    def answer_to(self, attempt: int) -> Answers:
        """``attempt``: 1 for the first."""
        return self.answers[min(attempt, len(self.answers)) - 1]


_ACK, _NAK, _NOTHING, _BROKEN = Answers.ACK, Answers.NAK, Answers.NOTHING, Answers.BROKEN
_DONE = (Later(20, "accept"), Later(90, "close"))

BEHAVIOURS: dict[str, Behaviour] = {
    "good": Behaviour(later=_DONE),
    "ack_only": Behaviour(),
    "accept_only": Behaviour(later=(Later(20, "accept"),)),
    "ack_later": Behaviour((_NOTHING,), (Later(5, "ack"), *_DONE)),
    "silent": Behaviour((_NOTHING,)),
    "nak_duplicate": Behaviour((_NAK,), code="Duplicate", taken=False),
    "nak_invalid_fault": Behaviour((_NAK,), code="InvalidFault", taken=False),
    "nak_device_not_found": Behaviour((_NAK,), code="DeviceNotFound", taken=False),
    "nak_missing_amounts": Behaviour((_NAK,), code="MissingAmounts", taken=False),
    "nak_later": Behaviour((_NOTHING,), (Later(5, "nak"),), code="InvalidFault", taken=False),
    "close_before_accept": Behaviour(later=(Later(20, "close"), Later(30, "accept"))),
    "ack_last": Behaviour((_NOTHING,), (Later(10, "accept"), Later(20, "close"), Later(30, "ack"))),
    "cancelled": Behaviour(later=(Later(20, "accept"), Later(60, "cancel"))),
    "cancel_later": Behaviour(later=(Later(20, "accept"),), cancels_later=True),
    "contradicting": Behaviour(later=(Later(20, "cancel"), Later(30, "close"))),
    "overdue": Behaviour(later=(Later(5, "accept", promise=-0.5),)),
    "new_promise": Behaviour(later=(Later(20, "accept"), Later(40, "accept", promise=8.0), Later(90, "close"))),
    "two_numbers": Behaviour(later=(Later(10, "ack", second=True), *_DONE)),
    "twice": Behaviour((_NOTHING,), (Later(5, "ack"), *_DONE), times=2),
    "slow": Behaviour(later=_DONE, slow=5.0),
    "down": Behaviour((_BROKEN, _BROKEN, _ACK), _DONE),
    "busy": Behaviour((Answers.BUSY, _ACK), _DONE),
    # It is taken, and nobody hears of it at first: what is sent again is a duplicate.
    "lost_answer": Behaviour((_BROKEN,), (Later(15, "ack"), *_DONE)),
    "html": Behaviour((Answers.PAGE,), taken=False),
    "never_answers": Behaviour((Answers.NEVER,)),
}
# Not taken: as if it had never come, until a try is answered.
_UNHEARD = (Answers.BROKEN, Answers.BUSY, Answers.PAGE)

DRAWN = "drawn"
# What is drawn from where nothing else is said: mostly good.
_DRAW = (
    *("good",) * 10,
    *("ack_later",) * 4,
    *("close_before_accept", "close_before_accept", "twice", "new_promise", "cancelled", "ack_last"),
    *("busy", "down", "lost_answer", "nak_invalid_fault"),
)
NAMES = (DRAWN, *BEHAVIOURS)

_WORD = re.compile(r"simulate:\s*([a-z_]+)")


def is_heard(behaviour: Behaviour, attempt: int) -> bool:
    """Whether a try of a dispatch gets as far as Loomis's books."""
    if not behaviour.taken:
        return False
    return behaviour.answer_to(attempt) not in _UNHEARD or behaviour.answers == (Answers.BROKEN,)


def told_in(text: str) -> str | None:
    """The behaviour that a note asks for: “simulate: nak_duplicate”."""
    found = _WORD.search(text)
    return found[1] if found and found[1] in BEHAVIOURS else None


def draw(seed: int, reference: str) -> str:
    """A behaviour, the same for one seed and reference at all times."""
    return _DRAW[number_of(f"{seed}/{reference}") % len(_DRAW)]


def number_of(text: str) -> int:
    """A number that looks like chance, the same for one text at all times."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:6])
