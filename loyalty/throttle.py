"""Look-ups of what is not there are limited, those of what is there never: so no bad till locks out a store.

Counted by account, and by account and value looked up: one and the same missed again and again is refused by itself,
and leaves the account's limit to the others. Counts are rows (MissCount), one truth for all web processes.
"""

from __future__ import annotations

import datetime as dt
import hmac
import math
import re
from functools import lru_cache

from django.conf import settings
from django.db import connection
from django.utils import timezone

from loyalty.models import MissCount
from safes.models import MachineAccount

KEPT = dt.timedelta(days=2)

_TABLE = MissCount._meta.db_table
_LIMIT = re.compile(r"(?P<number>[1-9][0-9]{0,8})/(?P<period>s|sec|second|m|min|minute|h|hour)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600}

# A value that is new while the account is over its limit is not written down: whoever tries them all would fill the
# table with them. The account's own row counts on.
_COUNT_VALUE = f"""
    INSERT INTO {_TABLE} AS miss (account_id, value, "window", count)
    SELECT %(account)s, %(value)s, %(same_window)s, 1
    WHERE EXISTS (
        SELECT FROM {_TABLE} WHERE account_id = %(account)s AND value = %(value)s AND "window" = %(same_window)s
    ) OR NOT EXISTS (
        SELECT FROM {_TABLE}
        WHERE account_id = %(account)s AND value = '' AND "window" = %(window)s AND count >= %(limit)s
    )
    ON CONFLICT (account_id, value, "window") DO UPDATE SET count = miss.count + 1 RETURNING count
"""
_COUNT_ALL = f"""
    INSERT INTO {_TABLE} AS miss (account_id, value, "window", count) VALUES (%s, '', %s, 1)
    ON CONFLICT (account_id, value, "window") DO UPDATE SET count = miss.count + 1 RETURNING count
"""


@lru_cache
def read_limit(text: str) -> tuple[int, int]:
    """How many, in how many seconds: ``300/min``. Raises ValueError, with a sentence."""
    found = _LIMIT.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"“{text[:40]}” is no limit: write it as 300/min, or by sec or hour.")
    return int(found["number"]), _SECONDS[found["period"][0]]


def count_miss(account: MachineAccount, looked_up: str) -> int | None:
    """Count a miss, durably at once; seconds to wait if it is one too many, else None."""
    now = timezone.now()
    limit, seconds = read_limit(settings.LOYALTY_MISS_LIMIT)
    same_limit, same_seconds = read_limit(settings.LOYALTY_SAME_MISS_LIMIT)
    window, same_window = _window(now, seconds), _window(now, same_seconds)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT_VALUE,
            {
                "account": account.pk,
                "value": _digest(looked_up),
                "window": window,
                "limit": limit,
                "same_window": same_window,
            },
        )
        row = cursor.fetchone()
        if row is not None and row[0] > same_limit:
            return _wait(now, same_window, same_seconds)
        cursor.execute(_COUNT_ALL, [account.pk, window])
        (count,) = cursor.fetchone()
    return _wait(now, window, seconds) if count > limit else None


def forget_misses() -> int:
    """Forget what was counted long ago; returns how many counts."""
    gone, _ = MissCount.objects.filter(window__lt=timezone.now() - KEPT).delete()
    return gone


def _window(now: dt.datetime, seconds: int) -> dt.datetime:
    """The beginning of the window that ``now`` lies in."""
    return dt.datetime.fromtimestamp(now.timestamp() // seconds * seconds, dt.UTC)


def _wait(now: dt.datetime, window: dt.datetime, seconds: int) -> int:
    return max(math.ceil((window - now).total_seconds() + seconds), 1)


def _digest(looked_up: str) -> bytes:
    """So that numbers and phones stand nowhere in the clear: there are few enough of them to try them all."""
    text = looked_up.encode("utf-8", "surrogatepass")
    return hmac.digest(settings.SECRET_KEY.encode(), text, "sha256")[:16]
