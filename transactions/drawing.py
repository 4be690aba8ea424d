"""Drawing touched days again: whatever follows from transactions is brought in step with them, safe by safe.

record() marks what it touched in its own transaction; here the marks are worked off, each under the lock on its safe,
so that nothing is drawn from a state that is being changed. Run as often and by as many as you like.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import replace

import structlog
from django.db import DatabaseError
from django.db.transaction import atomic
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError as BrokerError

from safes.estate import lock_safes, standings_of
from safes.findings import Facts, settle, subjects_of
from safes.models import Safe
from transactions.completeness.covering import hold_covered
from transactions.completeness.drawing import draw_completeness
from transactions.models import TouchedDay
from transactions.reconciliation.change_orders.drawing import draw_change_orders
from transactions.reconciliation.counts.checking import draw_checks
from transactions.reconciliation.days.balances import carry_on
from transactions.reconciliation.days.drawing import draw_days
from transactions.reconciliation.pickups.drawing import draw_pickups
from transactions.reconciliation.signing.marks import touch_signed
from transactions.reconciliation.sites.drawing import draw_sites_touched
from transactions.reconciliation.tills.drawing import draw_till_sessions
from transactions.recording.pairing import pair
from transactions.rules.amounts import amount_mismatches
from transactions.rules.doors import draw_doors
from transactions.rules.pairs import pickup_group_mismatches
from transactions.rules.twins import possible_twins
from transactions.rules.unknown import unknown_safe, unknown_types

log = structlog.get_logger(__name__)

# A push that touched no more than these is drawn at once, so that whoever looks next sees its findings.
_AT_ONCE = 8

_BY_DAY = {
    "possible_twin": possible_twins,
    "pickup_group_mismatch": pickup_group_mismatches,
    "amount_mismatch": amount_mismatches,
}


def draw_soon() -> None:
    """Draw what is marked: at once when it is little, else by the worker. Raises nothing."""
    if not draw_if_little():
        tell_worker()


def draw_if_little() -> bool:
    """Draw what is marked when it is little; False leaves it to the worker.

    Raises nothing: the marks are committed, and the clock comes round for whatever is not drawn now.
    """
    try:
        if TouchedDay.objects.order_by("pk")[_AT_ONCE : _AT_ONCE + 1].exists():
            return False
        draw_touched()
    except Exception:  # a bug in a rule must not fail the push that gave it something to look at
        log.exception("touched_days_not_drawn", consequence="they wait for the next turn of the clock")
    return True


def tell_worker() -> None:
    """Let the worker know that days are marked; without a broker it looks by the clock. Raises nothing."""
    try:
        import_string("transactions.tasks.draw_touched_days").delay()
    except BrokerError:
        log.warning("broker_away", consequence="touched days wait for the next turn of the clock")
    except Exception:
        log.exception("worker_not_told", consequence="touched days wait for the next turn of the clock")


def draw_touched(limit: int = 1000) -> int:
    """Work off marks, and say how many; those of a safe or site that cannot be drawn stay, and are not among them."""
    drawn = 0
    days: dict[int, list[dt.date]] = defaultdict(list)
    marks = TouchedDay.objects.order_by("safe_id", "business_date").values_list("safe_id", "business_date")[:limit]
    for safe_id, date in marks:
        days[safe_id].append(date)
    for safe_id, dates in days.items():
        try:
            draw(safe_id, dates)
            drawn += len(dates)
        except DatabaseError:
            raise
        except Exception:
            log.exception("safe_not_drawn", safe=safe_id, consequence="its marks wait for the next turn of the clock")
    # Sites after their safes, and in transactions of their own: who holds a safe must never wait for a site.
    return drawn + draw_sites_touched(limit)


@atomic
def draw(safe_id: int, dates: list[dt.date]) -> None:
    """Bring pairs, figures and findings of a safe and these business days in step with what is stored; marks go."""
    hold_covered()
    (safe,) = lock_safes([safe_id])
    # First of all, since it decides what counts, here and perhaps on a day beside.
    dates = sorted({*dates, *pair(safe_id, dates)})
    TouchedDay.objects.filter(safe=safe, business_date__in=dates).delete()
    found = {kind: rule(safe_id, dates) for kind, rule in _BY_DAY.items()} | draw_completeness(safe_id, dates)
    found["missing_end_of_day"] = draw_days(safe_id, dates)
    left = {*dates, *draw_pickups(safe_id, dates)}
    carried = carry_on(safe_id, left)
    draw_checks(safe_id, left)
    stands = standings_of([safe_id])[safe_id]
    sites = {(stands.on(date).site_id, date) for date in left | carried}
    touch_signed({(site_id, date) for site_id, date in sites if site_id is not None})
    subjects = subjects_of(found.keys(), safe_ids=[safe_id], business_dates=dates)
    for kind, by_date in found.items():
        facts: dict[str, Facts | None] = dict.fromkeys(subjects[kind])
        facts |= {
            f"{safe.serial_number} {date}": replace(one, site_id=stands.on(date).site_id)
            for date, one in by_date.items()
        }
        settle(kind, facts)
    draw_till_sessions(safe_id, dates)
    draw_change_orders(safe_id, dates)
    draw_doors(safe_id, dates)
    draw_safe(safe)


def draw_safe(safe: Safe) -> None:
    """Bring the findings about a safe as a whole in step; the caller holds its lock."""
    serial = safe.serial_number
    subjects = subjects_of(("unknown_safe", "unknown_type"), safe_ids=[safe.pk])
    unknown = unknown_safe(safe)
    if unknown is not None or subjects["unknown_safe"]:
        settle("unknown_safe", {serial: unknown})
    facts: dict[str, Facts | None] = dict.fromkeys(subjects["unknown_type"])
    facts |= {f"{serial} {name}": found for name, found in unknown_types(safe).items()}
    settle("unknown_type", facts)
