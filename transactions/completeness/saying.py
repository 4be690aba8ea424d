"""The verdict on a safe's day, in a sentence. Pure: no ORM, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from transactions.completeness.judging import Covered, Since, Verdict

# Of a day in several currencies the first of these that one of them has.
_WORST = (
    Verdict.MISSING_IN_BOTH,
    Verdict.MISSING_IN_PUSH,
    Verdict.MISSING_IN_FILE,
    Verdict.WAITING,
    Verdict.NOT_COMPARED,
    Verdict.COMPLETE,
)


def verdict_of(verdicts: Collection[Verdict]) -> Verdict:
    """The verdict on a day, from those on its currencies. A day without transactions is compared with nothing."""
    if {Verdict.MISSING_IN_PUSH, Verdict.MISSING_IN_FILE} <= set(verdicts):
        return Verdict.MISSING_IN_BOTH
    return next((verdict for verdict in _WORST if verdict in verdicts), Verdict.NOT_COMPARED)


def in_a_sentence(
    verdict: Verdict, date: dt.date, since: Since, covered: Covered, over_at: dt.datetime, *, all_by_both: bool
) -> str:
    """What a verdict means for a day; ``over_at`` (UTC) is when its grace ends."""
    if verdict is Verdict.COMPLETE:
        if all_by_both:
            return "Complete: pushes and files told of the same transactions."
        return "Complete: of the types that both cover, pushes and files told of the same transactions."
    if verdict is Verdict.WAITING:
        return f"Not judged yet: pushes and files differ, and may until {over_at:%Y-%m-%d %H:%M} UTC."
    if verdict is Verdict.NOT_COMPARED:
        return f"Not comparable: {_why(date, since, covered)}"
    lacking = {
        Verdict.MISSING_IN_PUSH: "files told of transactions that were never pushed",
        Verdict.MISSING_IN_FILE: "pushes told of transactions that are in no file",
        Verdict.MISSING_IN_BOTH: "pushes and files each told of transactions that the other did not",
    }
    return f"Not complete: {lacking[verdict]}."


def _why(date: dt.date, since: Since, covered: Covered) -> str:
    if not covered.pushes:
        return "no push endpoint of the production books is active."
    if not covered.files:
        return "no feed of the production books is active."
    if since.push is None:
        return "no push has told of this safe yet."
    if since.file is None:
        return "no file has told of this safe yet."
    begins = max(since.push, since.file)
    if date < begins:
        return f"both channels tell of this safe from {begins} on."
    return "nothing of that day is of a type that both channels cover."
