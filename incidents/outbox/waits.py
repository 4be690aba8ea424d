"""How long the outbox waits: before a try is made again, for a try that is under way, and when it gives up. Pure.

DOMAIN.md section 3, "Retry".
"""

from __future__ import annotations

import datetime as dt

# Loomis takes a second message with the same reference for a repetition within 24 hours of the first.
TRIED_FOR = dt.timedelta(hours=23)
LONGEST = dt.timedelta(minutes=15)
# A server's name that is looked up, a database that is slow: what a try may take beside the server's own time.
MARGIN = dt.timedelta(seconds=30)


def backoff(failures: int, base: float, chance: float, asked: dt.timedelta | None = None) -> dt.timedelta:
    """The wait after so many failures in a row, at least one: ``base`` seconds, twice as long each time.

    ``chance`` (from 0 to 1) shortens it by up to a half, so that those that failed together do not come again together.
    What a server asked for holds where it is longer.
    """
    doubled = base * 2 ** min(failures - 1, 30)
    wait = min(dt.timedelta(seconds=doubled), LONGEST) * (1 - chance / 2)
    return max(wait, asked or wait)


def is_too_late(moment: dt.datetime, first_attempt_at: dt.datetime | None) -> bool:
    """Whether nothing is tried again by itself at a moment (UTC)."""
    return first_attempt_at is not None and moment > first_attempt_at + TRIED_FOR


def longest_try(seconds: float, *, is_file: bool) -> dt.timedelta:
    """What a try can take when its server may take so many seconds for each step."""
    # HTTP ends after twice that. SFTP takes steps: reach, greet, log in, open, write, close, rename, and more.
    return dt.timedelta(seconds=(12 if is_file else 2) * seconds)


def lease(seconds: float, *, is_file: bool) -> dt.timedelta:
    """After this a try that has not ended has lost its worker."""
    return longest_try(seconds, is_file=is_file) + MARGIN
