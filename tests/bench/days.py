"""The budget of DESIGN.md for drawing a safe day: of 5,000 transactions, alone, and in the midst of years."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from statistics import median

from django.db import connection

from safes.estate import add_site, place_safe
from safes.models import Safe
from tests.bench.report import Line
from transactions.drawing import draw
from transactions.models import Banked, ChannelCompleteness, Drops, Pickup, SafeDay, TouchedDay, Transaction

ROWS = 5_000
BUDGET_MS = 100.0
DAY = dt.date(2024, 6, 3)
_YEARS = (dt.date(2021, 1, 1), dt.date(2026, 10, 1))
_ORDINARY = 100
_WARM_UP = 3

# A day of a busy safe: 12 tills, 40 people, two pickup groups with the courier between them, tubes and coins.
_MAKE = f"""
INSERT INTO {Transaction._meta.db_table}
    (book, safe_id, local_time, key_digest, occurrence, counted, type, wire_type, kind, user_name, amount, currency,
     denominations, register, pickup_group_id, occurred_at, business_date, push_message_id, seen_by_push)
SELECT 1, %(safe)s, at.wall, decode(md5(d::text || n), 'hex'), 1, true, t.type, t.type, t.kind, 'CASHIER ' || n %% 40,
       20 * (n %% 50 + 1), 'USD', jsonb_build_array(jsonb_build_array('20', n %% 50 + 1, 'USD')),
       'REGISTER_' || n %% 12, (d.date - date '2020-01-01') * 2 + (n > %(rows)s / 2)::int, at.wall AT TIME ZONE 'UTC',
       d.date, -1, at.wall AT TIME ZONE 'UTC'
FROM (SELECT generate_series(%(first)s::date, %(last)s::date, interval '1 day')::date AS date) d
CROSS JOIN generate_series(1, %(rows)s) n
CROSS JOIN LATERAL (SELECT d.date + time '07:00' + n * interval '14 hours' / %(rows)s AS wall) at
CROSS JOIN LATERAL (
    SELECT CASE WHEN n = %(rows)s / 2 THEN 'Servicing' WHEN n %% 20 = 0 THEN 'CoinDispense'
                WHEN n %% 10 = 0 THEN 'ManualCashTransaction' ELSE 'CashIn' END AS type,
           CASE WHEN n = %(rows)s / 2 THEN 'pickup' WHEN n %% 20 = 0 THEN 'dispense'
                WHEN n %% 10 = 0 THEN 'manual' ELSE 'validated' END AS kind
) t
"""
_DRAWN = (SafeDay, Drops, Banked, Pickup, ChannelCompleteness)


def measure_days(say: Callable[[str], None], rounds: int) -> list[Line]:
    """Drawing a day: for the first time, again, and both in the midst of a safe's years."""
    site = add_site("BENCHDAYS", name="Benchmark of days", time_zone="America/Chicago")
    alone, aged = place_safe("BENCHALONE", site), place_safe("BENCHYEARS", site)
    say("a day of a safe without a history")
    _fill(alone, DAY, DAY, ROWS)
    say("a day in the midst of a safe's years")
    _fill(aged, *_YEARS, _ORDINARY)
    Transaction.objects.filter(safe=aged, business_date=DAY).delete()
    _fill(aged, DAY, DAY, ROWS)
    _draw_years(aged, say)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    fresh, again, in_years, again_in_years = [], [], [], []
    for _ in range(_WARM_UP + rounds):
        fresh.append(_from_nothing(alone))
        again.append(_timed(alone))
        in_years.append(_from_nothing(aged))
        again_in_years.append(_timed(aged))
    work = f"drawing a day of {ROWS:,} transactions"
    stored = Transaction.objects.filter(safe=aged).count()
    among = f"among {stored:,} of the same safe"
    return [
        Line(work, "100 ms", _ms(fresh), BUDGET_MS, 1.0),
        Line(f"{work} again", "100 ms", _ms(again), BUDGET_MS, 1.0),
        Line(f"{work} {among}", "the same day alone", _ms(in_years), _ms(fresh), 1.3),
        Line(f"{work} again, {among}", "the same day alone", _ms(again_in_years), _ms(again), 1.3),
    ]


def _fill(safe: Safe, first: dt.date, last: dt.date, rows: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, {"safe": safe.pk, "first": first, "last": last, "rows": rows})


def _draw_years(safe: Safe, say: Callable[[str], None]) -> None:
    first, last = _YEARS
    dates = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    for start in range(0, len(dates), 50):
        if start % 500 == 0:
            say(f"days drawn: {start:,} of {len(dates):,}")
        draw(safe.pk, dates[start : start + 50])
    TouchedDay.objects.all().delete()


def _from_nothing(safe: Safe) -> float:
    """Seconds to draw the day when nothing of it is drawn; its neighbours stay."""
    for model in _DRAWN:
        if model is not Pickup:
            model._default_manager.filter(safe=safe, business_date=DAY).delete()
    return _timed(safe)


def _timed(safe: Safe) -> float:
    begun = time.perf_counter()
    draw(safe.pk, [DAY])
    return time.perf_counter() - begun


def _ms(seconds: list[float]) -> float:
    return median(seconds[_WARM_UP:]) * 1000
