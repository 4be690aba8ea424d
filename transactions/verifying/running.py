"""verify(): rebuild, compare, and look again at what differs while the books are on the move."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from safes.estate import normal_serial
from safes.models import Safe
from transactions.verifying.comparing import Found, Scope, compare
from transactions.verifying.rebuilding import Rebuilt, Tell, begin_again, draw_again, mark_said, read_again
from transactions.verifying.scratch import Scratch, scratch_schema

# So often it is looked again, and so long it is waited for what workers are at.
_LOOKS = 6
_PAUSE_SECONDS = 2.0


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

    What differs is looked at again with what has come meanwhile, so that only what stays different is told.
    """
    with scratch_schema() as scratch:
        rebuilt = Rebuilt()
        scratch.copy_inputs()
        read_again(scratch, rebuilt, tell)
        mark_said(scratch)
        found = _draw_and_compare(scratch, scope, tell)
        looks = 1
        while found.count and looks < _LOOKS and (found.moving or looks == 1):
            if looks > 1:
                time.sleep(pause)
            scratch.copy_inputs()
            begin_again(scratch, found.safes, found.sites)
            read_again(scratch, rebuilt, tell)
            found = _draw_and_compare(scratch, scope, tell)
            looks += 1
    return _answer(found, rebuilt)


def _draw_and_compare(scratch: Scratch, scope: Scope, tell: Tell) -> Found:
    scratch.analyze()
    draw_again(scratch, tell)
    scratch.analyze()
    return compare(scratch, scope)


def _answer(found: Found, rebuilt: Rebuilt) -> dict[str, Any]:
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
    }
