"""What a pickup comes to, and whether it agrees. CONTRACT.md, "Days". Pure: no ORM, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Verdict(StrEnum):
    OPEN = "open"  # not serviced yet
    AGREED = "agreed"
    DIFFERS = "differs"
    UNJUDGED = "unjudged"  # who knows what was in there, or in which currency


@dataclass(frozen=True, slots=True)
class Judged:
    content: Decimal
    reported: Decimal | None
    variance: Decimal | None
    verdict: Verdict


def judge(content: Decimal, reported: Decimal | None, *, is_serviced: bool, is_judged: bool) -> Judged:
    """A pickup in one currency: variance = reported − content.

    ``reported`` is None where no servicing named this currency: a serviced pickup has reported nothing of it then.
    Not judged is the first one with no count before it, and one of which not all currencies are known.
    """
    if not is_serviced:
        return Judged(content, None, None, Verdict.OPEN)
    said = ZERO if reported is None else reported
    variance = said - content
    if not is_judged:
        return Judged(content, said, variance, Verdict.UNJUDGED)
    return Judged(content, said, variance, Verdict.DIFFERS if variance else Verdict.AGREED)


def at_stake(judged: Judged, counted: Decimal | None) -> Decimal:
    """What a pickup may have lost or too much of: the larger of what was reported and counted otherwise than content.

    Nothing where it is not judged.
    """
    if judged.verdict not in (Verdict.AGREED, Verdict.DIFFERS) or judged.variance is None:
        return ZERO
    return max(abs(judged.variance), ZERO if counted is None else abs(counted - judged.content))
