"""What the clocks of an incident say, in words: on the board, in lists, on its page. Pure. Instants in UTC."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from incidents.clocks import ClockFacts, promises, unanswered_from


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock: what it says, when it runs out or ran out, and whether it has, or has for the most part."""

    words: str
    until: dt.datetime
    is_late: bool = False
    is_soon: bool = False


def span(length: dt.timedelta) -> str:
    """How long, in the two units that say something: 3 h 10 min."""
    minutes = int(length.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days >= 2:
        return f"{days} days {hours} h" if hours else f"{days} days"
    hours += 24 * days
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min" if rest else "less than a minute"


def clocks_of(facts: ClockFacts, now: dt.datetime) -> list[Clock]:
    """All that run, the one that runs out first before the others."""
    found = [_promised(name, nearly, until, now) for name, nearly, until in promises(facts)]
    late = unanswered_from(facts)
    if late is not None and facts.tried_at is not None:
        found.append(_unanswered(facts.tried_at, late, now))
    return sorted(found, key=lambda clock: clock.until)


def _promised(name: str, nearly: dt.datetime, until: dt.datetime, now: dt.datetime) -> Clock:
    if until <= now:
        return Clock(f"{name} passed {span(now - until)} ago", until, is_late=True)
    return Clock(f"{name} in {span(until - now)}", until, is_soon=nearly <= now)


def _unanswered(tried_at: dt.datetime, late: dt.datetime, now: dt.datetime) -> Clock:
    if late <= now:
        return Clock(f"not acknowledged for {span(now - tried_at)}", late, is_late=True)
    return Clock(f"to be acknowledged within {span(late - now)}", late)
