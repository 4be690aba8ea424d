"""verify(): rebuild, compare, and look again at what differs while the books are on the move."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from safes.estate import normal_serial
from safes.models import Safe
from transactions.verifying.comparing import Found, Scope, compare, copy_books, days_waiting
from transactions.verifying.rebuilding import Rebuilt, Tell, begin_again, draw_again, mark_said, read_again
from transactions.verifying.scratch import Scratch, scratch_schema, snapshot

# So often it is looked, and before each look so often, and each time so long, waited for what workers are at.
_LOOKS = 4
_TRIES = 40
_PAUSE_SECONDS = 0.25


def scope_of(serial_number: str | None, first: dt.date | None, last: dt.date | None) -> Scope:
    """What to compare. Raises ValueError, with a sentence, for a safe nobody knows, or dates that run backwards."""
    if first is not None and last is not None and first > last:
        raise ValueError(f"--from {first} is after --to {last}: give the earlier date first.")
    if serial_number is None:
        return Scope(first=first, last=last)
    serial = normal_serial(serial_number)
    safe = Safe.objects.filter(serial_number=serial).first()
    if safe is None:
        raise ValueError(f"There is no safe {serial}. The admin lists them under Safes.")
    return Scope(safe.pk, safe.serial_number, first, last)


def verify(scope: Scope, tell: Tell, *, pause: float = _PAUSE_SECONDS) -> dict[str, Any]:
    """Rebuild everything in a scratch schema and compare; changes nothing, and keeps nobody waiting.

    Books and inputs are those of one moment. At that moment days may have been waiting to be drawn, so what differs is
    looked at once more, as of a later moment, and as long as days are waiting; only what stays different is told.
    """
    with scratch_schema() as scratch:
        rebuilt, found = Rebuilt(), Found()
        for look in range(_LOOKS):
            waiting = _take_over(scratch, scope, pause)
            if look:
                begin_again(scratch, found.safes, found.sites)
            read_again(scratch, rebuilt, tell)
            if not look:
                mark_said(scratch)
            scratch.analyze()
            draw_again(scratch, tell)
            scratch.analyze()
            found = compare(scratch, scope)
            if not found.count or (look and not waiting):
                break
    return _answer(found, rebuilt, waiting)


def _take_over(scratch: Scratch, scope: Scope, pause: float) -> int:
    """Copy books and inputs as of a moment at which nothing waits to be drawn, or of the last one that was tried.

    Returns how much was waiting then.
    """
    for left in reversed(range(_TRIES)):
        with snapshot():
            waiting = days_waiting(scratch)
            if not waiting or not left:
                scratch.copy_inputs()
                copy_books(scratch, scope)
                return waiting
        time.sleep(pause)
    raise AssertionError("unreachable")


def _answer(found: Found, rebuilt: Rebuilt, waiting: int) -> dict[str, Any]:
    lost = [
        {
            "table": "delivery bodies",
            "row": {"id": pk},
            "books": None,
            "rebuilt": None,
            "error": "The raw body is gone.",
        }
        for pk in rebuilt.missing
    ]
    count = found.count + len(lost)
    return {
        "equal": not count,
        "checked": sum(found.checked.values()),
        "differences": [*lost, *found.differences][: max(len(lost), 1000)],
        "difference_count": count,
        "tables": found.checked,
        "deliveries": rebuilt.deliveries,
        "purged": rebuilt.purged,
        "waiting": waiting,
    }
